"""A real child under the core's loop: waiting, progress, death and back-off, cancel of a hanging step, refusal."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.core import process
from app.core.process import ChildProcess
from app.core.requests import Job
from app.errors import AppError
from app.paths import Home
from app.workers.calls.documents import AddProgress, Collections, Search

ECHO = [sys.executable, str(Path(__file__).parent.parent / "workers" / "echo_child.py")]
DIES = [sys.executable, "-c", "raise SystemExit(3)"]


def run(test: Callable[[], Awaitable[None]]) -> None:
    """A test of a loop, with a loop."""
    asyncio.run(asyncio.wait_for(test(), 60))


async def until(condition: Callable[[], object]) -> None:
    """Wait for an event, however slow the computer is."""
    while not condition():
        await asyncio.sleep(0.005)


@asynccontextmanager
async def living(home: Path, command: list[str] = ECHO) -> AsyncIterator[ChildProcess]:
    child = ChildProcess("documents", Home(home), command=lambda *_: command)
    yield child
    child.stop()
    await child.wait_gone()
    assert child.gone


class Ear:
    """Notes the callbacks of one request."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.end: list[object] = []

    def ask(self, child: ChildProcess, query: str) -> Job:
        return child.request(
            Search(query=query),
            done=self.end.append,
            event=self.events.append,
            failed=self.end.append,
            cancelled=lambda: self.end.append("cancelled"),
        )


def test_a_request_waits_for_the_child_and_is_answered_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as child:
            ear = Ear()
            job = ear.ask(child, "count 3")
            assert child.state == "starting" and job.active
            await until(lambda: ear.end)
            assert ear.events == [AddProgress(done=n, total=3) for n in range(3)]
            assert ear.end == [Collections(collections=())]
            assert child.state == "ready" and not job.active

    run(test)


def test_a_child_that_dies_tells_everyone_and_comes_back(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as child:
            long, deadly, again = Ear(), Ear(), Ear()
            failures: list[AppError] = []
            child.failed.connect(failures.append)
            long.ask(child, "count 2000")
            await until(lambda: long.events)
            deadly.ask(child, "die")
            await until(lambda: failures)
            assert "exit status 9" in failures[0].detail
            assert long.end == failures and deadly.end == failures
            await until(lambda: child.state == "ready")
            again.ask(child, "count 1")
            await until(lambda: again.end)
            assert again.end == [Collections(collections=())]

    run(test)


def test_cancel_is_heard_between_steps(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as child:
            ear = Ear()
            job = ear.ask(child, "count 2000")
            await until(lambda: ear.events)
            job.cancel()
            await until(lambda: ear.end)
            assert ear.end == ["cancelled"] and len(ear.events) < 2000

    run(test)


def test_cancel_of_a_hanging_step_ends_the_child_and_starts_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]
) -> None:
    monkeypatch.setitem(process.CANCEL_LIMIT_S, "documents", 0.3)
    expected_warnings.append("did not stop")

    async def test() -> None:
        async with living(tmp_path) as child:
            ear = Ear()
            child.start()
            await until(lambda: child.state == "ready")
            ear.ask(child, "hang").cancel()
            await until(lambda: ear.end)
            assert ear.end == ["cancelled"]
            await until(lambda: child.state == "ready")

    run(test)


def test_a_child_without_a_sign_of_life_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]
) -> None:
    monkeypatch.setattr(process, "SILENT_LIMIT_S", 0.5)
    expected_warnings.append("no sign of life")
    silent = [sys.executable, "-c", "import time; time.sleep(60)"]

    async def test() -> None:
        async with living(tmp_path, silent) as child:
            ear = Ear()
            ear.ask(child, "count 1")
            await until(lambda: ear.end)
            assert isinstance(ear.end[0], AppError)

    run(test)


def test_a_child_that_keeps_dying_is_left_to_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "RESTART_DELAYS_S", (0.01, 0.02))

    async def test() -> None:
        async with living(tmp_path, DIES) as child:
            failures: list[AppError] = []
            child.failed.connect(failures.append)
            child.start()
            await until(lambda: len(failures) == 3)
            await asyncio.sleep(0.3)
            assert len(failures) == 3 and child.state == "failed"

    run(test)


def test_a_refusal_is_told_and_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHO_REFUSE", "1")

    async def test() -> None:
        async with living(tmp_path) as child:
            ear, failures = Ear(), []
            child.failed.connect(failures.append)
            ear.ask(child, "count 1")
            await until(lambda: ear.end)
            assert "does not start" in str(ear.end[0])
            await asyncio.sleep(0.4)
            assert len(failures) == 1

    run(test)


def test_retiring_a_hanging_child_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "EXIT_GRACE_S", 0.3)

    async def test() -> None:
        async with living(tmp_path) as child:
            hangs, ear = Ear(), Ear()
            hangs.ask(child, "hang")
            await until(lambda: child.state == "ready")
            before = time.monotonic()
            child.restart()
            ear.ask(child, "count 2")
            assert time.monotonic() - before < 0.05 and not child.gone
            await until(lambda: ear.end)
            assert ear.end == [Collections(collections=())] and hangs.end == []

    run(test)


def test_a_child_that_is_retired_before_it_has_begun_is_gone_soon(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as child:
            child.start()
            child.retire()
            await child.wait_gone()
            assert child.gone and child.state == "stopped"

    run(test)
