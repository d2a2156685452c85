"""Programs send files with a question: read, asked and forgotten, and nothing else of this computer can be named."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from api_world import PASSAGE, ApiWorld, error_of
from fakes import FakeJob

from app.paths import home
from app.types import Document, Reading
from app.workers.calls.attached import Attach, Attached, Hidden, ListHidden
from app.workers.calls.documents import (
    Add,
    Added,
    DeleteCollection,
    Documents,
    ListDocuments,
    ListTombstones,
    Read,
    Readings,
    Removed,
    Search,
    Tombstones,
)

HIDDEN = 7


class Index:
    """A hidden collection as the documents process keeps it; `seen` is what a file said when it was read."""

    def __init__(self, world: ApiWorld, status: str = "indexed") -> None:
        self.paths: tuple[str, ...] = ()
        self.seen: list[bytes] = []
        self._status = status
        hidden = Hidden(collections=(), documents=())
        removed = Removed(documents=1, passages=1, traces=0, ids=(1,))
        reading = Reading(n=1, sentence=(0, 29), start=0, end=29, chance=1)
        world.answers |= {
            Attach: self._attach,
            Add: self._add,
            ListDocuments: lambda job: job.finish(Documents(documents=self._documents(len(self.seen)))),
            ListHidden: lambda job: job.finish(hidden),
            ListTombstones: lambda job: job.finish(Tombstones(ids=())),
            DeleteCollection: lambda job: job.finish(removed),
            Read: lambda job: job.finish(Readings(readings=(reading,))),
        }

    def _attach(self, job: FakeJob) -> None:
        assert isinstance(job.call, Attach)
        self.paths = job.call.paths
        job.finish(Attached(collection_id=HIDDEN, documents=self._documents(0)))

    def _add(self, job: FakeJob) -> None:
        assert isinstance(job.call, Add)
        self.seen.append(Path(job.call.paths[0]).read_bytes())
        job.finish(Added(indexed=1, unchanged=0, failed=0))

    def _documents(self, read: int) -> tuple[Document, ...]:
        return tuple(
            Document(
                id=number, collection_id=HIDDEN, collection="", name=Path(path).name, path=path, format="txt", bytes=1,
                status=self._status if number <= read else "waiting",  # type: ignore[arg-type]
                passages=int(number <= read and self._status == "indexed"),
                reason="It is damaged." if self._status == "failed" else "",
            )
            for number, path in enumerate(self.paths, 1)
        )  # fmt: skip


def sent(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


def ask(world: ApiWorld, *files: dict[str, str], **more: Any) -> Any:
    return world.post("/v1/ask", {"question": "What is the limit in Munich?", "files": list(files), **more})


def test_a_question_is_answered_from_the_files_that_come_along(data_folder: object) -> None:
    world = ApiWorld()
    index = Index(world)
    response = ask(world, sent("../../travel.md", b"# Hotels"), sent("C:\\docs\\b.txt", b"b"), collections=[1])
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["object"], body["citations"][0]["document"]) == ("answer", PASSAGE.document)
    assert "/home/someone" not in response.text
    assert [Path(path).name for path in index.paths] == ["travel.md", "b.txt"]
    assert all(Path(path).is_relative_to(home().uploads) for path in index.paths)
    assert index.seen == [b"# Hotels", b"b"]
    assert world.asked(Search)[0].collections == (HIDDEN,)
    assert [call.collection_id for call in world.asked(DeleteCollection)] == [HIDDEN]
    assert not list(home().uploads.iterdir()), "what was sent is gone"


def test_what_cannot_be_read_or_named_is_refused(data_folder: object) -> None:
    world = ApiWorld()
    Index(world, status="failed")
    assert error_of(ask(world, sent("bad.pdf", b"%PDF")))["message"] == "It is damaged."
    for name in ("", "..", "/", ".hidden", "a\x00b"):
        assert ask(world, sent(name, b"x")).status_code == 400, name
    assert error_of(ask(world, {"name": "a.txt", "content": "no base64!"}))["param"] == "files[0].content"
    assert ask(world).status_code == 400
    assert error_of(ask(world, sent("a.txt", b"x"), collections=[HIDDEN]))["code"] == "collection_not_found"
    assert len(world.asked(Attach)) == 1
