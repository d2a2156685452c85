"""The trainer's process outlives the core, is found again, and is offered to go on when it was killed."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import fake_run
import psutil
import pytest
from core_world import TestDoor
from fakes import FakeChild

from app.core.calls import training as c
from app.core.clock import LoopClock
from app.core.core import Core
from app.finetune import machine
from app.finetune.review import DEFAULT_QUALITY
from app.finetune.runs import Run
from app.paths import Home
from app.workers.message import WorkerRole

TRAINER = """#!{python}
import json, os, pathlib, sys, time
command, path = sys.argv[3], pathlib.Path(sys.argv[4])
if command == "plan":
    if "slow" in os.environ.get("PLAN", ""):
        time.sleep(600)
    print("noise")
    print(json.dumps(dict(fits=True, memory_bytes=5, memory_available=9, seconds=float(sys.argv[6]), later="ignored")))
    sys.exit(0)
def say(**event):
    with (path.parent / "events.jsonl").open("a") as out:
        out.write(json.dumps(dict(event, at=time.time(), v=1)) + chr(10))
if os.environ.get("PLAN") == "mute":
    time.sleep(600)
say(event="RunStarted", id=path.parent.name, stages=["train"], pid=os.getpid())
say(event="StageStarted", stage="train", index=1, total=1)
while True:
    time.sleep(0.05)
    if "stop" in (path.parent / "control.json").read_text():
        say(event="Finished", waiting="")
        break
"""


@pytest.fixture
def run(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run that was reviewed once, whose trainer is a few lines of Python that wait for *stop*."""
    if sys.platform == "win32":
        pytest.skip("needs a script that the system starts by itself")
    program = tmp_path / "trainer"
    program.write_text(TRAINER.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("INHOUSE_TRAINER", str(program))
    made = fake_run.make_run(data_folder / "runs", step="train")
    made.mark_reviewed()
    yield made
    for process in psutil.process_iter(["cmdline"]):
        if any(made.id in part and str(tmp_path) in part for part in process.info["cmdline"] or ()):
            process.kill()
            process.wait(10)


class Doors:
    """A core over the real clock and the real trainer's process, and a door of it."""

    def __init__(self, home: Home) -> None:
        def child(role: WorkerRole) -> FakeChild:
            return FakeChild()

        self.core = Core(home, child, LoopClock(asyncio.get_running_loop()))
        self.door = TestDoor(self.core)

    async def result(self, call: object) -> object:
        """Ask and wait."""
        key = self.door.call(call)  # type: ignore[arg-type]
        await until(lambda: self.door.end(key) is not None)
        return self.door.result(key)

    async def state(self, run: Run) -> str:
        listed = await self.result(c.ListRuns())
        assert isinstance(listed, c.Runs)
        return next(each.state for each in listed.runs if each.id == run.id)

    def heard(self, *states: str) -> bool:
        """Whether the run was told to be in one of these states last."""
        moved = [each for each in self.door.events() if isinstance(each, c.RunMoved)]
        return bool(moved) and moved[-1].state in states


async def until(what: Callable[[], object], seconds: float = 60.0) -> None:
    """For an event, however slow the computer is."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.01)


def play(story: Callable[[Doors], Awaitable[None]], run: Run) -> None:
    """Let it happen in a core of its own, which ends then."""

    async def told() -> None:
        doors = Doors(Home(run.folder.parent.parent))
        try:
            await story(doors)
        finally:
            doors.core.stop()

    asyncio.run(told())


def pid_of(run: Run) -> int:
    progress = machine.RunMachine(started=True, reviewed=True)
    progress.take(run.events()[0])
    return progress.progress.pid


def test_a_run_goes_on_without_the_core_and_is_found_again(run: Run) -> None:
    async def begin(doors: Doors) -> None:
        assert await doors.state(run) == "stopped"
        kept = await doors.result(c.ResumeRun(run_id=run.id))
        assert isinstance(kept, c.RunKept) and kept.run.state == "training"
        await until(lambda: pid_of(run))

    async def go_on(doors: Doors) -> None:
        assert await doors.state(run) == "training"
        await doors.result(c.SteerRun(run_id=run.id, action="stop"))
        await until(lambda: doors.heard("done"))

    play(begin, run)
    assert run.alive(pid_of(run))
    assert os.getsid(pid_of(run)) != os.getsid(0), "what ends our session does not end it"
    play(go_on, run)
    assert not run.alive(pid_of(run))


def test_a_killed_run_is_noticed_and_goes_on(run: Run) -> None:
    async def story(doors: Doors) -> None:
        await doors.result(c.ResumeRun(run_id=run.id))
        await until(lambda: pid_of(run))
        first = pid_of(run)
        psutil.Process(first).kill()
        await until(lambda: doors.heard("stopped"))
        await doors.result(c.ResumeRun(run_id=run.id))
        await until(lambda: pid_of(run) != first)
        await until(lambda: doors.heard("training"))

    play(story, run)


def test_a_trainer_that_never_says_a_word_is_given_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAN", "mute")
    monkeypatch.setattr(machine, "START_LIMIT_S", 0.2)

    async def story(doors: Doors) -> None:
        await doors.result(c.ResumeRun(run_id=run.id))
        await until(lambda: doors.heard("stopped"))

    play(story, run)


def test_a_trainer_that_cannot_be_started_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INHOUSE_TRAINER", str(tmp_path / "nothing"))

    async def story(doors: Doors) -> None:
        key = doors.door.call(c.ResumeRun(run_id=run.id))
        await until(lambda: doors.door.end(key))
        end = doors.door.end(key)
        assert end is not None and end.error is not None and "could not be started" in end.error.message
        fake_run.prepare(run)
        key = doors.door.call(c.MeasureRun(run_id=run.id))
        await until(lambda: doors.door.end(key))
        end = doors.door.end(key)
        assert end is not None and end.error is not None and "could not be measured" in end.error.message

    play(story, run)


def test_the_plan_is_the_last_line_that_can_be_read_and_ends_when_nobody_waits(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_run.prepare(run)

    async def story(doors: Doors) -> None:
        found = await doors.result(c.MeasureRun(run_id=run.id))
        assert isinstance(found, c.TrainingMeasured) and found.measured.memory_bytes == 5
        assert found.measured.seconds == DEFAULT_QUALITY, "it was told to count what Continue approves"
        await doors.result(c.DecideExamples(run_id=run.id, ids=("e0",), decision="approve"))
        monkeypatch.setenv("PLAN", "slow")
        key = doors.door.call(c.MeasureRun(run_id=run.id))
        await until(lambda: _plans(run))
        (plan,) = _plans(run)
        doors.door.control(key, "cancel")
        await until(lambda: doors.door.end(key))
        end = doors.door.end(key)
        assert end is not None and end.kind == "cancelled"
        await until(lambda: not plan.is_running())

    play(story, run)


def _plans(run: Run) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "plan" in (words := process.info["cmdline"] or ()) and any(run.id in word for word in words)
    ]
