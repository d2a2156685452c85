"""Who writes the questions, in the core: agreed to, tried, and a model on a server that is asked for a trainer."""

from __future__ import annotations

import json
from pathlib import Path

import fake_run
import pytest
from authors import HOST, SERVED, TRIAL
from core_world import CoreWorld, TestDoor
from fakes import FakeRemote
from test_core_training import begun, give_documents, know_collections

from app.core.calls import training as c
from app.errors import AppError
from app.finetune.author import OWN_FILE, RULES
from app.finetune.runs import Run
from app.finetune.wizard import Changes
from app.types import Budget, ModelInfo, Stats
from app.workers.calls.engine import Chat, Chatted, Load, Loaded
from trainer import events
from trainer.spec import ANSWERED, ASKED, MAILBOX, Answered, Asked, RunSpec, Wish, read_json, write_json

INFO = ModelInfo(
    path="", name="Large", architecture="", quantization="", parameters=0, file_bytes=0, context=8192,
    context_trained=8192, backend="server", device=HOST, gpu_layers=0, layers=0, has_template=True, load_ms=1.0,
    memory_bytes=0,
)  # fmt: skip


@pytest.fixture
def world(data_folder: Path) -> CoreWorld:
    made = CoreWorld()
    made.core.registry.install(SERVED)
    return made


def failure(door: TestDoor, key: int) -> str:
    end = door.end(key)
    assert end is not None and end.error is not None, end
    return f"{end.error.message} {end.error.hint}"


def chosen(world: CoreWorld, **changes: object) -> tuple[TestDoor, Run]:
    door = world.door()
    know_collections(world, door)
    return door, begun(door, collections=(7,), **changes)


def prepared(world: CoreWorld, **changes: object) -> tuple[TestDoor, Run]:
    door, run = chosen(world, **changes)
    door.call(c.PrepareRun(run_id=run.id))
    give_documents(world)
    return door, run


def said(text: str) -> Chatted:
    return Chatted(
        text=text, thinking="", reason="end", stats=Stats(), budget=Budget(context=8192, used=9), passages_used=0
    )


def server(world: CoreWorld) -> FakeRemote:
    """The server, loaded."""
    child = world.remote[-1][2]
    for job in child.waiting(Load):
        job.finish(Loaded(info=INFO))
    return child


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_documents_go_to_a_server_only_with_consent_for_that_server(world: CoreWorld) -> None:
    door, run = chosen(world, author="srv")
    for call in (c.PrepareRun(run_id=run.id), c.TryAuthor(run_id=run.id)):
        assert HOST in failure(door, door.call(call))
    door.result(door.call(c.ChangeRun(run_id=run.id, changes=Changes(consent="other.example"))))
    assert HOST in failure(door, door.call(c.PrepareRun(run_id=run.id)))
    door.result(door.call(c.ChangeRun(run_id=run.id, changes=Changes(consent=HOST))))
    key = door.call(c.PrepareRun(run_id=run.id))
    give_documents(world)
    assert door.result(key).run.state == "preparing"
    spec = read_json(run.folder / "run.json", RunSpec)
    assert (spec.prepare.writer, spec.prepare.author) == ("served", HOST)


def test_consent_goes_with_its_author(world: CoreWorld) -> None:
    door, run = chosen(world, author="srv", consent=HOST)
    for author in (RULES, "srv"):
        door.result(door.call(c.ChangeRun(run_id=run.id, changes=Changes(author=author))))
    assert run.load().consent == ""


@pytest.mark.parametrize(("author", "made", "writer"), [(RULES, True, "rules"), (OWN_FILE, False, "model")])
def test_rules_or_the_own_file_take_the_place_of_a_model(
    world: CoreWorld, tmp_path: Path, author: str, made: bool, writer: str
) -> None:
    file = tmp_path / "own.csv"
    file.write_text("question,answer\nHow long?,30 days\n")
    _, run = prepared(world, author=author, files=(str(file),))
    spec = read_json(run.folder / "run.json", RunSpec)
    assert (spec.prepare.make_questions, spec.prepare.writer) == (made, writer)


def test_an_author_that_is_gone_is_said(world: CoreWorld) -> None:
    door, run = chosen(world, author="nobody")
    assert "no longer installed" in failure(door, door.call(c.PrepareRun(run_id=run.id)))


# --- the trial --------------------------------------------------------------------------------------------------------


