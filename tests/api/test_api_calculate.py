"""Programs ask for a figure over the sheets of a collection, and get it with its query, or why there is none."""

from __future__ import annotations

from api_world import ApiWorld

from app.text.sheets.plan import Sheet
from app.text.sheets.values import typed
from app.types import Passage
from app.workers.calls.sheets import Calculated, ReadSheets, RunPlan, SheetsRead

COLUMNS = (typed("City", ["Bonn", "Kiel"]).column, typed("Price", ["1 €", "2 €"]).column)
SHEET = Sheet(document_id=4, document="Prices.xlsx", name="2026", columns=COLUMNS, rows=2)
ROW = Passage(
    id=9, document_id=4, document="Prices.xlsx", path="/x/Prices.xlsx", collection="Rules", start=0, end=10,
    text="Bonn | 1 €", best=(0, 10),
)  # fmt: skip


def test_a_figure_comes_with_its_query_and_its_rows(data_folder: object) -> None:
    world = ApiWorld()
    done = Calculated(rows=(("1.5",),), sql='SELECT AVG("Price") FROM "2026"', used=2, passages=(ROW,))
    world.answers[ReadSheets] = lambda job: job.finish(SheetsRead(sheets=(SHEET,)))
    world.answers[RunPlan] = lambda job: job.finish(done)
    body = world.post("/v1/collections/1/calculate", {"question": "What is the average price?"}).json()
    (read,), (run,) = world.asked(ReadSheets), world.asked(RunPlan)
    assert read.collections == (1,) and (run.document_id, run.plan.operation) == (4, "average")
    assert body["answer"] == "Average of “Price”: **1.5 €** [1]" and body["not_found"] is False
    assert (body["query"]["sql"], body["query"]["rows"], body["query"]["of"]) == (done.sql, 2, 2)
    assert body["citations"][0]["best"] == [0, 10]
    refused = world.post("/v1/collections/1/calculate", {"question": "How many elephants are there?"}).json()
    assert refused["not_found"] is True and "“elephants”" in refused["answer"] and "query" not in refused
    assert world.post("/v1/collections/1/calculate", {"question": ""}).status_code == 400
