"""The embedder in the core: wanted, watched, gone on with after the process or the core has ended, and left."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeChild

from app.core.calls import embedders as c
from app.embedder.choice import Chosen
from app.embedder.embedders import MANIFEST, Embedders, Manifest
from app.embedder.identity import Identity
from app.errors import AppError, WorkerGone
from app.paths import Home
from app.workers.calls.embedders import EmbedderUsed, ForgetReembedded, Reembed, ReembedProgress
from app.workers.message import Done
from app.workers.protocol import Ready


def kept(home: Home, name: str = "House") -> str:
    """An embedder in the data folder; → its id."""
    identity = Identity(name, "0", "", "", "mean", "int8", 8, 512)
    made = Manifest(name=name, kind="gguf", identity=identity, made_at=1.0)
    folder = home.embedders / made.id
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(made))
    return made.id


@pytest.fixture
def world(data_folder: Path) -> CoreWorld:
    return CoreWorld()


def shown(door: TestDoor) -> c.Embedders:
    found = door.result(door.call(c.ShowEmbedders()))
    assert isinstance(found, c.Embedders)
    return found


def ready(child: FakeChild) -> None:
    child.ready.emit(Ready(role="documents"))


def test_another_one_is_used_when_every_passage_is_read_and_every_door_hears_of_it(world: CoreWorld) -> None:
    door, other = world.door(), world.door()
    house = kept(world.home)
    begun = door.result(door.call(c.ChooseEmbedder(embedder_id=house)))
    assert begun.coming.name == "House" and begun.active.id == "" and world.core.busy
    watching = door.call(c.WatchEmbedder())
    job = world.documents.last(Reembed)
    job.say(ReembedProgress(done=3, total=9, seconds_left=4.0))
    assert door.events(watching) == [ReembedProgress(done=3, total=9, seconds_left=4.0)]
    told = [each for each in other.events() if isinstance(each, c.EmbeddersChanged)]
    assert told[-1].embedders.progress == ReembedProgress(done=3, total=9, seconds_left=4.0)
    refused = door.end(door.call(c.RemoveEmbedder(embedder_id=house)))
    assert refused is not None and refused.error is not None and "in use" in refused.error.message
    job.finish(EmbedderUsed(embedder_id=house))
    assert door.result(watching).active.id == house and not world.core.busy
    assert Embedders(world.home.embedders).chosen() == Chosen(active=house, previous="")
    door.call(c.LeaveEmbedder())
    assert world.documents.last(Reembed).call == Reembed(embedder_id="")
    world.documents.last(Reembed).finish(EmbedderUsed(embedder_id=""))
    assert shown(other).active.id == "" and shown(other).previous.id == house  # type: ignore[union-attr]
    other.call(c.RemoveEmbedder(embedder_id=house))
    assert shown(other).imported == () and shown(other).previous is None


def test_a_change_goes_on_in_the_next_core_and_after_the_process_ended(world: CoreWorld) -> None:
    door = world.door()
    house = kept(world.home)
    door.call(c.ChooseEmbedder(embedder_id=house))
    world.core.stop()
    again = CoreWorld()
    door = again.door()
    assert shown(door).coming is not None
    ready(again.documents)
    again.documents.last(Reembed).say(ReembedProgress(done=1, total=9))
    again.documents.last(Reembed).fail(WorkerGone("The document reader stopped unexpectedly."))
    assert shown(door).coming is not None, "it is started again"
    ready(again.documents)
    again.documents.last(Reembed).finish(EmbedderUsed(embedder_id=house))
    assert shown(door).active.id == house


def test_one_that_ends_the_process_again_and_again_is_given_up(world: CoreWorld) -> None:
    door = world.door()
    door.call(c.ChooseEmbedder(embedder_id=kept(world.home)))
    for _ in range(3):
        world.documents.last(Reembed).fail(WorkerGone("The document reader stopped unexpectedly."))
        ready(world.documents)
    assert shown(door).coming is None and "ends with it" in shown(door).problem
    assert world.documents.waiting(Reembed) == []


def test_a_change_that_fails_says_why_and_leaves_the_old_one(world: CoreWorld) -> None:
    door = world.door()
    door.call(c.ChooseEmbedder(embedder_id=kept(world.home)))
    watching = door.call(c.WatchEmbedder())
    world.documents.last(Reembed).fail(AppError("The disk has 0.1 GB free.", "Free some disk space."))
    end = door.end(watching)
    assert end is not None and end.error is not None and "0.1 GB" in end.error.message
    assert shown(door).active.id == "" and shown(door).coming is None and "0.1 GB" in shown(door).problem


def test_a_change_that_is_left_drops_what_was_made_for_it(world: CoreWorld) -> None:
    door = world.door()
    door.call(c.ChooseEmbedder(embedder_id=kept(world.home)))
    second = door.end(door.call(c.ChooseEmbedder(embedder_id=kept(world.home, "Other"))))
    assert second is not None and second.error is not None and "already" in second.error.message
    door.call(c.CancelEmbedder())
    job = world.documents.last(Reembed)
    assert job.controls == ["cancel"]
    job.fail(WorkerGone("It did not stop, and was ended."))  # what comes of a change that was left is nobody's
    world.documents.last(ForgetReembedded).finish(Done())
    assert shown(door).coming is None and not world.core.busy


def test_one_that_is_gone_is_not_used(world: CoreWorld) -> None:
    door = world.door()
    end = door.end(door.call(c.ChooseEmbedder(embedder_id="gone")))
    assert end is not None and end.error is not None and "no longer there" in end.error.message
    nothing = door.end(door.call(c.LeaveEmbedder()))
    assert nothing is not None and nothing.error is not None
