"""Trainings in the core: begun by one door, seen by the others, followed over the end of a core, installed and left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import fake_run
import msgspec
import pytest
from core_world import CoreWorld, TestDoor
from tiny_gguf import write_split

from app.core.calls import training as c
from app.core.calls.models import LoadEngine, RemoveModel
from app.errors import AppError
from app.finetune.away import ExportTraining, TakeAdapter
from app.finetune.measured import Measured
from app.finetune.review import DEFAULT_QUALITY
from app.finetune.runs import Run, Runs
from app.finetune.wizard import Changes
from app.types import Answer, Collection, Document, InstalledModel, ModelInfo
from app.workers.calls.documents import Collections, Documents, DocumentText, ListCollections, ListDocuments, ReadText
from app.workers.calls.engine import Chatted, Complete, Load, Loaded, SetAdapter
from app.workers.message import Done
from trainer import events
from trainer.spec import BROUGHT, Control, ReviewDecision, RunSpec, TextDocument, Written, read_json, read_lines

FITS = Measured(fits=True, memory_bytes=1, memory_available=2, seconds=720.0)
TIGHT = Measured(fits=False, memory_bytes=1_100_000_000, memory_available=1_000_000_000, reason="Too little memory.")
INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=200_000_000,
)  # fmt: skip
TRAVEL = Collection(id=7, name="Travel", documents=2, passages=40)
HERE = os.getpid()
GONE = 2_000_000_000


@pytest.fixture
def world(data_folder: Path) -> CoreWorld:
    return CoreWorld()


@pytest.fixture(autouse=True)
def alive(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[int]]:
    """The processes that are there, as far as a run asks."""
    numbers = {HERE}
    monkeypatch.setattr(Run, "alive", lambda self, pid: pid in numbers)
    monkeypatch.setattr(Run, "kill", lambda self, pid: numbers.discard(pid))
    yield numbers


def know_collections(world: CoreWorld, door: TestDoor) -> None:
    key = door.call(ListCollections())
    for job in world.documents.waiting(ListCollections):
        job.finish(Collections(collections=(TRAVEL,)))
    door.result(key)


def load_engine(world: CoreWorld, door: TestDoor) -> None:
    door.call(LoadEngine())
    world.engine.ready.emit(None)
    world.engine.last(Load).finish(Loaded(info=INFO))


def begun(door: TestDoor, **changes: object) -> Run:
    kept = door.result(door.call(c.BeginRun(changes=Changes(**changes), by_hand=bool(changes))))  # type: ignore[arg-type]
    return Run(Path(kept.run.folder))


def reviewable(world: CoreWorld, door: TestDoor, **wizard: object) -> Run:
    """A run whose list is there, known to the core."""
    run = fake_run.make_run(world.home.runs, step="review", **wizard)
    fake_run.prepare(run)
    assert door.result(door.call(c.OpenRun(run_id=run.id))).run.state == "review"
    return run


def record(door: TestDoor, run: Run) -> c.RunRecord:
    found: c.RunRecord = door.result(door.call(c.OpenRun(run_id=run.id))).run
    return found


def told(door: TestDoor, kind: type) -> list[object]:
    return [data for data in door.events() if isinstance(data, kind)]


def give_documents(world: CoreWorld) -> None:
    """Play the documents process until everything is read."""
    child = world.documents
    listed = tuple(
        Document(id=n, collection_id=7, collection="Travel", name=name, path=f"/x/{name}", format="md", bytes=9,
                 status="indexed")
        for n, name in enumerate(("Flights.md", "Hotels.md", "Empty.md"), 1)
    )  # fmt: skip
    child.last(ListDocuments).finish(Documents(documents=listed))
    for document in listed:
        text = "" if document.name == "Empty.md" else f"All about {document.name}."
        child.last(ReadText).finish(DocumentText(name=document.name, format="md", text=text, pages=()))


# --- choosing and preparing -------------------------------------------------------------------------------------------


def test_a_run_begins_with_what_is_there_and_every_door_hears_of_it(world: CoreWorld) -> None:
    window, terminal = world.door(), world.door(hears=False)
    know_collections(world, window)
    run = begun(terminal)
    wizard = run.load()
    assert (wizard.base, wizard.collections, wizard.name) == ("starter", (7,), "SmolLM2 135M tuned")
    assert told(window, c.RunsChanged)
    listed = window.result(window.call(c.ListRuns()))
    assert [(each.id, each.state) for each in listed.runs] == [(run.id, "none")]


def test_a_change_is_on_disk_and_in_every_door_and_loses_no_other(world: CoreWorld) -> None:
    one, other = world.door(), world.door()
    run = begun(one)
    one.result(one.call(c.ChangeRun(run_id=run.id, changes=Changes(effort="quick"))))
    other.result(other.call(c.ChangeRun(run_id=run.id, changes=Changes(files=("/x/a.csv",)), by_hand=True)))
    for door in (one, other):
        changed = told(door, c.RunChanged)[-1]
        assert isinstance(changed, c.RunChanged) and changed.run.wizard is not None
        assert (changed.run.wizard.effort, changed.run.wizard.files) == ("quick", ("/x/a.csv",))
    assert run.load() == changed.run.wizard


def test_documents_become_the_inputs_and_the_trainer_is_started(world: CoreWorld) -> None:
    window, terminal = world.door(), world.door()
    know_collections(world, window)
    run = begun(terminal, collections=(7,))
    key = terminal.call(c.PrepareRun(run_id=run.id))
    assert world.core.busy and record(window, run).state == "preparing"
    give_documents(world)
    kept = terminal.result(key)
    assert kept.run.state == "preparing" and kept.run.wizard.step == "review" and world.trainer.launched == [run.id]
    spec = read_json(run.folder / "run.json", RunSpec)
    assert [(each.kind, each.name) for each in spec.data.inputs] == [("documents", "Travel")]
    texts = list(read_lines(Path(spec.data.inputs[0].path), TextDocument))
    assert [(text.document_id, text.name) for text in texts] == [(1, "Flights.md"), (2, "Hotels.md")]
    moved = [each for each in told(window, c.RunMoved) if isinstance(each, c.RunMoved)]
    assert {each.to_gather for each in moved} >= {0} and moved[0].state == "preparing"
    assert not world.core.busy, "a trainer at work needs no core"


def test_a_base_in_several_files_is_refused_before_anything_is_gathered(world: CoreWorld, tmp_path: Path) -> None:
    door = world.door()
    parts = write_split(tmp_path / "set")
    base = world.core.models.list.install(InstalledModel(name="Big", path=str(parts[0]), file_bytes=9))
    run = begun(door, collections=(7,), base=base.id)
    end = door.end(door.call(c.PrepareRun(run_id=run.id)))
    assert end is not None and end.error is not None
    assert "“Big” comes in 3 files, and training reads one" in end.error.message


def test_gathering_stops_with_the_door_that_wanted_it_and_by_any_door(world: CoreWorld) -> None:
    door, other = world.door(), world.door()
    run = begun(door, collections=(7,))
    key = door.call(c.PrepareRun(run_id=run.id))
    listing = world.documents.last(ListDocuments)
    refused = other.end(other.call(c.PrepareRun(run_id=run.id)))
    assert refused is not None and refused.error is not None and "is being prepared" in refused.error.message
    other.result(other.call(c.StopPreparing(run_id=run.id)))
    end = door.end(key)
    assert end is not None and end.kind == "cancelled" and record(other, run).state == "none"
    listing.finish(Documents(documents=()))
    assert world.trainer.launched == []
    door.call(c.PrepareRun(run_id=run.id))
    door.leave()
    assert record(other, run).state == "none" and run.load().step == "data"


def test_documents_that_cannot_be_read_lead_back_with_the_reason(world: CoreWorld) -> None:
    door = world.door()
    run = begun(door, collections=(7,))
    key = door.call(c.PrepareRun(run_id=run.id))
    world.documents.last(ListDocuments).fail(AppError("The documents are busy.", "Try again."))
    end = door.end(key)
    assert end is not None and end.error is not None and end.error.message == "The documents are busy."
    assert run.load().step == "data" and record(door, run).state == "none" and not world.core.busy


def test_rated_answers_and_chats_are_learned_from(world: CoreWorld) -> None:
    door, store = world.door(), world.core.store
    chat = store.create("Rated")
    question = store.add_question(chat.id, "How long?")
    answer = store.finish_answer(store.begin_answer(question.id).id, Answer(text="Ten years."))
    store.set_feedback(answer.id, "down", "Twelve months.")
    run = begun(door, goal="prefer")
    assert run.load().thumbs, "corrections are all that this goal learns from"
    door.result(door.call(c.PrepareRun(run_id=run.id)))
    assert (run.folder / "inputs" / "feedback.jsonl").read_text().count('"chosen"') == 1
    other = begun(door, chats=(chat.id,))
    end = door.end(door.call(c.PrepareRun(run_id=other.id)))
    assert end is not None and end.error is not None and "nothing to learn from" in end.error.message


def test_missing_libraries_are_named_before_anything_starts(world: CoreWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    door = world.door()
    run = reviewable(world, door)
    monkeypatch.setattr("app.finetune.trainer_command.NEEDED", ("torch", "no_such_library"))
    for call in (c.BeginRun(), c.PrepareRun(run_id=run.id), c.TrainRun(run_id=run.id)):
        end = door.end(door.call(call))
        assert end is not None and end.error is not None and "no_such_library" in end.error.message, call
    assert world.trainer.launched == [] and len(door.result(door.call(c.ListRuns())).runs) == 1


# --- the review -------------------------------------------------------------------------------------------------------


def test_decisions_of_one_door_are_seen_by_the_other(world: CoreWorld) -> None:
    one, other = world.door(), world.door()
    run = reviewable(world, one)
    said = one.result(one.call(c.DecideExamples(run_id=run.id, ids=("e0", "e1"), decision="approve")))
    assert said.count == 2 and told(other, c.ReviewDecided)[-1] == said
    above = other.result(other.call(c.ApproveGood(run_id=run.id, quality=0.98)))
    assert above.count == 2 and told(one, c.ReviewDecided)[-1] == above
    decided = [(each.id, each.decision) for each in read_lines(run.folder / "review.jsonl", ReviewDecision)]
    assert decided == [(key, "approve") for key in ("e0", "e1", "e20", "e21")], "what was decided stays as it was"


def test_a_list_that_is_not_there_is_said(world: CoreWorld) -> None:
    door = world.door()
    run = begun(door)
    for call in (
        c.DecideExamples(run_id=run.id, ids=("e0",), decision="approve"),
        c.TrainRun(run_id=run.id),
        c.MeasureRun(run_id="nobody"),
    ):
        end = door.end(door.call(call))
        assert end is not None and end.error is not None and end.error.hint, call


# --- training ---------------------------------------------------------------------------------------------------------


def test_training_starts_only_after_it_was_measured_and_approves_what_continue_stands_for(world: CoreWorld) -> None:
    door = world.door()
    run = reviewable(world, door)
    key = door.call(c.TrainRun(run_id=run.id))
    (plan,) = world.trainer.plans
    assert world.trainer.launched == [] and not run.reviewed and door.end(key) is None
    plan.finish(FITS)  # type: ignore[arg-type]
    kept = door.result(key).run
    assert (kept.state, kept.wizard.step, kept.reviewed) == ("training", "train", True)
    assert world.trainer.launched == [run.id]
    approved = told(door, c.ReviewDecided)[-1]
    assert isinstance(approved, c.ReviewDecided) and approved.count == 16


def test_a_measuring_that_nobody_waits_for_starts_nothing(world: CoreWorld) -> None:
    door = world.door()
    run = reviewable(world, door)
    key = door.call(c.TrainRun(run_id=run.id))
    door.control(key, "cancel")
    end = door.end(key)
    assert end is not None and end.kind == "cancelled"
    assert world.trainer.plans[0].controls == ["cancel"] and not run.reviewed and not world.core.busy


def test_the_time_is_told_before_it_starts_and_is_not_measured_twice(world: CoreWorld) -> None:
    door = world.door()
    run = reviewable(world, door)
    world.trainer.measured = FITS
    found = door.result(door.call(c.MeasureRun(run_id=run.id)))
    assert found.measured.seconds == 720.0 and not run.reviewed and world.trainer.launched == []
    assert world.trainer.plans[0].call.approve_above == DEFAULT_QUALITY, "nothing is decided: as Continue would approve"  # type: ignore[union-attr]
    door.result(door.call(c.TrainRun(run_id=run.id)))
    assert len(world.trainer.plans) == 1 and world.trainer.launched == [run.id]


def test_two_doors_that_look_at_a_list_measure_it_once(world: CoreWorld) -> None:
    one, other = world.door(), world.door()
    run = reviewable(world, one)
    keys = [door.call(c.MeasureRun(run_id=run.id)) for door in (one, other)]
    (plan,) = world.trainer.plans
    one.leave()
    assert plan.controls == [], "the other one still wants to know"
    plan.finish(FITS)  # type: ignore[arg-type]
    assert other.result(keys[1]).measured == FITS
    assert one.end(keys[0]) is not None and not world.core.busy


def test_a_trainer_that_was_started_by_hand_is_seen(world: CoreWorld) -> None:
    door = world.door()
    run = reviewable(world, door)
    fake_run.train_until(run, pid=HERE)
    assert record(door, run).state == "training"
    fake_run.finish(run)
    world.clock.pass_time(0.5)
    moved = told(door, c.RunMoved)[-1]
    assert isinstance(moved, c.RunMoved) and moved.state == "done"


def test_figures_of_another_list_or_of_long_ago_do_not_count(world: CoreWorld) -> None:
    door = world.door()
    run = reviewable(world, door)
    world.trainer.measured = FITS
    door.result(door.call(c.MeasureRun(run_id=run.id)))
    door.result(door.call(c.DecideExamples(run_id=run.id, ids=("e0",), decision="approve")))
    door.result(door.call(c.MeasureRun(run_id=run.id)))
    assert len(world.trainer.plans) == 2 and world.trainer.plans[1].call.approve_above is None  # type: ignore[union-attr]
    world.clock.pass_time(120.0)
    door.result(door.call(c.MeasureRun(run_id=run.id)))
    assert len(world.trainer.plans) == 3


def test_labels_come_from_the_data_where_none_were_named(world: CoreWorld) -> None:
    door = world.door()
    run = fake_run.make_run(world.home.runs, step="review", goal="classify")
    spec = run.spec
    assert spec is not None
    run.write_spec(msgspec.structs.replace(spec, recipe="classify"))
    fake_run.prepare(run)
    world.trainer.measured = FITS
    door.result(door.call(c.TrainRun(run_id=run.id)))
    named = run.spec
    assert named is not None and named.data.labels == () and run.reviewed, "the data is not prepared anew"


def test_the_chat_gives_its_memory_only_when_asked_and_gets_it_back(world: CoreWorld) -> None:
    door = world.door()
    load_engine(world, door)
    run = reviewable(world, door)
    world.trainer.measured = TIGHT
    refused = door.result(door.call(c.TrainRun(run_id=run.id)))
    assert isinstance(refused, c.TrainingRefused) and refused.possible and not run.reviewed
    assert world.core.models.is_ready
    door.result(door.call(c.TrainRun(run_id=run.id, pause_chat=True)))
    assert len(world.trainer.plans) == 1, "the person was asked a moment ago"
    assert not world.core.models.is_ready and world.engine.state == "stopped" and run.load().chat_paused
    fake_run.finish(run)
    world.clock.pass_time(0.5)
    assert record(door, run).state == "done" and not run.load().chat_paused
    assert world.engine.state == "ready", "it is loaded again"


def test_a_training_that_cannot_be_started_gives_the_chat_back(world: CoreWorld) -> None:
    door = world.door()
    load_engine(world, door)
    run = reviewable(world, door)
    world.trainer.measured = TIGHT
    world.trainer.refusal = AppError("The training could not be started.", "Restart Inhouse, then try again.")
    end = door.end(door.call(c.TrainRun(run_id=run.id, pause_chat=True)))
    assert end is not None and end.error is not None and "could not be started" in end.error.message
    assert world.engine.state == "ready" and not run.load().chat_paused


def test_doors_hear_at_most_four_times_a_second_and_may_follow_one_run(world: CoreWorld) -> None:
    window, terminal = world.door(), world.door(hears=False)
    run = reviewable(world, window)
    fake_run.train_until(run, pid=HERE)
    world.core.leave(window)
    world = CoreWorld(world.home, world.clock)
    window, terminal = world.door(), world.door(hears=False)
    key = terminal.call(c.FollowRun(run_id=run.id))
    (first,) = terminal.events(key)
    assert (first.state, first.step, first.steps, first.train_fraction) == ("training", 372, 600, 0.62)
    before = len(told(window, c.RunMoved))
    for step in range(373, 403):
        fake_run.say(run, events.Loss(step=step, steps=600, epoch=2.0, train=0.7, seconds_left=300.0))
        world.clock.pass_time(0.1)
    heard = [each for each in told(window, c.RunMoved)[before:] if isinstance(each, c.RunMoved)]
    assert 3 * 3 <= len(heard) <= 3 * 4 and heard[-1].step > 395
    fake_run.finish(run)
    world.clock.pass_time(0.5)
    assert terminal.result(key).run.state == "done"


def test_a_training_is_steered_and_refuses_what_it_cannot_do_now(world: CoreWorld) -> None:
    door = world.door()
    run = fake_run.make_run(world.home.runs, step="train")
    fake_run.prepare(run)
    fake_run.train_until(run, pid=HERE)
    for action, wish in (("pause", "pause"), ("stop", "stop")):
        door.result(door.call(c.SteerRun(run_id=run.id, action=action)))  # type: ignore[arg-type]
        assert read_json(run.folder / "control.json", Control).action == wish
    end = door.end(door.call(c.SteerRun(run_id=run.id, action="skip")))
    assert end is not None and end.error is not None and end.error.message == "No comparison is under way."
    fake_run.say(run, events.StageStarted(stage="compare", index=9, total=10))
    world.clock.pass_time(0.5)
    door.result(door.call(c.SteerRun(run_id=run.id, action="skip")))
    assert read_json(run.folder / "control.json", Control).action == "skip"
    for call in (c.DeleteRun(run_id=run.id), c.PrepareRun(run_id=run.id), c.UseRun(run_id=run.id)):
        end = door.end(door.call(call))
        assert end is not None and end.error is not None and "is training" in end.error.message, call
    assert run.folder.exists()


def test_a_trainer_that_is_killed_is_noticed_and_the_run_goes_on(world: CoreWorld, alive: set[int]) -> None:
    door = world.door()
    for _ in range(2):
        world.clock.pass_time(3.0)  # what a core does once, a while after its start
    run = fake_run.make_run(world.home.runs, step="train")
    fake_run.prepare(run)
    fake_run.train_until(run, pid=HERE)
    assert record(door, run).state == "training"
    alive.clear()
    world.clock.pass_time(3.0)
    moved = told(door, c.RunMoved)[-1]
    assert isinstance(moved, c.RunMoved) and moved.state == "stopped"
    assert not world.clock.timers, "nobody is at work, so nobody is looked at"
    kept = door.result(door.call(c.ResumeRun(run_id=run.id))).run
    assert kept.state == "training" and world.trainer.launched == [run.id]
    world.trainer.ended.add(run.id)
    world.clock.pass_time(0.5)
    assert record(door, run).state == "stopped", "it ended before its first word"


def test_the_last_words_of_a_trainer_count_also_where_its_end_is_seen_first(world: CoreWorld) -> None:
    door = world.door()
    run = fake_run.make_run(world.home.runs, step="train")
    fake_run.prepare(run)
    fake_run.train_until(run, pid=HERE)
    assert record(door, run).state == "training"
    fake_run.say(run, events.Failed(stage="train", message="The disk is full.", hint="Free some space."))
    world.trainer.ended.add(run.id)
    world.clock.pass_time(0.5)
    moved = told(door, c.RunMoved)[-1]
    assert isinstance(moved, c.RunMoved) and moved.state == "failed" and moved.failure is not None
    assert moved.failure.message == "The disk is full."


def test_another_core_follows_a_run_and_knows_that_the_chat_is_paused(world: CoreWorld) -> None:
    door = world.door()
    load_engine(world, door)
    run = reviewable(world, door)
    world.trainer.measured = TIGHT
    door.result(door.call(c.TrainRun(run_id=run.id, pause_chat=True)))
    fake_run.train_until(run, pid=HERE)
    again = CoreWorld(world.home)
    door = again.door()
    assert again.core.models.engine_state().state == "failed", "a training has its memory"
    end = door.end(door.call(LoadEngine()))
    assert end is not None and end.error is not None and "paused" in end.error.message
    assert record(door, run).state == "training"
    fake_run.finish(run)
    again.clock.pass_time(0.5)
    assert record(door, run).state == "done" and not run.load().chat_paused
    door.result(door.call(LoadEngine()))


def test_a_training_that_ended_while_no_core_was_there_gives_the_chat_back(world: CoreWorld) -> None:
    door = world.door()
    load_engine(world, door)
    run = reviewable(world, door)
    world.trainer.measured = TIGHT
    door.result(door.call(c.TrainRun(run_id=run.id, pause_chat=True)))
    fake_run.finish(run)
    again = CoreWorld(world.home)
    assert not run.load().chat_paused
    load_engine(again, again.door())
    assert again.core.models.is_ready


def test_a_model_that_a_training_starts_from_stays(world: CoreWorld) -> None:
    door = world.door()
    file = world.home.models / "base.gguf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"GGUF")
    model = world.core.registry.install(InstalledModel(name="Base", path=str(file), file_bytes=4))
    run = fake_run.make_run(world.home.runs, step="train", base=model.id)
    fake_run.prepare(run)
    spec = read_json(run.folder / "run.json", RunSpec)
    spec = msgspec.structs.replace(spec, base=msgspec.structs.replace(spec.base, path=str(file)))
    (run.folder / "run.json").write_bytes(msgspec.json.encode(spec))
    fake_run.train_until(run, pid=HERE)
    assert record(door, run).state == "training"
    end = door.end(door.call(RemoveModel(model_id=model.id)))
    assert end is not None and end.error is not None and "A training starts from “Base”" in end.error.message
    assert file.exists()


# --- using ------------------------------------------------------------------------------------------------------------


def finished(world: CoreWorld, door: TestDoor, **more: object) -> Run:
    run = fake_run.make_run(world.home.runs, step="compare", **more)
    fake_run.prepare(run)
    fake_run.finish(run)
    assert record(door, run).state == "done"
    return run


def answer_once(world: CoreWorld) -> None:
    """The engine that is loaded beside says its one word."""
    world.engine.ready.emit(None)
    world.engine.last(Load).finish(Loaded(info=INFO))
    for job in world.engine.waiting(Complete):
        budget, stats = Answer(text="").budget, Answer(text="").stats
        job.finish(Chatted(text="H", thinking="", reason="length", stats=stats, budget=budget, passages_used=0))  # type: ignore[arg-type]


def test_what_came_out_is_installed_used_named_and_left(world: CoreWorld) -> None:
    door, other = world.door(), world.door()
    load_engine(world, door)
    run = finished(world, door)
    key = door.call(c.UseRun(run_id=run.id))
    answer_once(world)
    switched = door.result(key)
    model = world.core.registry.find("Larkfield Assistant")
    assert switched.model_id == model.id and world.core.models.active_id == model.id
    assert model.lineage["run_id"] == run.id and Path(model.path).exists()
    wizard = run.load()
    assert (wizard.installed, wizard.step) == (model.id, "use")
    other.result(other.call(c.RenameRun(run_id=run.id, name=" Pump  helper ")))
    assert world.core.registry.find(model.id).name == "Pump helper" and run.load().name == "Pump helper"
    key = other.call(c.LeaveRun(run_id=run.id))
    answer_once(world)
    other.result(key)
    assert world.core.models.active_id == "starter" and run.load().went_back
    key = door.call(c.UseRun(run_id=run.id))
    answer_once(world)
    door.result(key)
    assert [each.name for each in world.core.registry.models()] == ["SmolLM2 135M", "Pump helper"], "installed once"
    assert not run.load().went_back


def test_what_was_learned_is_used_on_its_base_without_a_second_file(world: CoreWorld) -> None:
    door = world.door()
    load_engine(world, door)
    run = finished(world, door)
    key = door.call(c.UseRun(run_id=run.id, adapter=True))
    world.engine.last(SetAdapter).finish(Done())
    assert door.result(key).model_id == world.core.models.active_id
    model = world.core.registry.find("Larkfield Assistant, adapter")
    starter = world.core.registry.models()[0]
    assert (model.path, model.origin, model.lineage["run_id"]) == (starter.path, "finetuned", run.id)
    assert Path(model.adapter).parent == world.home.models and len(list(world.home.models.glob("*.gguf"))) == 1
    assert run.load().installed == model.id, "it can be opened again where it is used"
    door.result(door.call(c.DeleteRun(run_id=run.id)))
    assert Path(model.adapter).exists(), "the model stays when its run is deleted"
    other = finished(world, door, name="Again")
    key = door.call(c.UseRun(run_id=other.id, adapter=True))
    world.engine.last(SetAdapter).finish(Done())
    door.result(key)
    exported = other.folder / "export" / "model.adapter.gguf"
    exported.unlink()
    exported.write_bytes(b"GGUF" + bytes(501))
    key = door.call(c.UseRun(run_id=other.id, adapter=True))
    world.engine.last(SetAdapter).finish(Done())
    door.result(key)
    names = [each.name for each in world.core.registry.models()]
    assert names[-2:] == ["Again, adapter", "Again, adapter 2"], "trained anew, it is another one"
    (other.folder / "gate" / "result.json").unlink()
    end = door.end(door.call(c.UseRun(run_id=other.id, adapter=True)))
    assert end is not None and end.error is not None and "passed the check" in end.error.message


def test_keeping_the_old_one_and_a_run_that_failed_its_gate(world: CoreWorld) -> None:
    door = world.door()
    run = finished(world, door)
    assert door.result(door.call(c.KeepOld(run_id=run.id))).run.wizard.kept_old
    other = fake_run.make_run(world.home.runs, step="compare")
    fake_run.prepare(other)
    fake_run.finish(other, passed=False)
    end = door.end(door.call(c.InstallRun(run_id=other.id)))
    assert end is not None and end.error is not None and "passed the check" in end.error.message
    assert len(world.core.registry.models()) == 1


def test_votes_are_written_by_the_core(world: CoreWorld) -> None:
    one, other = world.door(), world.door()
    run = finished(world, one)
    said = one.result(one.call(c.VoteAnswer(run_id=run.id, pair_id="b0", choice="left")))
    assert told(other, c.Voted) == [said]
    assert (run.folder / "compare" / "votes.jsonl").read_text().count("\n") == 1
    end = one.end(one.call(c.VoteAnswer(run_id=run.id, pair_id="b9", choice="left")))
    assert end is not None and end.error is not None


def test_parts_of_a_run_and_the_run_itself_are_deleted_and_nothing_else(world: CoreWorld) -> None:
    door = world.door()
    run = finished(world, door)
    assert door.result(door.call(c.RemoveParts(run_id=run.id, parts=("split", "review.jsonl")))).run.listed is False
    end = door.end(door.call(c.RemoveParts(run_id=run.id, parts=("../../models",))))
    assert end is not None and end.error is not None and run.folder.exists()
    end = door.end(door.call(c.OpenStep(run_id=run.id, step="review")))
    assert end is not None and end.error is not None, "there is no list any more"
    door.result(door.call(c.DeleteRun(run_id=run.id)))
    assert not run.folder.exists() and door.result(door.call(c.ListRuns())).runs == ()
    for key in (run.id, "..", "", "../runs"):
        end = door.end(door.call(c.OpenRun(run_id=key)))
        assert end is not None and end.error is not None and "no longer exists" in end.error.message


# --- runs of an earlier version ---------------------------------------------------------------------------------------


def test_a_run_of_version_1_finds_its_ids_and_keeps_its_old_file(data_folder: Path) -> None:
    runs = Runs(data_folder / "runs")
    run = fake_run.make_run(runs.folder, step="data")
    raw = msgspec.json.decode((run.folder / "wizard.json").read_bytes())
    old = {
        **raw,
        "version": 1,
        "base": "SmolLM2 135M",
        "collections": ["travel", "Gone"],
        "installed": "",
        "effort": "quick",
    }
    del old["named"]
    (run.folder / "wizard.json").write_bytes(msgspec.json.encode(old))
    world = CoreWorld()
    door = world.door()
    wizard = run.load()
    assert wizard.base == "starter" and wizard.named is not None and wizard.collections == ()
    assert msgspec.json.decode((run.folder / "wizard-1.json").read_bytes()) == old
    know_collections(world, door)
    assert record(door, run).wizard == run.load()
    wizard = run.load()
    assert (wizard.collections, wizard.named, wizard.effort) == ((7,), None, "quick")


# --- training on another computer -------------------------------------------------------------------------------------


def test_what_is_exported_has_the_approvals_that_continue_would_give(world: CoreWorld) -> None:
    door = world.door()
    run = reviewable(world, door)
    key = door.call(c.ExportRun(run_id=run.id, tool="trl", folder="/tmp/out"))
    asked = world.trainer.plans[-1]
    assert asked.call == ExportTraining(folder=str(run.folder), tool="trl", to="/tmp/out")
    assert read_lines(run.folder / "review.jsonl", ReviewDecision) and not run.reviewed
    asked.finish(Written(("/tmp/out/train.py",)))
    assert door.result(key) == c.RunExported(files=("/tmp/out/train.py",)) and not world.trainer.launched
    again = door.call(c.ExportRun(run_id=run.id, tool="axolotl", folder=""))
    assert "No folder" in door.end(again).error.message  # type: ignore[union-attr]


def test_an_adapter_is_taken_without_measuring_and_a_training_here_forgets_it(world: CoreWorld) -> None:
    door = world.door()
    run = reviewable(world, door)
    world.trainer.measured = None
    key = door.call(c.BringAdapter(run_id=run.id, folder="/tmp/adapter"))
    world.trainer.plans[-1].fail(AppError("The adapter was not taken.", "It belongs to another model."))
    assert door.end(key).error is not None and not run.reviewed and not world.trainer.launched  # type: ignore[union-attr]
    key = door.call(c.BringAdapter(run_id=run.id, folder="/tmp/adapter"))
    assert world.trainer.plans[-1].call == TakeAdapter(folder=str(run.folder), source="/tmp/adapter")
    (run.folder / BROUGHT).mkdir()
    world.trainer.plans[-1].finish(Written(()))
    assert world.trainer.launched == [run.id] and run.reviewed
    assert door.result(key).run.wizard.step == "train"
    other = reviewable(world, door)
    (other.folder / BROUGHT).mkdir()
    world.trainer.measured = FITS
    door.call(c.TrainRun(run_id=other.id))
    assert world.trainer.launched[-1] == other.id and not (other.folder / BROUGHT).exists()


def test_what_is_no_adapter_of_a_chat_model_is_not_trained_elsewhere(world: CoreWorld) -> None:
    door = world.door()
    for wizard in ({"goal": "search"}, {"words": 100}):
        run = reviewable(world, door, **wizard)
        end = door.end(door.call(c.BringAdapter(run_id=run.id, folder="/tmp/adapter")))
        assert end is not None and end.error is not None and not world.trainer.plans
