"""`inhouse train` over made-up runs: what it refuses, what it approves, and what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import fake_run
import pytest

from app.cli.main import main
from app.finetune import runs
from app.finetune.runs import Run
from trainer.spec import ReviewDecision, read_lines

SAYS = """
import pathlib, sys
from trainer.events import EventLog, Failed, Finished, RunStarted
folder = pathlib.Path(sys.argv[-1])
say = EventLog(None)
say(RunStarted(id=folder.name, stages=("train",), pid=1))
say({0})
"""


@pytest.fixture
def run(data_folder: Path) -> Run:
    made = fake_run.make_run(data_folder / "runs")
    fake_run.prepare(made)
    return made


def play(monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    """The trainer is a few lines of Python that say one last word."""
    monkeypatch.setattr("app.cli.train.trainer_command", lambda *args: [sys.executable, "-c", SAYS.format(last), *args])


def test_a_run_that_is_not_there_is_named(data_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(data_folder / "nothing")]) == 1
    assert "There is no run at" in capsys.readouterr().err


def test_a_failure_of_the_trainer_is_a_plain_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, 'Failed(stage="train", message="The disk is full.", hint="Free some space.")')
    assert main(["train", str(run.folder / "run.json")]) == 1
    assert "The disk is full. Free some space." in capsys.readouterr().err


def test_approving_needs_a_list_and_writes_what_the_trainer_reads(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, "Finished()")
    assert main(["train", str(run.folder), "--approve-above", "0.9"]) == 0
    assert {each.id for each in read_lines(run.folder / "review.jsonl", ReviewDecision)} == {"e0", "e1", "e20", "e21"}
    assert run.reviewed and "not compared" in capsys.readouterr().out
    empty = fake_run.make_run(run.folder.parent)
    assert main(["train", str(empty.folder), "--approve-above", "0.9"]) == 1
    assert "no list to approve" in capsys.readouterr().err and not empty.reviewed


def test_json_passes_the_events_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, 'Finished(waiting="review")')
    assert main(["train", str(run.folder), "--json"]) == 0
    assert [line.split('"')[3] for line in capfd.readouterr().out.splitlines()] == ["RunStarted", "Finished"]


def test_the_result_is_installed_with_its_lineage(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_run.finish(run)
    play(monkeypatch, "Finished()")
    assert main(["train", str(run.folder), "--install", "Mine"]) == 0
    assert "Better. Questions on what was taught" in capsys.readouterr().out
    assert main(["models"]) == 0
    assert "Mine" in capsys.readouterr().out


def test_missing_libraries_are_named_before_anything_starts(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "NEEDED", ("torch", "no_such_library"))
    assert main(["train", str(run.folder)]) == 1
    assert "no_such_library" in capsys.readouterr().err


def test_a_run_begins_from_a_file_and_the_wizard_finds_it(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, 'Finished(waiting="review")')
    file = tmp_path / "pairs.csv"
    file.write_text("question,answer\nWho drives?,The pump team\n", encoding="utf-8")
    assert main(["train", "--file", str(file), "--effort", "quick"]) == 0
    (begun,) = runs.Runs(data_folder / "runs").list()
    assert str(begun.folder) in capsys.readouterr().err
    spec, wizard = begun.spec, begun.load()
    assert spec is not None and [each.path for each in spec.data.inputs] == [str(file)]
    assert wizard.base and spec.base.name == wizard.base and wizard.files == (str(file),)


def test_a_run_needs_something_to_learn_from(data_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train"]) == 1
    assert "nothing to learn from" in capsys.readouterr().err
    assert main(["train", "--base", "No such model", "--file", "x.csv"]) == 1
    assert not (data_folder / "runs").exists()
