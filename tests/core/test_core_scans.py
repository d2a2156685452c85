"""Pages that are pictures are recognised when nothing else goes on, and never while a person waits."""

from __future__ import annotations

import pytest
from core_world import CoreWorld
from fakes import FakeChild

from app.core import recognising
from app.core.calls import documents as c
from app.errors import WorkerGone
from app.settings import READ_SCANS
from app.types import Collection
from app.workers.calls.documents import (
    Add,
    Added,
    Collections,
    ListCollections,
    ListTombstones,
    Tombstones,
)
from app.workers.calls.scans import PageRecognised, Recognise
from app.workers.protocol import Ready

SCANS = Collection(id=1, name="Scans")
NOTHING = PageRecognised()


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    return CoreWorld()


def page(done: int, total: int, *, left: int | None = None, collection_id: int = 1) -> PageRecognised:
    return PageRecognised(
        document_id=7, collection_id=collection_id, document="scan.pdf", done=done, total=total,
        left=total - done if left is None else left, indexed=done == total,
    )  # fmt: skip


def begin(world: CoreWorld, waiting: int) -> FakeChild:
    """The documents process comes up, and says how many pages wait."""
    child = world.documents
    child.set_state("ready")
    child.ready.emit(Ready(role="documents"))
    count(child, waiting)
    child.last(ListTombstones).finish(Tombstones(ids=()))
    return child


def count(child: FakeChild, waiting: int) -> None:
    while child.waiting(ListCollections):
        child.last(ListCollections).finish(Collections(collections=(SCANS,), scans=waiting))


def test_pages_come_one_after_the_other_and_every_door_is_told(world: CoreWorld) -> None:
    door = world.door()
    child = begin(world, 2)
    assert len(child.waiting(Recognise)) == 1  # one at a time
    child.last(Recognise).finish(page(1, 2))
    child.last(Recognise).finish(page(2, 2))
    child.last(Recognise).finish(NOTHING)
    assert not child.waiting(Recognise)
    told = [event for event in door.events() if isinstance(event, PageRecognised | c.DocumentsChanged)]
    assert told == [page(1, 2), page(2, 2), c.DocumentsChanged(collection_id=1)]


def test_nothing_is_asked_where_no_page_waits(world: CoreWorld) -> None:
    assert not begin(world, 0).waiting(Recognise)


def test_no_page_is_begun_while_files_are_added(world: CoreWorld) -> None:
    door = world.door()
    child = begin(world, 0)
    door.call(c.QueueFiles(paths=("/files/a.pdf",), collection_id=1))
    world.core.documents.list.recount()
    count(child, 3)
    assert not child.waiting(Recognise)
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    world.clock.pass_time(recognising.LOOK_AGAIN_S)
    assert len(child.waiting(Recognise)) == 1


def test_it_stops_and_begins_with_the_setting(world: CoreWorld) -> None:
    child = begin(world, 3)
    world.core.settings.set(READ_SCANS, False)
    child.last(Recognise).finish(page(1, 3))
    assert not child.waiting(Recognise)
    world.core.settings.set(READ_SCANS, True)
    world.core.documents.list.recount()
    count(child, 2)
    assert len(child.waiting(Recognise)) == 1


def test_a_command_waits_for_the_pages_of_its_collection(world: CoreWorld) -> None:
    child = begin(world, 0)
    door = world.door()
    asked = door.call(Recognise(collection_id=1))
    assert child.last(Recognise).call == Recognise(collection_id=1)
    child.last(Recognise).finish(page(1, 1))
    child.last(Recognise).finish(NOTHING)
    assert door.result(asked) == NOTHING and door.events(asked) == [page(1, 1)]
    child.last(Recognise).finish(NOTHING)  # those of other collections
    world.core.settings.set(READ_SCANS, False)
    assert door.result(door.call(Recognise(collection_id=1))) == NOTHING  # it waits for nothing that does not come


def test_a_process_that_ends_is_asked_again_when_it_is_back(world: CoreWorld) -> None:
    child = begin(world, 2)
    child.last(Recognise).fail(WorkerGone("It ended."))
    assert not child.waiting(Recognise)
    child.ready.emit(Ready(role="documents"))
    count(child, 2)
    assert len(child.waiting(Recognise)) == 1


def test_a_command_that_is_stopped_loses_nothing(world: CoreWorld) -> None:
    child = begin(world, 2)
    door = world.door()
    asked = door.call(Recognise(collection_id=1))
    door.control(asked, "cancel")
    end = door.end(asked)
    assert end is not None and end.kind == "cancelled"
    child.last(Recognise).finish(page(1, 2))
    assert len(child.waiting(Recognise)) == 1
