"""The reader in the core: chosen, refused, and gone back from by one door, and every door hears of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from core_world import CoreWorld, TestDoor

from app.core.calls import readers as c
from app.core.calls import training as t
from app.embedder.readers import CARD, READER, SHIPPED, Readers, TaughtReader, shipped
from app.errors import AppError
from app.finetune.runs import Run
from app.finetune.wizard import Changes
from app.workers.calls.reader import ReaderUsed, UseReader
from trainer import events
from trainer.spec import BaseModel, Data, Hyper, Marker, RunSpec, TrainResult, write_json


@pytest.fixture
def world(data_folder: Path) -> CoreWorld:
    return CoreWorld()


def install(world: CoreWorld, reader_id: str = "run-1") -> None:
    Readers(world.home.readers).install(TaughtReader(id=reader_id, name="House", shipped=shipped()), READER)


def loads(world: CoreWorld) -> None:
    """The documents process loads what is chosen."""
    world.documents.last(UseReader).finish(ReaderUsed(name=Readers(world.home.readers).active().name))


def test_another_reader_is_used_by_every_door_and_one_word_goes_back(world: CoreWorld) -> None:
    door, other = world.door(), world.door()
    install(world)
    key = door.call(c.ChooseReader(reader_id="run-1"))
    assert world.core.busy and door.end(key) is None, "it is loading"
    loads(world)
    assert door.result(key).active.name == "House"
    told = [each for each in other.events() if isinstance(each, c.ReadersChanged)]
    assert told[-1].readers.active.id == "run-1" and told[-1].readers.previous is not None
    back = other.call(c.LeaveReader())
    loads(world)
    assert other.result(back).active.name == SHIPPED and not world.core.busy


def test_one_that_cannot_be_loaded_leaves_the_old_one_chosen(world: CoreWorld) -> None:
    door = world.door()
    install(world)
    key = door.call(c.ChooseReader(reader_id="run-1"))
    second = door.end(door.call(c.ChooseReader(reader_id="")))
    assert second is not None and second.error is not None and "already" in second.error.message
    world.documents.last(UseReader).fail(AppError("“House” could not be loaded.", "Go back."))
    end = door.end(key)
    assert end is not None and end.error is not None and "could not be loaded" in end.error.message
    shown = door.result(door.call(c.ShowReaders()))
    assert shown.active.id == "" and shown.previous is None and [each.id for each in shown.taught] == ["run-1"]


def test_a_reader_that_reads_is_not_removed(world: CoreWorld) -> None:
    door = world.door()
    install(world)
    door.call(c.ChooseReader(reader_id="run-1"))
    loads(world)
    refused = door.end(door.call(c.RemoveReader(reader_id="run-1")))
    assert refused is not None and refused.error is not None and "in use" in refused.error.message


def trained(world: CoreWorld, door: TestDoor) -> Run:
    """A run that taught the search, at its end."""
    kept = door.result(door.call(t.BeginRun(changes=Changes(goal="search", name="House, taught"), by_hand=True)))
    run = Run(Path(kept.run.folder))
    run.write_spec(RunSpec(id=run.id, recipe="search", base=BaseModel(path=str(READER), name=SHIPPED), data=Data()))
    shutil.copytree(READER, run.folder / "train" / "adapter")
    assert (run.folder / "train" / "adapter" / CARD).exists()
    result = TrainResult(
        adapter="train/adapter", steps=9, planned_steps=9, best_step=9, stopped="finished", train_loss=0.5,
        heldout_loss=None, heldout_before=None, curve=(), examples={"train": 84}, tokens=1, tokens_per_s=1.0,
        seconds=200.0, peak_memory_bytes=1, precision="bf16", hyper=Hyper(),
    )  # fmt: skip
    write_json(run.folder / "train" / "result.json", result)
    write_json(run.folder / "train" / "done.json", Marker(stage="train", fingerprint="f", seconds=1.0, summary={}))
    run.mark_reviewed()
    log = events.EventLog(run.folder / "events.jsonl", echo=False)
    log(events.RunStarted(id=run.id, stages=("train",), pid=0))
    log(events.Finished())
    door.result(door.call(t.OpenRun(run_id=run.id)))
    return run


def test_what_a_run_taught_is_used_named_and_left(world: CoreWorld) -> None:
    door = world.door()
    run = trained(world, door)
    key = door.call(t.UseRun(run_id=run.id))
    loads(world)
    wizard = door.result(key).run.wizard
    assert (wizard.step, wizard.installed) == ("use", run.id)
    shown = door.result(door.call(c.ShowReaders()))
    assert shown.active.name == "House, taught" and shown.active.parent == ""
    assert shown.active.lineage["data"] == "84 reviewed questions" and shown.active.lineage["base"] == SHIPPED
    door.result(door.call(t.RenameRun(run_id=run.id, name="Handbook")))
    assert door.result(door.call(c.ShowReaders())).active.name == "Handbook"
    back = door.call(t.LeaveRun(run_id=run.id))
    loads(world)
    assert door.result(back).run.wizard.went_back
    assert door.result(door.call(c.ShowReaders())).active.id == ""
    again = door.call(t.UseRun(run_id=run.id))
    loads(world)
    assert door.result(again).run.wizard.installed == run.id, "it is installed once"
