"""`inhouse train` through a real core, over made-up runs: what it refuses, what it decides, and what it says."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import fake_run
import msgspec
import pytest

from app.chats.store import ChatStore
from app.cli import main
from app.core.calls import training as c
from app.core.door import CoreDoor
from app.finetune.runs import Run, Runs
from app.finetune.wizard import Changes
from app.paths import Home
from app.types import Answer
from trainer.spec import (
    Control,
    Example,
    ReviewDecision,
    SampleQuestion,
    SettingsTrial,
    TrialsResult,
    read_json,
    read_lines,
    write_json,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the terminal's door is for Unix sockets")
Captured = pytest.CaptureFixture[str]

TRAINER = """#!{python}
import json, os, pathlib, sys, time
sys.path[:0] = {path!r}
from trainer import events
from trainer.events import EventLog
command, path = sys.argv[3], pathlib.Path(sys.argv[4])
folder = path.parent
if command == "check":
    print("{{}}")
    sys.exit(0)
said = json.loads((folder.parent / "play.json").read_text())
if command == "plan":
    print(json.dumps(said["plan"]))
    sys.exit(0)
say = EventLog(folder / "events.jsonl", echo=False)
say(events.RunStarted(id=folder.name, stages=("collect", "train"), pid=os.getpid()))
if said.get("prepares") and not (folder / "reviewed").exists():
    sys.path[:0] = [said["tests"]]
    import fake_run
    from app.finetune.runs import Run
    fake_run.prepare(Run(folder))
elif said.get("waits"):
    say(events.StageStarted(stage="train", index=1, total=1))
    while "stop" not in (folder / "control.json").read_text():
        time.sleep(0.02)
    say(events.Finished())
else:
    name, values = said["last"]
    say(getattr(events, name)(**values))
