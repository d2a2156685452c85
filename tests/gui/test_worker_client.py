"""The window's client with a real child: waiting, progress, death and back-off, cancel of a hanging step, refusal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.errors import AppError
from app.gui import worker_client
from app.gui.worker_client import Job, WorkerClient
from app.paths import Home
from app.workers.protocol import AddProgress, Collections, Search

ECHO = [sys.executable, str(Path(__file__).parent.parent / "workers" / "echo_child.py")]


class Ear:
    """Notes the callbacks of one request."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.end: list[object] = []

    def ask(self, client: WorkerClient, query: str) -> Job:
        return client.request(
            Search(query=query),
            done=self.end.append,
            event=self.events.append,
            failed=self.end.append,
            cancelled=lambda: self.end.append("cancelled"),
        )


@pytest.fixture
def make_client(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], WorkerClient]]:
    monkeypatch.setattr(worker_client, "child_command", lambda *_: ECHO)
    made: list[WorkerClient] = []

    def make() -> WorkerClient:
        made.append(WorkerClient("documents", Home(tmp_path)))
        return made[-1]

    yield make
    for client in made:
        client.stop()


def test_a_request_waits_for_the_child_and_is_answered_once(
    make_client: Callable[[], WorkerClient], qtbot: QtBot
) -> None:
    client, ear = make_client(), Ear()
    job = ear.ask(client, "count 3")
    assert client.state == "starting" and job.active
    qtbot.waitUntil(lambda: bool(ear.end), timeout=10_000)
    assert ear.events == [AddProgress(done=n, total=3) for n in range(3)]
    assert ear.end == [Collections(collections=())]
    assert client.state == "ready" and not job.active


def test_a_child_that_dies_tells_everyone_and_comes_back(make_client: Callable[[], WorkerClient], qtbot: QtBot) -> None:
    client, long, deadly = make_client(), Ear(), Ear()
    long.ask(client, "count 2000")
    qtbot.waitUntil(lambda: bool(long.events), timeout=10_000)
    with qtbot.waitSignal(client.failed, timeout=10_000) as caught:
        deadly.ask(client, "die")
    error = caught.args[0]
    assert isinstance(error, AppError) and "exit status 9" in error.detail
    assert long.end == [error] and deadly.end == [error]
    qtbot.waitUntil(lambda: client.state == "ready", timeout=10_000)
    again = Ear()
    again.ask(client, "count 1")
    qtbot.waitUntil(lambda: bool(again.end), timeout=10_000)
    assert again.end == [Collections(collections=())]


def test_cancel_is_immediate_between_steps(make_client: Callable[[], WorkerClient], qtbot: QtBot) -> None:
    client, ear = make_client(), Ear()
    job = ear.ask(client, "count 2000")
    qtbot.waitUntil(lambda: bool(ear.events), timeout=10_000)
    job.cancel()
    qtbot.waitUntil(lambda: bool(ear.end), timeout=2_000)
    assert ear.end == ["cancelled"]


def test_cancel_of_a_hanging_step_ends_the_child_and_starts_another(
    make_client: Callable[[], WorkerClient],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    expected_warnings: list[str],
) -> None:
    monkeypatch.setitem(worker_client.CANCEL_GRACE_MS, "documents", 300)
    expected_warnings.append("did not answer in time")
    client, ear = make_client(), Ear()
    client.start()
    qtbot.waitUntil(lambda: client.state == "ready", timeout=10_000)
    job = ear.ask(client, "hang")
    job.cancel()
    qtbot.waitUntil(lambda: bool(ear.end), timeout=5_000)
    assert ear.end == ["cancelled"]
    qtbot.waitUntil(lambda: client.state == "ready", timeout=10_000)


def test_a_child_that_keeps_dying_is_left_to_the_user(
    make_client: Callable[[], WorkerClient], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_client, "RESTART_DELAYS_MS", (10, 20))
    monkeypatch.setattr(worker_client, "child_command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    client = make_client()
    failures: list[object] = []
    client.failed.connect(failures.append)
    client.start()
    qtbot.waitUntil(lambda: len(failures) == 3, timeout=10_000)
    qtbot.wait(300)
    assert len(failures) == 3 and client.state == "failed"


def test_a_refusal_is_told_and_not_repeated(
    make_client: Callable[[], WorkerClient], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECHO_REFUSE", "1")
    client, ear = make_client(), Ear()
    failures: list[object] = []
    client.failed.connect(failures.append)
    ear.ask(client, "count 1")
    qtbot.waitUntil(lambda: bool(ear.end), timeout=10_000)
    assert "does not start" in str(ear.end[0])
    qtbot.wait(400)
    assert len(failures) == 1


def test_retiring_a_hanging_child_does_not_hold_the_window(
    make_client: Callable[[], WorkerClient], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_client, "EXIT_GRACE_MS", 300)
    client, ear = make_client(), Ear()
    ear.ask(client, "hang")
    qtbot.waitUntil(lambda: client.state == "ready", timeout=10_000)
    before = time.monotonic()
    client.restart()
    ear.ask(client, "count 2")
    assert time.monotonic() - before < 0.05 and not client.gone
    qtbot.waitUntil(lambda: bool(ear.end), timeout=10_000)
    assert ear.end == [Collections(collections=())]
    client.retire()
    qtbot.waitUntil(lambda: client.gone, timeout=5_000)
    assert client.state == "stopped"
