"""Programs compare two documents by their ids, and only those: no file of this computer can be named."""

from __future__ import annotations

from api_world import ApiWorld, failing

from app.errors import AppError
from app.text.compare.result import Change, Comparison, Difference, Figure, Place, Renumbered
from app.types import Document
from app.workers.calls.documents import Compared, CompareVersions, Documents, DocumentText, ListDocuments, Version


def document(id_: int) -> Document:
    return Document(
        id=id_, collection_id=1, collection="Rules", name=f"{id_}.md", path=f"/{id_}.md", format="markdown", bytes=1,
        status="indexed",
    )  # fmt: skip


def test_two_documents_are_compared_by_their_ids(data_folder: object) -> None:
    world = ApiWorld()
    change = Change(
        kind="number",
        part="sentence",
        left=Place(6, 14, "4 Payment", 2),
        right=Place(6, 14, "4 Payment", 3),
        words="“30 days” became “14 days”.",
        differences=(Difference((6, 8), (6, 8)),),
        figures=(Figure("number", "30 days", "14 days"),),
    )
    sides = [
        DocumentText(name=f"{name}.md", format="markdown", text=f"Terms {n} days.")
        for name, n in (("a", 30), ("b", 14))
    ]
    answer = Compared(left=sides[0], right=sides[1], comparison=Comparison((change,), (Renumbered("4", "5"),)))
    world.answers[ListDocuments] = lambda job: job.finish(Documents(documents=(document(3), document(4))))
    world.answers[CompareVersions] = lambda job: job.finish(answer)
    body = world.post("/v1/compare", {"left": 3, "right": 4}).json()
    (call,) = world.asked(CompareVersions)
    assert (call.left, call.right, call.export) == (Version(document_id=3), Version(document_id=4), "")
    assert (body["object"], body["left"]) == ("comparison", {"document_id": 3, "document": "a.md"})
    (said,) = body["changes"]
    assert said["figures"] == [{"kind": "number", "left": "30 days", "right": "14 days"}]
    assert said["right"] == {
        "section": "4 Payment", "page": 3, "start": 6, "end": 14, "text": "14 days.", "shown": "14 days.",
        "flagged": [], "differences": [[6, 8]],
    }  # fmt: skip
    assert body["renumbered"] == [{"left": "4", "right": "5"}]
    refused = world.post("/v1/compare", {"left": 3, "right": "/etc/passwd"})
    assert refused.status_code == 400
    world.answers[CompareVersions] = failing(AppError("One of these documents is no longer in the index."))
    assert world.post("/v1/compare", {"left": 3, "right": 4}).status_code == 400
    only_in_a_chat = world.post("/v1/compare", {"left": 3, "right": 9})
    assert only_in_a_chat.status_code == 404 and len(world.asked(CompareVersions)) == 2
