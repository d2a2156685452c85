"""Heads in the core: copied out of a run, listed without their weights, removed, and asked by any door."""

from __future__ import annotations

from pathlib import Path

import fake_labels
import fake_run
import pytest
from core_world import CoreWorld

from app.core.calls import heads as c
from app.embedder.heads import Heads
from app.workers.calls.embedders import Classified, Classify, Sorted


@pytest.fixture
def world(data_folder: Path) -> CoreWorld:
    return CoreWorld()


def test_a_head_outlives_its_run_and_every_door_hears_of_it(world: CoreWorld) -> None:
    door, other = world.door(), world.door()
    run = fake_labels.finish(fake_run.make_run(world.home.runs, name="Letters", goal="classify"))
    assert door.result(door.call(c.ListHeads())).heads == ()
    (kept,) = door.result(door.call(c.KeepHead(run_id=run.id))).heads
    assert (kept.id, kept.name, kept.labels) == (run.id, "Letters", fake_labels.LABELS)
    assert "28 of 30" in kept.scores and kept.weights == (), "a list is not for numbers"
    told = [each for each in other.events() if isinstance(each, c.HeadsChanged)]
    assert told[-1].heads == (kept,)
    run.remove("head")
    (whole,) = Heads(world.home.heads).all()
    assert len(whole.weights) == 3
    assert door.result(door.call(c.RemoveHead(head_id=run.id))).heads == ()


def test_a_run_without_one_is_said_and_two_are_never_called_the_same(world: CoreWorld) -> None:
    door = world.door()
    bare = fake_run.make_run(world.home.runs, name="Plain")
    for wrong in (bare.id, "gone", "../runs"):
        end = door.end(door.call(c.KeepHead(run_id=wrong)))
        assert end is not None and end.error is not None and "made no head" in end.error.message
    first = fake_labels.finish(fake_run.make_run(world.home.runs, name="Letters", goal="classify"))
    second = fake_labels.finish(fake_run.make_run(world.home.runs, name="letters", goal="classify"))
    door.result(door.call(c.KeepHead(run_id=first.id)))
    end = door.end(door.call(c.KeepHead(run_id=second.id)))
    assert end is not None and end.error is not None and "Another head" in end.error.message
    kept = door.result(door.call(c.KeepHead(run_id=second.id, name="  Letters   two ")))
    assert sorted(head.name for head in kept.heads) == ["Letters", "Letters two"]
    again = door.result(door.call(c.KeepHead(run_id=first.id)))
    assert len(again.heads) == 2, "it takes the place of the one before"


def test_texts_are_sorted_by_the_documents_process(world: CoreWorld) -> None:
    door = world.door()
    key = door.call(Classify(head_id="r", texts=("Where is my order?",)))
    job = world.documents.last(Classify)
    assert job.call.texts == ("Where is my order?",)
    job.finish(Classified(found=(Sorted("order", 0.9, "invoice"),)))
    assert door.result(key).found[0].label == "order"
