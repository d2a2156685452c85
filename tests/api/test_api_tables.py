"""Programs ask every document: fields by name, question or template, and each value with where it stands."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from api_world import ApiWorld, error_of
from fakes import FakeJob

from app.types import Document, Passage
from app.workers.calls.documents import Documents, FieldFound, FieldsRead, ListDocuments, ReadFields

SAID = "The notice period is 3 months."


def read(job: FakeJob) -> None:
    """The first document states what is asked first."""
    call = job.call
    assert isinstance(call, ReadFields)
    passage = Passage(
        id=9, document_id=1, document="a.pdf", path="/secret/a.pdf", collection="Rules", page=2, start=0, end=len(SAID),
        text=SAID, best=(0, len(SAID)),
    )  # fmt: skip
    found = [FieldFound(key=field.key) for field in call.fields]
    if call.document_id == 1:
        found[0] = FieldFound(key=call.fields[0].key, text="3 months", passage=passage, chance=0.97)
    job.finish(FieldsRead(fields=tuple(found)))


class Turning:
    """What is due at once comes in the next turn of the request's own loop."""

    def __init__(self, clock: Any) -> None:
        self._after = clock.after

    def after(self, seconds: float, call: Any) -> Any:
        return self._after(seconds, call) if seconds else asyncio.get_running_loop().call_soon(call)


def world() -> ApiWorld:
    made = ApiWorld()
    made.core.clock.after = Turning(made.core.clock).after
    documents = tuple(
        Document(
            id=n, collection_id=1, collection="Rules", name=name, path=f"/secret/{name}", format="pdf", bytes=9,
            status="indexed", passages=2, indexed_at=1.0,
        )
        for n, name in ((1, "a.pdf"), (2, "b.pdf"))
    )  # fmt: skip
    made.answers[ListDocuments] = lambda job: job.finish(Documents(documents=documents))
    made.answers[ReadFields] = read
    return made


def test_a_table_gives_values_with_their_evidence_and_null_where_nothing_is_stated() -> None:
    asked = world()
    body: dict[str, Any] = {"name": "Terms", "fields": ["Notice period", {"name": "Deposit", "kind": "amount"}]}
    response = asked.post("/v1/collections/1/table", body)
    assert response.status_code == 200, response.text
    table = response.json()
    assert [(each["key"], each["kind"]) for each in table["fields"]] == [
        ("notice-period", "number"),
        ("deposit", "amount"),
    ]
    first, second = table["rows"]
    cell = first["cells"]["notice-period"]
    assert (cell["value"], cell["state"], cell["evidence"], cell["source"]["page"]) == ("3 months", "found", SAID, 2)
    assert second["cells"]["notice-period"] == {"value": None, "state": "not_stated", "evidence": "", "source": None}
    assert "/secret" not in response.text
    again = asked.post("/v1/collections/1/table", {"name": "terms"})
    assert again.json()["id"] == table["id"] and len(asked.asked(ReadFields)) == 2, "nothing was read again"


def test_a_stream_gives_rows_as_they_come_and_the_table_last() -> None:
    body = {"name": "Terms", "template": "contracts", "stream": True}
    text = world().post("/v1/collections/1/table", body).text
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    kinds = [each["object"] for each in events]
    assert kinds.count("collection.table.row") == 2 and kinds[-1] == "collection.table"
    assert text.rstrip().endswith("[DONE]")


def test_what_cannot_be_asked_is_refused_by_its_name() -> None:
    asked = world()
    for body, param in (
        ({"name": "T", "template": "poems"}, "template"),
        ({"name": "T"}, "fields"),
        ({"name": "T", "fields": ["x" * 200]}, "fields"),
        ({"name": "T", "fields": [{"name": "A", "kind": "poem"}]}, "fields[0].kind"),
        ({"name": "T", "fields": [{"name": "A", "colour": "red"}]}, "fields[0].colour"),
    ):
        response = asked.post("/v1/collections/1/table", body)
        assert response.status_code == 400 and error_of(response)["param"] == param, response.text
    assert asked.post("/v1/collections/9/table", {"name": "T", "fields": ["A"]}).status_code == 404


def test_templates_are_listed_kept_renamed_and_deleted() -> None:
    asked = world()
    keys = [each["key"] for each in asked.get("/v1/templates").json()["data"]]
    assert set(keys) == {"contracts", "invoices", "cvs", "certificates"}
    kept = asked.post("/v1/templates", {"name": "Leases", "fields": ["Rent", {"name": "Deposit", "kind": "amount"}]})
    assert (kept.json()["key"], kept.json()["own"]) == ("leases", True)
    renamed = asked.post("/v1/templates/leases", {"name": "Tenancies"}).json()
    assert (renamed["key"], [each["name"] for each in renamed["fields"]]) == ("tenancies", ["Rent", "Deposit"])
    changed = asked.post("/v1/templates/tenancies", {"fields": ["Rent"]}).json()
    assert (changed["name"], len(changed["fields"])) == ("Tenancies", 1)
    filled = asked.post("/v1/collections/1/table", {"template": "tenancies"})
    assert filled.json()["name"] == "Tenancies", "without a name, that of its template"
    gone = asked.run(lambda client: client.delete("/v1/templates/tenancies"))
    assert gone.json() == {"object": "template", "key": "tenancies", "deleted": True}
    for refused, status in (
        (asked.run(lambda client: client.delete("/v1/templates/tenancies")), 404),
        (asked.run(lambda client: client.delete("/v1/templates/contracts")), 400),
        (asked.post("/v1/templates", {"name": " ", "fields": ["Rent"]}), 400),
        (asked.post("/v1/templates", {"name": "Empty"}), 400),
        (asked.post("/v1/collections/1/table", {"name": " ", "fields": ["Rent"]}), 400),
    ):
        assert refused.status_code == status and error_of(refused)["message"]
