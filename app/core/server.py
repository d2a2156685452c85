"""The core as a process: one asyncio loop that lets doors in through a local socket, and ends when none is left."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from filelock import FileLock, Timeout

from app.chats.copies import backup_daily
from app.core import address
from app.core.clock import LoopClock
from app.core.core import Core
from app.core.doorway import MakeServer, no_server
from app.core.process import ChildProcess
from app.core.protocol import DoorFrame, DoorKind, DoorRequest, decode_request, encode
from app.crashes import note_crash, watch_for_crash
from app.errors import AppError
from app.files import secure
from app.log import start_log
from app.paths import Home, home
from app.spawn import child_command
from app.workers.failures import failure_of
from app.workers.message import Failure, WorkerRole

log = logging.getLogger(__name__)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]

Command = Callable[..., list[str]]

COPY_FIRST_S = 60.0
COPY_LOOK_S = 3600.0
"""Seconds after the start, and between two looks whether another day has begun."""
LINGER_S = 2.0
"""A core without a door waits so long for the next one: a script's commands come one after the other."""
FIRST_DOOR_S = 30.0
LEAVE_LIMIT_S = 120.0
"""How long a core may take to end: its children finish a step first."""
LINE_LIMIT = 64 << 20
"""Bytes of one request."""
UNREAD_LIMIT = 256 << 20
"""Bytes that a door may leave unread; one that reads nothing at all is let go."""


class SocketDoor:
    """A door at the other end of a socket."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.kind: DoorKind = "command"
        self.hears = False
        self._writer = writer

    def send(self, frame: DoorFrame) -> None:
        """Write without waiting: the loop belongs to everyone."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > UNREAD_LIMIT:
            log.info("A door does not read what it is told and is let go")
            transport.abort()
            return
        self._writer.write(encode(frame))


class Server:
    """Lets doors in, and knows when to end."""

    def __init__(self, core: Core, stop: asyncio.Event) -> None:
        self._core, self._stop = core, stop
        self._connected: set[SocketDoor] = set()
        self._leave_timer: asyncio.TimerHandle | None = None
        self.expect(FIRST_DOOR_S)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One door, from its first word to its last."""
        door = SocketDoor(writer)
        self._connected.add(door)
        try:
            async for line in reader:
                if self._stop.is_set():
                    break  # a door that came while the core leaves: it asks the next one
                self._take(door, line)
        except (OSError, ValueError) as error:  # ValueError: a line without end
            log.info("A door was lost: %s", error)
        finally:
            self._connected.discard(door)
            self._core.leave(door)
            writer.close()
            if not self._connected:
                self.expect(LINGER_S)

    def expect(self, seconds: float) -> None:
        """End unless a door comes, or something goes on, by then."""
        if self._leave_timer is not None:
            self._leave_timer.cancel()
        self._leave_timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        if self._connected or self._core.busy:
            self.expect(LINGER_S)
        else:
            self._stop.set()

    def _take(self, door: SocketDoor, line: bytes) -> None:
        try:
            message = decode_request(line)
        except msgspec.MsgspecError as error:
            log.warning("A request could not be read: %s", error)
            door.send(
                DoorFrame(_id_of(line), "error", error=Failure("A request could not be read.", detail=str(error)))
            )
            return
        if isinstance(message, DoorRequest):
            self._core.call(door, message.id, message.call)
            if self._core.updates.gives_way:
                self._stop.set()
        else:
            self._core.control(door, message.id, message.control)


class _Numbered(msgspec.Struct):
    id: int = 0


def _id_of(line: bytes) -> int:
    """Who asked what cannot be read, as far as that can be read."""
    with contextlib.suppress(msgspec.MsgspecError):
        return msgspec.json.decode(line, type=_Numbered).id
    return 0


async def run(place: Home, command: Command = child_command, load_api: Callable[[], MakeServer] = no_server) -> None:
    """Own the data folder until nobody needs it. Nothing here listens on the network but the API, once it is on."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.set_exception_handler(lambda _, said: _not_expected(place, said))
    with contextlib.suppress(NotImplementedError):  # Windows
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGINT, stop.set)
    children: list[ChildProcess] = []

    def fall_back(role: WorkerRole, begun: bool, ends: int, lines: str) -> bool:
        return core is not None and core.runtimes.fall_back(role, begun, ends, lines)

    def make_child(role: WorkerRole) -> ChildProcess:
        child = ChildProcess(role, place, command=command, fall_back=fall_back)
        children.append(child)
        return child

    core: Core | None = None
    serve: Serve
    try:
        core = Core(place, make_child, LoopClock(loop), load_api=load_api)
        serve = Server(core, stop).serve
        loop.call_later(COPY_FIRST_S, _copy_chats, place, core, loop)
    except AppError as error:
        serve = _refuse(error, stop)
    async with await _listen(place, serve):
        gc.freeze()
        await stop.wait()
    if core is not None:
        core.stop()
        off = asyncio.Event()
        core.api.when_off(off.set)
        await off.wait()
    await asyncio.gather(*(child.wait_gone() for child in children))


def _not_expected(place: Home, said: dict[str, Any]) -> None:
    """A task or callback failed in a way that nobody foresaw: the core goes on, and a report stays on the disk."""
    error = said.get("exception")
    log.error("Not expected: %s", said.get("message", ""), exc_info=error)
    if error is not None:
        note_crash(place, "core", error)


def _copy_chats(place: Home, core: Core, loop: asyncio.AbstractEventLoop) -> None:
    """Today's copy of the chats, and a look each hour whether another day has begun."""
    try:
        backup_daily(place, core.store)
    except AppError as error:
        log.warning("The chats could not be copied: %s", error)
    loop.call_later(COPY_LOOK_S, _copy_chats, place, core, loop)


async def _listen(place: Home, serve: Serve) -> asyncio.AbstractServer:
    path = address.socket_path(place)
    path.unlink(missing_ok=True)  # of a core that was killed: the lock is ours, so nobody listens there
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(serve, path, limit=LINE_LIMIT)
    finally:
        os.umask(before)


def _refuse(error: AppError, stop: asyncio.Event) -> Serve:
    """The data cannot be opened: every door is told why at its first word."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        writer.write(encode(DoorFrame(_id_of(line), "error", error=failure_of(error))))
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()
        asyncio.get_running_loop().call_later(LINGER_S, stop.set)

    return serve


def main(command: Command = child_command, load_api: Callable[[], MakeServer] = no_server) -> int:
    """`app --core`: own the data folder, unless another core does; `command` starts its children."""
    place = home()
    place.root.mkdir(parents=True, exist_ok=True)
    secure(place)
    lock = FileLock(place.root / "core.lock")
    if not _own(lock, place):
        return 0
    try:
        start_log(place, "core")
        watch_for_crash(place, "core")
        asyncio.run(run(place, command, load_api))
    finally:
        lock.release()
    return 0


def _own(lock: FileLock, place: Home) -> bool:
    """Whether the data folder is ours now. A core that is just leaving is waited for; one that lets doors in stays."""
    until = time.monotonic() + LEAVE_LIMIT_S
    while True:
        try:
            lock.acquire(timeout=0.05)
        except Timeout:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                answered = probe.connect_ex(str(address.socket_path(place))) == 0
            if answered or time.monotonic() > until:
                return False
        else:
            return True
