"""The window's connection to the core: requests with callbacks, events as a signal, and a core that comes back."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalSocket

from app.core import address
from app.core.protocol import DoorFrame, Hello, Welcome, decode_frame, encode, encode_call
from app.core.requests import ControlWord, Job, Requests
from app.errors import AppError, WorkerGone
from app.packages import own_version
from app.paths import Home
from app.workers.message import Call
from app.workers.protocol import Control

log = logging.getLogger(__name__)

LinkState = Literal["connecting", "connected", "lost"]
POLL_MS = 15
TRIES_A_CORE = 400
"""Looks for a core that was started before another is; each a few milliseconds after the last."""
GONE = WorkerGone("Inhouse's core stopped and starts again.", "Nothing that was stored is lost.")


class Link(Protocol):
    """What carries lines to a core and back: a socket, or in tests a call."""

    def open(self, opened: Callable[[], object], took: Callable[[bytes], object], lost: Callable[[], object]) -> None:
        """Connect; `took` gets each line, `lost` is called once where the connection ends."""
        ...

    def write(self, line: bytes) -> None: ...

    def close(self) -> None: ...


class CoreClient(QObject):
    """Asks the core, and hears of everything that happens in it. Requests before it is connected wait."""

    told = Signal(object)
    """Data that is told to every door."""
    welcomed = Signal(object)
    """Welcome: connected, for the first time or again; what was known may be old."""
    lost = Signal(object)
    """AppError: the core ended. It is started again by itself; requests under way were told."""
    refused = Signal(object)
    """AppError: the core cannot open this data folder."""

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: LinkState = "connecting"
        self._link = link
        self._requests = Requests(self._send_call, self._send_control)
        self._unsent: list[bytes] = []
        self._open = False
        self._left = False

    def connect_core(self) -> None:
        """Connect, and stay connected from now on."""
        self._left = False
        self._link.open(self._opened, self._take, self._lost)

    def leave(self) -> None:
        """The window closes: the core goes on with what must not end with it."""
        self._left = True
        self._requests.drop_all()
        self._link.close()

    def request(
        self,
        call: Call,
        *,
        done: Callable[[Any], object] = lambda _: None,
        event: Callable[[Any], object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Ask. Exactly one of `done`, `failed`, `cancelled` is called at the end, from the Qt loop."""
        return self._requests.request(call, done=done, event=event, failed=failed, cancelled=cancelled)

    @property
    def busy(self) -> bool:
        """Whether any request has not ended."""
        return bool(self._requests.waiting)

    def _send_call(self, key: int, call: Call) -> None:
        self._write(encode_call(key, call))

    def _send_control(self, key: int, word: ControlWord, insist: bool) -> None:
        self._write(encode(Control(key, word)))

    def _write(self, line: bytes) -> None:
        if self.state == "connected":
            self._link.write(line)
        else:
            self._unsent.append(line)

    def _opened(self) -> None:
        """Greet first, then say what waited."""
        waiting, self._unsent = self._unsent, []
        self.state = "connected"
        hello = Hello(door="window", events=True, program=own_version())
        self.request(hello, done=self._welcomed, failed=self._refused)
        for line in waiting:
            self._link.write(line)

    def _welcomed(self, welcome: Welcome) -> None:
        self.welcomed.emit(welcome)

    def _refused(self, error: AppError) -> None:
        if isinstance(error, WorkerGone):
            return  # it ended before it had greeted; the next one is on its way
        self._left = True
        self.refused.emit(error)

    def _take(self, line: bytes) -> None:
        try:
            frame: DoorFrame = decode_frame(line)
        except msgspec.MsgspecError:
            log.warning("The core said something unreadable, %d bytes", len(line))
            return
        if frame.id == 0:
            if frame.data is not None:
                self.told.emit(frame.data)
        else:
            self._requests.take(frame)

    def _lost(self) -> None:
        if self._left:
            return
        self.state = "lost"
        self._unsent.clear()
        self._requests.fail_all(GONE)
        self.lost.emit(GONE)
        self._link.open(self._opened, self._take, self._lost)


class SocketLink(QObject):
    """The real link: a local socket, tried until a core that was started here, or elsewhere, listens."""

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._socket: QLocalSocket | None = None
        self._buffer = bytearray()
        self._started: list[subprocess.Popen[bytes]] = []
        self._tries = 0
        self._timer = QTimer(self, singleShot=True, interval=POLL_MS)
        self._timer.timeout.connect(self._try)

    def open(self, opened: Callable[[], object], took: Callable[[bytes], object], lost: Callable[[], object]) -> None:
        """See Link."""
        self._opened, self._took, self._lost = opened, took, lost
        self._tries = 0
        self._try()

    def write(self, line: bytes) -> None:
        if self._socket is not None:
            self._socket.write(line)

    def close(self) -> None:
        self._timer.stop()
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.blockSignals(True)
            connection.flush()
            connection.disconnectFromServer()
            connection.deleteLater()

    def _try(self) -> None:
        self.close()
        self._buffer.clear()
        self._socket = connection = QLocalSocket(self)
        connection.connected.connect(lambda: self._opened())
        connection.readyRead.connect(self._read)
        connection.disconnected.connect(lambda: self._lost())
        connection.errorOccurred.connect(self._failed)
        connection.connectToServer(address.server_name(self._home))

    def _failed(self, error: QLocalSocket.LocalSocketError) -> None:
        """Nobody listens yet; a connection that ends is told by `disconnected`."""
        if error == QLocalSocket.LocalSocketError.PeerClosedError:
            return
        if self._tries % TRIES_A_CORE == 0:
            self._started.append(address.start_core(self._home))
        self._started = [process for process in self._started if process.poll() is None]
        self._tries += 1
        self._timer.start()

    def _read(self) -> None:
        connection = self._socket
        if connection is None:
            return
        self._buffer += connection.readAll().data()
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            self._took(bytes(line))
            if self._socket is not connection:
                return  # a callback left or reconnected