"""
FITS = {"fits": True, "memory_bytes": 5, "memory_available": 9, "seconds": 725.0}
DONE = ("Finished", {})
Play = Callable[..., None]


@pytest.fixture
def play(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """The trainer is a few lines of Python that prepare, wait for *stop* or say one last word."""
    program = tmp_path / "trainer"
    program.write_text(TRAINER.format(python=sys.executable, path=[str(Path.cwd())]))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("INHOUSE_TRAINER", str(program))

    def said(last: tuple[str, dict[str, object]] = DONE, **more: object) -> None:
        file = data_folder / "runs" / "play.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        tests = str(Path(__file__).parent.parent)
        file.write_text(json.dumps({"plan": FITS, "last": last, "tests": tests, **more}))

    said()
    return said


@pytest.fixture
def run(data_folder: Path, play: Play) -> Run:
    """A run whose list waits for its review."""
    made = fake_run.make_run(data_folder / "runs")
    fake_run.prepare(made)
    return made


def test_a_run_that_is_not_there_is_named(data_folder: Path, capsys: Captured) -> None:
    assert main(["train", str(data_folder / "nothing")]) == 1
    assert "There is no run at" in capsys.readouterr().err


def test_a_failure_of_the_trainer_is_a_plain_sentence(run: Run, play: Play, capsys: Captured) -> None:
    play(("Failed", {"stage": "train", "message": "The disk is full.", "hint": "Free some space."}))
    assert main(["train", str(run.folder / "run.json"), "--start"]) == 1
    assert "The disk is full. Free some space." in capsys.readouterr().err


def test_approving_needs_a_list_and_writes_what_the_trainer_reads(run: Run, capsys: Captured) -> None:
    assert main(["train", str(run.folder), "--approve-above", "0.98"]) == 0
    assert {each.id for each in read_lines(run.folder / "review.jsonl", ReviewDecision)} == {"e0", "e1", "e20", "e21"}
    assert run.reviewed and "not compared" in capsys.readouterr().out
    empty = fake_run.make_run(run.folder.parent)
    assert main(["train", str(empty.folder), "--approve-above", "0.98"]) == 1
    assert "no list to approve" in capsys.readouterr().err and not empty.reviewed


def test_questions_are_listed_and_decided_by_id_or_from_a_file(run: Run, tmp_path: Path, capsys: Captured) -> None:
    assert main(["train", run.id, "--questions", "--json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(listed) == 25 and {"id", "state", "question", "answer", "quality", "source"} == set(listed[0])
    decisions = tmp_path / "review.jsonl"
    decisions.write_text('{"id": "e3", "decision": "approve"}\n{"id": "e4", "decision": "reject"}\n')
    assert main(["train", run.id, "--approve", "e0", "e1", "--reject", "e2", "--review", str(decisions)]) == 0
    assert {each.id: each.decision for each in read_lines(run.folder / "review.jsonl", ReviewDecision)} == {
        "e0": "approve", "e1": "approve", "e2": "reject", "e3": "approve", "e4": "reject",
    }  # fmt: skip
    assert "wait for your review" in capsys.readouterr().out and not run.reviewed
    assert main(["train", run.id, "--start"]) == 0
    assert run.reviewed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--approve", "e0", "nope"], "Not in the list of this run: “nope”"),
        (["--reject", "a", "b", "c", "d"], "“a”, “b”, “c” and 1 more"),
        (["--review", "away.jsonl"], "“away.jsonl” cannot be read"),
        (["--review", "bad.jsonl"], "Line 2 of “bad.jsonl” is no decision"),
        (["--review", "strange.jsonl"], "Not in the list of this run: “x9”"),
        (["--approve-above", "1"], "No question has a quality of 100%"),
    ],
)
def test_what_is_not_in_the_list_decides_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.jsonl").write_text('{"id": "e3", "decision": "approve"}\n{"id": "e3"}\n')
    (tmp_path / "strange.jsonl").write_text('{"id": "e3", "decision": "approve"}\n{"id": "x9", "decision": "reject"}\n')
    assert main(["train", run.id, *options, "--start"]) == 1
    assert said in capsys.readouterr().err
    review = run.folder / "review.jsonl"
    assert not run.reviewed and (not review.exists() or not review.read_text())


@pytest.mark.parametrize("typed", ["90", "-1", "nan", "many", "101%"])
def test_a_quality_that_is_none_trains_nothing(run: Run, capsys: Captured, typed: str) -> None:
    assert main(["train", run.id, f"--approve-above={typed}"]) == 1
    assert f"“{typed}” is no quality from 0 to 1" in capsys.readouterr().err and not run.reviewed


def test_a_quality_in_percent_is_understood(run: Run) -> None:
    assert main(["train", run.id, "--approve-above", "98%"]) == 0
    assert len(list(read_lines(run.folder / "review.jsonl", ReviewDecision))) == 4


def test_the_plan_says_how_long_it_takes_and_starts_nothing(run: Run, capsys: Captured) -> None:
    assert main(["train", run.id, "--plan"]) == 0
    assert json.loads(capsys.readouterr().out)["seconds"] == 725.0 and not run.reviewed


def test_what_does_not_fit_is_not_started(run: Run, play: Play, capsys: Captured) -> None:
    play(plan={**FITS, "fits": False, "reason": "There is too little memory.", "instead": "Close other programs."})
    assert main(["train", run.id, "--start"]) == 1
    assert "There is too little memory. Close other programs." in capsys.readouterr().err and not run.reviewed


def test_json_passes_the_events_on(data_folder: Path, play: Play, capsys: Captured) -> None:
    play(("Finished", {"waiting": "review"}))
    run = fake_run.make_run(data_folder / "runs")
    assert main(["train", str(run.folder), "--json"]) == 0
    said = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert said == ["RunStarted", "Finished"]


def test_the_result_is_installed_with_its_lineage(run: Run, capsys: Captured) -> None:
    fake_run.finish(run)
    assert main(["train", str(run.folder), "--install", "Mine"]) == 0
    out = capsys.readouterr().out
    assert "Better. Questions on what was taught" in out and '"installed": "Mine"' in out
    assert main(["models"]) == 0
    assert "Mine" in capsys.readouterr().out
    assert main(["train", run.id, "--rename", "Ours"]) == 0 and main(["train", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "Ours"
    assert main(["train", run.id, "--vote", "b0=left"]) == 0 and main(["train", run.id, "--keep-old"]) == 0
    assert run.load().kept_old and (run.folder / "compare" / "votes.jsonl").exists()
    assert main(["train", run.id, "--delete-data"]) == 0 and not (run.folder / "split").exists()
    assert main(["train", run.id, "--delete"]) == 0 and not run.folder.exists()
    assert main(["models"]) == 0
    assert "Ours" in capsys.readouterr().out


def test_a_run_begins_from_a_file_and_the_window_sees_it(
    data_folder: Path, tmp_path: Path, play: Play, capsys: Captured
) -> None:
    play(prepares=True)
    file = tmp_path / "pairs.csv"
    file.write_text("question,answer\nWho drives?,The pump team\n", encoding="utf-8")
    heard: list[object] = []
    with CoreDoor(Home(data_folder), "window") as window:
        window.on_broadcast = heard.append
        window.connect()
        assert main(["train", "--file", str(file), "--effort", "quick", "--name", "Drivers"]) == 0
        window.call(c.ListRuns())
    (begun,) = Runs(data_folder / "runs").list()
    assert str(begun.folder) in capsys.readouterr().err
    spec, wizard = begun.spec, begun.load()
    assert spec is not None and [Path(each.path).name for each in spec.data.inputs] == [file.name]
    assert wizard.base == "starter" and spec.base.name == "SmolLM2 135M" and wizard.files == (str(file),)
    assert (wizard.name, wizard.effort, wizard.step) == ("Drivers", "quick", "review")
    states = [each.state for each in heard if isinstance(each, c.RunMoved)]
    assert any(isinstance(each, c.RunsChanged) for each in heard) and states[-1] == "review"


@pytest.mark.parametrize(("options", "approved"), [(("--approve-above", "0.98"), True), (("--start",), False)])
def test_one_command_goes_from_a_file_to_the_trained_model(
    tmp_path: Path, play: Play, capsys: Captured, options: tuple[str, ...], approved: bool
) -> None:
    play(prepares=True)
    file = tmp_path / "pairs.csv"
    file.write_text("question,answer\n", encoding="utf-8")
    assert main(["train", "--file", str(file), *options]) == 0
    said = capsys.readouterr()
    assert ("4 approved." in said.err) is approved and "not compared" in said.out


def test_settings_are_tried_where_a_time_is_given_and_every_trial_is_listed(
    data_folder: Path, tmp_path: Path, play: Play, capsys: Captured
) -> None:
    play(prepares=True)
    file = tmp_path / "pairs.csv"
    file.write_text("question,answer\n", encoding="utf-8")
    begin = ["train", "--file", str(file), "--find-best"]
    assert main([*begin, "30"]) == 0
    run = Runs(data_folder / "runs").list()[0]
    assert run.load().find_best == 30 and run.spec is not None and run.spec.find_best == 30 and run.spec.tries
    for wrong in (["nan"], ["-1"], ["30", "--recipe", "search", "--collection", "x"]):
        assert main([*begin, *wrong]) != 0
    assert main(["train", run.id, "--trials"]) != 0 and "tried no settings" in capsys.readouterr().err
    one = SettingsTrial(number=1, rank=16, learning_rate=5e-4, epochs=1, losses={1: 0.4}, ended="kept")
    two = SettingsTrial(number=2, rank=16, learning_rate=1e-3, epochs=1, ended="unstable")
    tried = TrialsResult(given=1800, spent=60, watched=20, trials=(one, two), kept=1, reason="The lowest.")
    write_json(run.folder / "trials" / "result.json", tried)
    assert main(["train", run.id, "--trials"]) == 0
    said = capsys.readouterr().out
    assert "0.400  kept" in said and "no number" in said and "The lowest." in said and "60 s of 30 min" in said
    assert main(["train", run.id, "--find-best", "0"]) == 0
    assert run.spec is not None and run.spec.find_best is None


def test_domain_words_are_taken_back_for_a_run_that_is_there(data_folder: Path, tmp_path: Path, play: Play) -> None:
    play(prepares=True)
    file = tmp_path / "pairs.csv"
    file.write_text("question,answer\n", encoding="utf-8")
    assert main(["train", "--file", str(file), "--domain-words", "20"]) == 0
    (run,) = Runs(data_folder / "runs").list()
    assert run.load().words == 20
    assert main(["train", run.id, "--domain-words", "0"]) == 0
    assert run.load().words == 0 and run.spec is not None and not run.spec.grows


def test_a_run_whose_data_is_refused_is_not_left_behind(
    data_folder: Path, tmp_path: Path, play: Play, capsys: Captured
) -> None:
    assert main(["train", "--file", str(tmp_path)]) == 1
    assert "is a folder" in capsys.readouterr().err and Runs(data_folder / "runs").list() == []


def test_labels_are_named_or_taken_from_the_data(data_folder: Path, tmp_path: Path, play: Play) -> None:
    play(prepares=True)
    file = tmp_path / "mails.csv"
    file.write_text("text,label\n", encoding="utf-8")
    begin = ["train", "--recipe", "classify", "--file", str(file)]
    assert main([*begin, "--labels", "invoice, order,invoice"]) == 0
    named = Runs(data_folder / "runs").list()[0]
    assert named.load().labels == ("invoice", "order")
    spec = named.spec
    assert spec is not None and spec.data.labels == ("invoice", "order")
    assert main([*begin, "--approve-above", "0.5"]) == 0
    found = Runs(data_folder / "runs").list()[0].spec
    assert found is not None and found.data.labels == ()
    assert Runs(data_folder / "runs").list()[0].reviewed, "the trainer takes those of the approved lines"


def test_rated_answers_and_chats_are_learned_from(data_folder: Path, play: Play, capsys: Captured) -> None:
    play(prepares=True)
    data_folder.mkdir(exist_ok=True)
    home = Home(data_folder)
    store = ChatStore(home.chats_db, home.backups)
    chat = store.create("Warranty")
    question = store.add_question(chat.id, "How long?")
    answer = store.finish_answer(store.begin_answer(question.id).id, Answer(text="Ten years."))
    store.set_feedback(answer.id, "down", "Twelve months.")
    other = store.add_question(chat.id, "Sure?")
    store.finish_answer(store.begin_answer(other.id).id, Answer(text="Quite sure."))
    store.close()
    assert main(["train", "--recipe", "prefer", "--thumbs"]) == 0
    (rated,) = Runs(data_folder / "runs").list()
    assert "Twelve months." in (rated.folder / "inputs" / "feedback.jsonl").read_text()
    assert main(["train", "--chats", "--no-mask"]) == 0
    chats = Runs(data_folder / "runs").list()[0]
    assert "Quite sure." in (chats.folder / "inputs" / "chats.jsonl").read_text() and not chats.load().mask


def test_a_run_needs_something_to_learn_from(data_folder: Path, capsys: Captured) -> None:
    assert main(["train"]) == 1
    assert "nothing to learn from" in capsys.readouterr().err
    assert main(["train", "--base", "No such model", "--file", "x.csv"]) == 1
    assert not (data_folder / "runs").exists()


def test_a_training_goes_on_when_it_is_left_and_is_steered_from_another_command(
    run: Run, play: Play, data_folder: Path, capsys: Captured
) -> None:
    play(waits=True)
    with CoreDoor(Home(data_folder)) as door:
        kept = door.call(c.TrainRun(run_id=run.id))
        assert isinstance(kept, c.RunKept) and kept.run.state == "training"
    assert main(["train", run.id, "--pause"]) == 0
    assert read_json(run.folder / "control.json", Control).action == "pause"
    assert main(["train", run.id, "--resume"]) == 0, "nobody has heard the wish yet, and it is taken back"
    assert read_json(run.folder / "control.json", Control).action == "run"
    assert main(["train", run.id, "--delete"]) == 1
    assert "This run is training" in capsys.readouterr().err
    assert main(["train", run.id, "--skip-comparison"]) == 1
    assert main(["train", run.id, "--stop"]) == 0
    assert main(["train", run.id]) == 0
    assert "Done" in capsys.readouterr().out


def test_a_question_of_ones_own_is_kept_in_the_run_and_its_answers_are_told(
    run: Run, play: Play, tmp_path: Path, capsys: Captured
) -> None:
    answered = {"step": 8, "question": "Who pays?", "wanted": "", "before": "Nobody.", "now": "HR.", "own": True}
    play(("Sample", answered))
    assert main(["train", run.id, "--start", "--sample-question", "  Who\n pays? "]) == 1, "it just ends"
    said = capsys.readouterr().err
    assert read_json(run.folder / "sample.json", SampleQuestion).question == "Who pays?"
    assert "It is not taught, and not part of the exam." in said
    assert "Step 8: “Who pays?” → HR. (before training: Nobody.)" in said
    assert main(["train", run.id, "--questions", "--sample-question", "x" * 501]) == 1
    assert "too long" in capsys.readouterr().err
    taught = next(each for each in read_lines(run.folder / "split" / "examples.jsonl", Example) if each.held_out)
    assert main(["train", run.id, "--questions", "--sample-question", taught.question.upper()]) == 0
    assert "part of the exam as well" in capsys.readouterr().err
    assert main(["train", run.id, "--questions", "--sample-question", ""]) == 0
    assert run.sample == ""
    examples = tmp_path / "pairs.csv"
    examples.write_text("question,answer\nWho pays?,HR.\n")
    play(prepares=True)
    assert main(["train", "--file", str(examples), "--recipe", "search", "--sample-question", "Who pays?"]) == 1
    assert "writes no answers" in capsys.readouterr().err


def test_what_a_door_changes_travels_as_it_is() -> None:
    sent = Changes(labels=("a", "b"), mask=False)
    assert msgspec.json.decode(msgspec.json.encode(sent), type=Changes) == sent