def test_a_trial_says_how_well_and_how_long_and_leaves_no_text(world: CoreWorld) -> None:
    door, run = chosen(world)
    key = door.call(c.TryAuthor(run_id=run.id))
    give_documents(world)
    trial = run.folder / "trial"
    spec = read_json(trial / "run.json", RunSpec)
    assert "All about Flights.md." in Path(spec.data.inputs[0].path).read_text()
    world.trainer.plans[-1].finish(TRIAL)  # type: ignore[arg-type]
    found = door.result(key).run.wizard.trial
    assert (found.author, found.asked, found.passed, found.used) == ("starter", 18, 15, True)
    assert found.facts == 18, "twelve facts in two documents of three"
    assert found.seconds == pytest.approx(18 * 4.0)
    assert found.questions[1] == ("It?", "30 days.", "Not whole.")
    assert not trial.exists() and run.load().trial == found
    door.result(door.call(c.ChangeRun(run_id=run.id, changes=Changes(author=RULES))))
    assert run.load().trial is None, "it was about another author"


def test_a_trial_that_is_left_leaves_nothing(world: CoreWorld) -> None:
    door, run = chosen(world)
    key = door.call(c.TryAuthor(run_id=run.id))
    give_documents(world)
    assert (run.folder / "trial").exists()
    door.control(key, "cancel")
    end = door.end(key)
    assert end is not None and end.kind == "cancelled" and not (run.folder / "trial").exists()
    assert world.trainer.plans[-1].controls == ["cancel"]
    again = door.call(c.TryAuthor(run_id=run.id))
    give_documents(world)
    world.trainer.plans[-1].fail(AppError("In these documents nothing was found to ask for.", "Choose others."))
    assert "nothing was found" in failure(door, again) and not (run.folder / "trial").exists()


# --- a model on a server ----------------------------------------------------------------------------------------------


def leave(run: Run, name: str, *wishes: Wish, folder: str = MAILBOX) -> Path:
    """The trainer wants something written; → where the answer is to lie."""
    write_json(run.folder / folder / f"{name}{ASKED}", Asked(wishes=wishes))
    return run.folder / folder / f"{name}{ANSWERED}"


def test_what_lies_in_the_mailbox_is_asked_of_the_server_and_answered(world: CoreWorld) -> None:
    door, run = prepared(world, author="srv", consent=HOST)
    schema = json.dumps({"type": "object"})
    wishes = [Wish(text=f"Write {n}", schema=schema, limit=160) for n in range(6)]
    answered = leave(run, "a", *wishes, Wish(text="How long?", passage="Within 30 days.", place="Policy"))
    door.leave()
    assert world.core.busy, "the trainer waits for a core"
    world.clock.pass_time(0.35)
    child = server(world)
    while jobs := child.waiting(Chat):
        assert len(jobs) <= 4
        call = jobs[0].call
        assert isinstance(call, Chat) and call.sampling.temperature == 0.0
        if call.question == "How long?":
            assert [p.text for p in call.passages] == ["Within 30 days."] and call.grounded and not call.json_schema
        else:
            assert call.json_schema == schema and call.sampling.max_tokens == 160 and not call.passages
        jobs[0].finish(said(f"answer to {call.question}"))
    assert read_json(answered, Answered).texts == (*(f"answer to Write {n}" for n in range(6)), "answer to How long?")
    world.clock.pass_time(1)
    assert not child.waiting(Chat), "once"


def test_a_server_that_fails_is_asked_again_and_then_said(world: CoreWorld) -> None:
    _, run = prepared(world, author="srv", consent=HOST)
    answered = leave(run, "a", Wish(text="Write"))
    world.clock.pass_time(0.35)
    child = server(world)
    for _ in range(3):
        child.last(Chat).fail(AppError(f"{HOST} has too much to do.", "Try again in a moment."))
        world.clock.pass_time(6)
    said = read_json(answered, Answered)
    assert (said.problem, said.hint) == (f"{HOST} has too much to do.", "Try again in a moment.")


def test_a_core_that_starts_again_goes_on_answering(world: CoreWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    _, run = prepared(world, author="srv", consent=HOST)
    fake_run.say(run, events.RunStarted(id=run.id, stages=("collect", "questions", "split"), pid=7))
    monkeypatch.setattr(Run, "alive", lambda self, pid: True)
    world.core.stop()
    again = CoreWorld(world.home)
    again.door()
    leave(run, "a", Wish(text="Write"))
    again.clock.pass_time(0.7)
    assert server(again).waiting(Chat)
