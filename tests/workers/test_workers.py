"""The protocol with a real child: progress, cancel, garbage, death, silence, the end of input, no network."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import worker_client as client_module
from worker_client import Client

from app.errors import AppError, BadFile, WorkerGone
from app.paths import Home
from app.workers.calls.documents import AddProgress, Collections, Search
from app.workers.message import Data
from app.workers.protocol import Alive, Control, Frame, Request, decode_frame, decode_request, encode

ECHO = [sys.executable, str(Path(__file__).with_name("echo_child.py"))]


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(client_module, "child_command", lambda *_: ECHO)
    with Client("documents", Home(tmp_path)) as client:
        yield client


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(ECHO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def say(process: subprocess.Popen[bytes], *messages: Request | Control | bytes) -> None:
    assert process.stdin is not None
    for message in messages:
        process.stdin.write(message if isinstance(message, bytes) else encode(message))
    process.stdin.flush()


def hear(process: subprocess.Popen[bytes]) -> Frame:
    """The next frame that is not a sign of life."""
    assert process.stdout is not None
    while isinstance((frame := decode_frame(process.stdout.readline())).data, Alive):
        pass
    return frame


def hear_last(process: subprocess.Popen[bytes], key: int) -> Frame:
    while (frame := hear(process)).id != key or frame.kind == "event":
        pass
    return frame


def test_frames_survive_the_wire() -> None:
    request = Request(7, Search(query='"call": {"control":"cancel"} \n é 日', collections=(1,)))
    assert decode_request(encode(request)) == request
    assert decode_request(encode(Control(7, "pause"))) == Control(7, "pause")
    assert encode(request).count(b"\n") == 1


def test_progress_then_result(echo: Client) -> None:
    seen: list[Data] = []
    assert echo.call(Search(query="count 3"), seen.append) == Collections(collections=())
    assert seen == [AddProgress(done=n, total=3) for n in range(3)]


def test_errors_keep_their_kind(echo: Client) -> None:
    with pytest.raises(BadFile) as caught:
        echo.call(Search(query="bad"))
    assert (caught.value.code, caught.value.hint) == ("damaged", "Use another copy.")
    with pytest.raises(AppError) as broken:
        echo.call(Search(query="break"))
    assert "broken inside" in broken.value.detail
    assert echo.call(Search(query="count")) == Collections(collections=())


def test_a_stray_print_does_not_reach_the_protocol(echo: Client) -> None:
    assert echo.call(Search(query="print 1")) == Collections(collections=())


def test_a_child_that_dies_is_reported_and_replaced(echo: Client) -> None:
    with pytest.raises(WorkerGone) as caught:
        echo.call(Search(query="die"))
    assert "exit status 9" in caught.value.detail
    assert echo.call(Search(query="count 1")) == Collections(collections=())


def test_a_child_that_refuses_to_start_says_why(echo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHO_REFUSE", "1")
    with pytest.raises(AppError, match="does not start"):
        echo.call(Search(query="count 1"))


def test_the_network_is_refused_in_the_child(echo: Client) -> None:
    with pytest.raises(AppError) as caught:
        echo.call(Search(query="network"))
    assert "works without the network" in caught.value.detail


def test_requests_take_turns(child: subprocess.Popen[bytes]) -> None:
    say(child, Request(1, Search(query="count 200")), Request(2, Search(query="count 2")))
    assert hear_last(child, 2).kind == "done"
    say(child, Control(1, "cancel"))
    assert hear_last(child, 1).kind == "cancelled"


def test_pause_holds_and_resume_goes_on(child: subprocess.Popen[bytes]) -> None:
    say(child, Request(1, Search(query="count 30")), Control(1, "pause"), Request(2, Search(query="count 40")))
    steps = []
    while (frame := hear(child)).kind != "done":
        steps.append(frame.id)
    assert frame.id == 2 and steps.count(1) <= 1
    say(child, Control(1, "resume"))
    assert hear_last(child, 1).kind == "done"


def test_garbage_is_answered_and_survived(child: subprocess.Popen[bytes]) -> None:
    say(child, b"\x00\xff not json\n", b'{"id": 1, "call": {"type": "Nothing"}}\n', b"{}\n")
    errors = [hear(child) for _ in range(4)][1:]
    assert [frame.kind for frame in errors] == ["error"] * 3
    say(child, Request(5, Search(query="count 1")))
    assert hear_last(child, 5).kind == "done"


def test_the_end_of_input_ends_the_child(child: subprocess.Popen[bytes]) -> None:
    hear(child)
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(5) == 0


def test_the_end_of_input_ends_a_child_deep_in_a_step(child: subprocess.Popen[bytes]) -> None:
    say(child, Request(1, Search(query="hang")))
    hear(child)
    assert child.stdin is not None
    child.stdin.close()
    started = time.monotonic()
    child.wait(10)
    assert time.monotonic() - started < 8
