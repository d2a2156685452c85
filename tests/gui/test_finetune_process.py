"""The trainer's process outlives the window, is found again, and is offered to go on when it was killed."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fake_run
import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.finetune.runs import Run
from app.gui.finetune.trainer_process import Follower, Measured, Trainer
from app.paths import Home

TRAINER = """#!{python}
import json, os, pathlib, sys, time
command, path = sys.argv[3], pathlib.Path(sys.argv[4])
if command == "plan":
    print("noise")
    print(json.dumps(dict(fits=True, memory_bytes=5, memory_available=9, later="ignored")))
    sys.exit(0)
def say(**event):
    with (path.parent / "events.jsonl").open("a") as out:
        out.write(json.dumps(dict(event, at=time.time(), v=1)) + chr(10))
say(event="RunStarted", id=path.parent.name, stages=["train"], pid=os.getpid())
say(event="StageStarted", stage="train", index=1, total=1)
while True:
    time.sleep(0.05)
    if "stop" in (path.parent / "control.json").read_text():
        say(event="Finished", waiting="")
        break
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A reviewed run whose trainer is a few lines of Python that wait for *stop*."""
    if sys.platform == "win32":
        pytest.skip("needs a script that the system starts by itself")
    program = tmp_path / "trainer"
    program.write_text(TRAINER.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("INHOUSE_TRAINER", str(program))
    made = fake_run.make_run(tmp_path / "runs")
    made.mark_reviewed()
    yield made
    made.ask("stop")
    for process in psutil.process_iter(["cmdline"]):
        if any(made.id in part and str(tmp_path) in part for part in process.info["cmdline"] or ()):
            process.kill()


def in_time(what: Callable[[], bool], qtbot: QtBot) -> None:
    qtbot.waitUntil(what, timeout=15_000)


def test_a_run_goes_on_without_the_window_and_is_found_again(run: Run, tmp_path: Path, qtbot: QtBot) -> None:
    trainer, follower = Trainer(Home(tmp_path / "home")), Follower(run)
    assert follower.stand == "stopped"
    trainer.start(run)
    follower.launched()
    assert follower.stand == "training"
    in_time(lambda: follower.progress.pid > 0, qtbot)
    pid = follower.progress.pid
    follower.end()
    trainer.deleteLater()
    follower.deleteLater()
    qtbot.wait(50)
    assert run.alive(pid) and psutil.Process(pid).ppid() != os.getpid()
    again = Follower(run)
    assert again.stand == "training" and again.progress.pid == pid
    run.ask("stop")
    in_time(lambda: again.stand == "done", qtbot)
    again.end()


def test_a_killed_run_is_noticed_and_goes_on(run: Run, tmp_path: Path, qtbot: QtBot) -> None:
    trainer, follower = Trainer(Home(tmp_path / "home")), Follower(run)
    trainer.start(run)
    follower.launched()
    in_time(lambda: follower.progress.pid > 0, qtbot)
    first = follower.progress.pid
    psutil.Process(first).kill()
    in_time(lambda: follower.stand == "stopped", qtbot)
    trainer.start(run)
    follower.launched()
    assert follower.stand == "training"
    in_time(lambda: follower.progress.pid not in (0, first), qtbot)
    follower.kill()
    assert follower.stand == "stopped" and not run.alive(follower.progress.pid)
    follower.end()


def test_a_trainer_that_never_says_a_word_is_given_up(
    run: Run, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gui.finetune.trainer_process.START_LIMIT_S", 0.2)
    follower = Follower(run)
    follower.launched()
    started = time.monotonic()
    in_time(lambda: follower.stand == "stopped", qtbot)
    assert time.monotonic() - started < 5
    follower.end()


def test_a_trainer_that_cannot_be_started_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setenv("INHOUSE_TRAINER", str(tmp_path / "nothing"))
    trainer = Trainer(Home(tmp_path / "home"))
    with pytest.raises(AppError, match="could not be started"):
        trainer.start(run)
    found: list[Measured | None] = []
    trainer.plan(run, lambda measured, _: found.append(measured))
    in_time(lambda: found == [None], qtbot)


def test_the_plan_is_the_last_line_that_can_be_read(run: Run, tmp_path: Path, qtbot: QtBot) -> None:
    trainer = Trainer(Home(tmp_path / "home"))
    found: list[Measured | None] = []
    trainer.plan(run, lambda measured, _: found.append(measured))
    in_time(lambda: bool(found), qtbot)
    assert found[0] is not None and found[0].fits and found[0].memory_bytes == 5
    trainer.plan(run, lambda measured, _: found.append(measured))
    trainer.cancel_plan()
    qtbot.wait(200)
    assert len(found) == 1
