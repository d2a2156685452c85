"""Programs ask for every document that mentions something: in words, by fields, or both."""

from __future__ import annotations

from typing import Any

from api_world import PASSAGE, ApiWorld

from app.text.find.plan import Condition, in_words
from app.text.find.result import Excluded, Findings, Hit, Mentioned
from app.workers.calls.finding import Find, Found


def answering(job: Any) -> None:
    hit = Hit(
        document_id=3, name="travel.md", path=PASSAGE.path, format="markdown", modified=1_740_830_400.0, counts=(2,),
        passage=PASSAGE,
    )  # fmt: skip
    found = Findings(
        plan=job.call.plan,
        hits=(hit,) if len(job.call.plan.must) == 1 else (),
        searched=5,
        mentioned=(Mentioned(mention="limit", documents=1),),
        excluded=(Excluded(condition=Condition("without", "Berlin"), documents=2),),
    )
    job.finish(Found(findings=found))


def test_a_request_in_words_and_fields_gives_every_document(data_folder: object) -> None:
    world = ApiWorld()
    world.answers[Find] = answering
    body = world.post(
        "/v1/collections/1/find", {"request": "limit but not Berlin, after 2024", "before": "2026-01-01"}
    ).json()
    (call,) = world.asked(Find)
    assert in_words(call.plan) == "mentions: limit · not: Berlin · from 2025 · before 2026"
    assert (call.collections, call.meaning, call.export) == ((1,), True, "")
    assert body["plan"]["with"] == ["limit"] and body["plan"]["since"] == "2025-01-01"
    (document,) = body["documents"]
    assert document["mentions"] == {"limit": 2} and document["sentence"] == "The limit in Munich is 165 €."
    assert (document["modified"], document["start"], document["end"]) == ("2025-03-01", 0, 29)
    assert "path" not in document
    assert body["excluded"] == [{"part": "without", "value": "Berlin", "documents": 2}]
    assert body["searched"] == 5


def test_fields_alone_are_enough_and_nothing_at_all_is_refused(data_folder: object) -> None:
    world = ApiWorld()
    world.answers[Find] = answering
    assert world.post("/v1/collections/1/find", {"with": ["a", "b"], "by_meaning": False}).json()["documents"] == []
    assert world.asked(Find)[0].meaning is False
    refused = world.post("/v1/collections/1/find", {"request": "after 2024"})
    assert refused.status_code == 400 and "nothing to look for" in refused.json()["error"]["message"]
    assert world.post("/v1/collections/9/find", {"request": "limit"}).status_code == 404
    assert world.post("/v1/collections/1/find", {"request": "limit", "path": "/etc"}).status_code == 400
