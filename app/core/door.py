"""A door for commands: a plain synchronous client of the core, one request at a time."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, BinaryIO

import msgspec

from app.core import address
from app.core.protocol import DoorFrame, DoorKind, Hello, Welcome, decode_frame, encode, encode_call
from app.errors import AppError, Busy, WorkerGone
from app.files import hold
from app.packages import own_version
from app.paths import Home
from app.workers.failures import error_of
from app.workers.message import Call, Data
from app.workers.protocol import Control

START_LIMIT_S = 60.0
"""A core says its first word within some 200 ms; a cold disk or a virus scanner takes longer."""
SLOW_LIMIT_S = 600.0
"""While one is on its way it is waited for: slow is not stuck."""
QUIET_S = 8.0
"""Between its first process, which leaves it behind, and its hold on the data folder nothing shows that it starts."""
POLL_S = 0.01
LOOK_S = 1.0
START_AGAIN_S = 10.0
"""A core that was started and does not listen by then may have died; another one does no harm."""


def _gone() -> WorkerGone:
    return WorkerGone("Inhouse's core ended unexpectedly.", "Nothing that was stored is lost. Please try again.")


class CoreDoor:
    """Connects at the first call, starting the core where none runs. Use it as a context manager."""

    def __init__(self, home: Home, kind: DoorKind = "command") -> None:
        self._home, self._kind = home, kind
        self._stream: BinaryIO | None = None
        self._socket: socket.socket | None = None
        self._ids = 0
        self.on_broadcast: Callable[[Data], object] | None = None
        """Hears what is told to every door, where it is set before the first call."""
        self.welcome: Welcome | None = None

    def call(self, call: Call, on_event: Callable[[Any], object] | None = None) -> Any:
        """Ask and wait for the result; `on_event` sees the progress.

        KeyboardInterrupt cancels the request before it is raised again; what the request gave after that is lost.

        Raises:
            AppError: what the core says went wrong; WorkerGone when the core ended.
        """
        self.connect()
        key = self._write(call)
        try:
            return self._wait(key, on_event)
        except KeyboardInterrupt:
            self._cancel(key)
            raise

    def stoppable(self, call: Call, on_event: Callable[[Any], object] | None = None) -> Any:
        """As `call`, but KeyboardInterrupt asks to stop and waits for what that gives; a second one leaves.

        Raises:
            AppError: as `call`; KeyboardInterrupt where it was cancelled without a result.
        """
        self.connect()
        key = self._write(call)
        try:
            return self._wait(key, on_event)
        except KeyboardInterrupt:
            self._send(encode(Control(key, "cancel")))
            return self._wait(key, on_event)

    def listen(self, until: Callable[[Data], bool]) -> None:
        """Hear what is told to every door, until something of it is what was waited for.

        Raises:
            AppError: WorkerGone when the core ended.
        """
        self.connect()
        while True:
            frame = self._read()
            if frame.id == 0 and frame.data is not None and until(frame.data):
                return

    def connect(self) -> Welcome:
        """The connection, made where there is none.

        Raises:
            AppError: the core cannot open the data, or does not start.
        """
        if self._stream is not None and self.welcome is not None:
            return self.welcome
        until = time.monotonic() + START_LIMIT_S
        while True:
            self._socket = _connected(self._home)
            self._stream = self._socket.makefile("rb")
            try:
                hello = Hello(door=self._kind, events=self.on_broadcast is not None, program=own_version())
                welcome = self._wait(self._write(hello), None)
            except WorkerGone:  # it was just ending, or was killed while its last thread still held the socket
                if time.monotonic() > until:
                    raise
                time.sleep(POLL_S)
            else:
                assert isinstance(welcome, Welcome)
                self.welcome = welcome
                return welcome

    def close(self) -> None:
        """Leave; what the core does for others goes on."""
        stream, self._stream = self._stream, None
        connection, self._socket = self._socket, None
        self.welcome = None
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()
            if connection is not None:
                connection.close()

    def __enter__(self) -> CoreDoor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _write(self, call: Call) -> int:
        self._ids += 1
        self._send(encode_call(self._ids, call))
        return self._ids

    def _send(self, line: bytes) -> None:
        assert self._socket is not None
        try:
            self._socket.sendall(line)
        except OSError as error:
            self.close()
            raise _gone() from error

    def _wait(self, key: int, on_event: Callable[[Any], object] | None) -> Any:
        while True:
            frame = self._read()
            if frame.id == 0 and frame.data is not None and self.on_broadcast is not None:
                self.on_broadcast(frame.data)
            if frame.id != key:
                continue  # the end of a request that was cancelled
            if frame.error is not None:
                raise error_of(frame.error)
            if frame.kind == "cancelled":
                raise KeyboardInterrupt
            if frame.kind == "done":
                return frame.data
            if frame.data is not None and on_event is not None:
                on_event(frame.data)

    def _read(self) -> DoorFrame:
        assert self._stream is not None
        try:
            line = self._stream.readline()
        except OSError:
            line = b""
        if not line:
            self.close()
            raise _gone()
        try:
            return decode_frame(line)
        except msgspec.MsgspecError as error:
            raise WorkerGone("The core said something unreadable.", "Please try again.", str(error)) from error

    def _cancel(self, key: int) -> None:
        with contextlib.suppress(AppError, KeyboardInterrupt):
            self._send(encode(Control(key, "cancel")))
            self._wait(key, None)


def _connected(home: Home) -> socket.socket:
    """A connection to the core, which is started where none runs; one that is just leaving is waited for."""
    if sys.platform == "win32":
        raise AppError("The terminal cannot reach Inhouse's core on Windows yet.", "Use the window.")
    began = seen = looked = time.monotonic()
    started: list[subprocess.Popen[bytes]] = []
    again = 0.0
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(address.socket_path(home)))
        except OSError as error:
            connection.close()
            now = time.monotonic()
            if now > looked + LOOK_S:
                looked = now
                seen = now if _is_on_its_way(home, started) else seen
            if now - began > (START_LIMIT_S if now - seen > QUIET_S else SLOW_LIMIT_S):
                for process in started:
                    process.poll()
                raise AppError(
                    "Inhouse's core did not start.", f"The log in {home.logs} says why.", str(error)
                ) from error
        else:
            for process in started:
                process.wait()
            return connection
        if time.monotonic() > again and not any(process.poll() is None for process in started):
            again = time.monotonic() + START_AGAIN_S
            started.append(address.start_core(home))
        time.sleep(POLL_S)


def _is_on_its_way(home: Home, started: list[subprocess.Popen[bytes]]) -> bool:
    """Whether a core still starts: its first process lives, or it owns the data folder and does not listen yet."""
    if any(process.poll() is None for process in started):
        return True
    try:
        hold(home.root / "core.lock", Busy("It starts.")).release()
    except Busy:
        return True
    except AppError:
        return False
    return False
