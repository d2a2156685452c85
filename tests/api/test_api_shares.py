"""Programs see how a collection is shared, without where it lies, and have a new edition written."""

from __future__ import annotations

from api_world import ApiWorld, error_of

from app.shares import Published, Shared
from app.types import Collection
from app.workers.calls.documents import Collections, ListCollections
from app.workers.calls.shares import EditionPublished, PublishCollection

THEIRS = Collection(id=1, name="Rules", shared=Shared(path="/drive/rules", by="Ada", edition=3, at=5.0))
OURS = Collection(
    id=2, name="Ours", published=Published(path="/drive/ours", by="Ben", edition=1, at=6.0, follows=False, behind=True)
)


def test_programs_see_how_it_is_shared_and_publish(data_folder: object) -> None:
    world = ApiWorld()
    world.answers[ListCollections] = lambda job: job.finish(Collections(collections=(THEIRS, OURS)))
    world.answers[PublishCollection] = lambda job: job.finish(EditionPublished(collection=OURS, documents=1, bytes=1))
    listed = world.get("/v1/collections").json()["data"]
    assert listed[0]["shared"] == {"by": "Ada", "edition": 3, "at": 5.0, "problem": "", "since": 0.0}
    assert listed[0]["published"] is None and listed[1]["published"]["behind"] is True
    assert "/drive" not in str(listed), "programs need not know where things lie"
    refused = world.post("/v1/collections/1/publish", {})
    assert refused.status_code == 409 and error_of(refused)["code"] == "not_shared"
    made = world.post("/v1/collections/2/publish", {})
    assert made.status_code == 200 and made.json()["published"]["edition"] == 1
    assert world.asked(PublishCollection) == [PublishCollection(collection_id=2)]
