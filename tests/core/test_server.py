"""The core as a process: started by its first door, one a data folder, gone after the last, replaced when it dies."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.core import address, door
from app.core.calls.models import ListModels, Models
from app.core.door import CoreDoor
from app.core.protocol import Hello, KeepRunning, decode_frame, encode_call
from app.errors import AppError, WorkerGone
from app.paths import Home
from app.workers.calls.documents import ListCollections
from app.workers.message import Call

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the terminal's door is for Unix sockets")


@pytest.fixture
def place(data_folder: Path) -> Home:
    return Home(data_folder)


def wait_until(condition: Callable[[], object], limit_s: float = 60.0) -> None:
    """For an event, however slow the computer is."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def end_of(pid: int) -> None:
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_the_first_door_starts_it_and_the_last_ends_it(place: Home) -> None:
    with CoreDoor(place) as first, CoreDoor(place) as second:
        pid = first.connect().pid
        assert second.connect().pid == pid, "two doors, one core"
        models = first.call(ListModels())
        assert isinstance(models, Models) and models.models[0].name == "SmolLM2 135M"
    end_of(pid)
    assert not address.socket_path(place).exists() or _refuses(place)


def _refuses(place: Home) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(address.socket_path(place))) != 0


def test_nobody_else_may_use_the_socket(place: Home) -> None:
    with CoreDoor(place) as opened:
        opened.connect()
        assert stat.S_IMODE(address.socket_path(place).stat().st_mode) == 0o600


def test_a_killed_core_is_replaced_by_the_next_call(place: Home) -> None:
    with CoreDoor(place) as opened:
        pid = opened.connect().pid
        os.kill(pid, signal.SIGKILL)
        end_of(pid)
        with pytest.raises(WorkerGone):
            opened.call(ListModels())
        assert isinstance(opened.call(ListModels()), Models)
        assert opened.connect().pid != pid


def test_many_doors_at_once_start_one_core(place: Home) -> None:
    pids: list[int] = []
    begin = threading.Barrier(6)

    def open_one() -> None:
        with CoreDoor(place) as opened:
            begin.wait()
            pids.append(opened.connect().pid)
            begin.wait()

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 6 and len(set(pids)) == 1


def test_it_stays_where_it_is_told_to(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with CoreDoor(place) as opened:
        pid = opened.connect().pid
        opened.call(KeepRunning(on=True))
    time.sleep(3.0)  # longer than it lingers
    with CoreDoor(place) as again:
        assert again.connect().pid == pid
        again.call(KeepRunning(on=False))
    end_of(pid)


def test_a_long_data_folder_has_its_socket_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as runtime:  # tmp_path itself may be longer than a socket's path may be
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        place = Home(tmp_path / ("deep" * 30))
        path = address.socket_path(place)
        assert len(os.fsencode(path)) <= address.LONGEST_SOCKET_PATH and not path.is_relative_to(place.root)
        path.parent.chmod(0o755)
        with pytest.raises(AppError, match="not safe"):
            address.socket_path(place)


def test_a_long_runtime_folder_is_not_used_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket is not made where its path is too long, and every door waited a minute for a core that could not."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("deep" * 30)))
    path = address.socket_path(Home(tmp_path / ("deep" * 30)))
    assert len(os.fsencode(path)) <= address.LONGEST_SOCKET_PATH


def test_garbage_costs_only_the_one_who_says_it(place: Home) -> None:
    with CoreDoor(place) as good:
        good.connect()
        with socket.socket(socket.AF_UNIX) as bad:
            bad.connect(str(address.socket_path(place)))
            bad.sendall(b"\x00\xff nonsense\n" + b'{"id": 7, "call": {"type": "Nothing"}}\n')
            lines = bad.makefile("rb")
            assert [decode_frame(lines.readline()).id for _ in range(2)] == [0, 7]
        assert isinstance(good.call(ListModels()), Models)


def test_another_version_is_refused_in_words(place: Home) -> None:
    with CoreDoor(place) as opened:
        opened.connect()
        with pytest.raises(AppError, match="Another version"):
            opened.call(Hello(door="command", version=999))


def test_data_that_cannot_be_opened_is_said_to_every_door(place: Home) -> None:
    place.root.mkdir(parents=True)
    subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sqlite3; sqlite3.connect({str(place.chats_db)!r}).execute('PRAGMA user_version=99')",
        ],
        check=True,
    )
    with CoreDoor(place) as opened, pytest.raises(AppError, match="newer"):
        opened.connect()


def test_a_data_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    with CoreDoor(Home(tmp_path / "file" / "home")) as opened, pytest.raises(AppError):
        opened.connect()


def test_a_core_that_does_not_start_is_said_in_words(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "START_LIMIT_S", 0.5)
    monkeypatch.setattr(door, "QUIET_S", 0.5)
    monkeypatch.setattr(address, "child_command", lambda *_: [sys.executable, "-c", "raise SystemExit(1)"])
    with CoreDoor(place) as opened, pytest.raises(AppError, match="did not start"):
        opened.connect()


def test_a_core_that_starts_slowly_is_waited_for(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "START_LIMIT_S", 0.5)
    command = address.child_command("--core")
    code = "import os, sys, time; time.sleep(3); os.execv(sys.argv[1], sys.argv[1:])"
    monkeypatch.setattr(address, "child_command", lambda *_: [sys.executable, "-c", code, *command])
    with CoreDoor(place) as opened:
        opened.connect()


class Slow(Call, frozen=True):
    """No core knows this call."""


def test_a_call_that_no_core_knows_is_refused(place: Home) -> None:
    with CoreDoor(place) as opened, pytest.raises(AppError):
        opened.call(Slow())


def test_a_door_that_comes_while_it_leaves_is_not_let_in(place: Home) -> None:
    """Else what it asks starts a child of a core without a data folder, which keeps its lock for good."""
    with CoreDoor(place) as first:
        pid = first.connect().pid
        os.kill(pid, signal.SIGSTOP)
        with socket.socket(socket.AF_UNIX) as late:
            late.connect(str(address.socket_path(place)))
            late.sendall(encode_call(1, Hello(door="command")) + encode_call(2, ListCollections()))
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)
            late.settimeout(60)
            heard = b""
            with contextlib.suppress(ConnectionResetError):  # where the core ends before it has read what was said
                heard = late.recv(1 << 16)
            assert heard == b"", "it hears nothing, and asks the next core"
    end_of(pid)
