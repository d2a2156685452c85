"""Shared collections in the core: looked at, taken over when nobody waits, and published after changes."""

from __future__ import annotations

import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeChild

from app.core.calls import documents as c
from app.core.calls.chats import Ask
from app.core.calls.models import LoadEngine
from app.core.shares import AFTER_S, LOOK_S, QUIET_S, RETRY_S
from app.errors import AppError
from app.shares import Published, Shared
from app.types import Collection, ModelInfo
from app.workers.calls.bundles import Imported
from app.workers.calls.documents import Add, Collections, ListCollections, ListTombstones, Tombstones
from app.workers.calls.engine import Chat, Load, Loaded
from app.workers.calls.shares import (
    EditionPublished,
    EditionTaken,
    LookAtShared,
    OpenShared,
    PublishCollection,
    SharedSeen,
    TakeShared,
)
from app.workers.protocol import Ready

INFO = ModelInfo(
    path="m.gguf", name="m", architecture="llama", quantization="Q4_1", parameters=1, file_bytes=1, context=99,
    context_trained=99, backend="CPU", device="test", gpu_layers=0, layers=1, has_template=True, load_ms=1.0,
    memory_bytes=1,
)  # fmt: skip
THEIRS = Collection(id=1, name="Contracts", shared=Shared(path="/drive/c", by="Ada", edition=1, at=1.0))


def ours(*, behind: bool, problem: str = "") -> Collection:
    stands = Published(path="/drive/o", by="me", edition=1, at=1.0, follows=True, behind=behind, problem=problem)
    return Collection(id=2, name="Ours", published=stands)


@pytest.fixture
def world() -> CoreWorld:
    return CoreWorld()


def begin(world: CoreWorld, *collections: Collection) -> FakeChild:
    child = world.documents
    child.set_state("ready")
    child.ready.emit(Ready(role="documents"))
    listed(child, *collections)
    child.last(ListTombstones).finish(Tombstones(ids=()))
    world.clock.pass_time(0)
    return child


def listed(child: FakeChild, *collections: Collection) -> None:
    while child.waiting(ListCollections):
        child.last(ListCollections).finish(Collections(collections=collections))


def test_a_new_edition_is_taken_over_and_every_door_is_told(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, THEIRS)
    child.last(LookAtShared).finish(SharedSeen())
    assert not world.core.busy
    world.clock.pass_time(LOOK_S)
    child.last(LookAtShared).finish(SharedSeen(ready=True))
    assert world.core.busy, "a command's core brings it to its end"
    child.last(TakeShared).finish(EditionTaken(edition=2, removed=(7,)))
    assert c.DocumentsChanged(collection_id=1) in door.events()
    assert child.waiting(ListTombstones), "the chats forget what went"
    assert child.waiting(ListCollections)


def test_nothing_is_taken_from_under_an_answer(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, THEIRS)
    door.call(LoadEngine())
    world.engine.ready.emit(None)
    world.engine.last(Load).finish(Loaded(info=INFO))
    key = door.call(Ask(question="Outside?", alone=True))
    child.last(LookAtShared).finish(SharedSeen(ready=True))
    world.clock.pass_time(3 * QUIET_S)
    assert not child.waiting(TakeShared)
    world.engine.last(Chat).fail(AppError("It failed."))
    assert door.end(key) is not None
    world.clock.pass_time(QUIET_S)
    assert child.waiting(TakeShared)


def test_files_are_not_added_to_a_colleagues_collection(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, THEIRS)
    key = door.call(c.QueueFiles(paths=("/x.md",), collection_id=1))
    end = door.end(key)
    assert end is not None and end.error is not None and "shared by Ada" in end.error.message
    assert not child.waiting(Add)


def test_an_edition_is_written_a_while_after_changes_and_again_where_it_failed(world: CoreWorld) -> None:
    child = begin(world, ours(behind=True))
    world.clock.pass_time(AFTER_S - 1)
    assert not child.waiting(PublishCollection)
    world.clock.pass_time(1)
    child.last(PublishCollection).fail(AppError("The drive does not answer."))
    listed(child, ours(behind=True, problem="The drive does not answer."))
    world.clock.pass_time(RETRY_S)
    asked = child.last(PublishCollection)
    assert asked.call == PublishCollection(collection_id=2)
    asked.finish(EditionPublished(collection=ours(behind=False), documents=1, bytes=1))
    listed(child, ours(behind=False))
    world.clock.pass_time(RETRY_S + AFTER_S)
    assert not child.waiting(PublishCollection)


def test_what_is_opened_is_in_the_list_and_looked_at(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world)
    key = door.call(OpenShared(path="/drive/c"))
    child.last(OpenShared).finish(Imported(collection=THEIRS))
    assert door.result(key) == Imported(collection=THEIRS)
    listed(child, THEIRS)
    world.clock.pass_time(LOOK_S)
    assert child.waiting(LookAtShared)
