"""The child's side of a worker: reads requests, steps their generators in turn, writes frames and signs of life."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from app.crashes import note_crash, watch_for_crash
from app.errors import AppError
from app.files import OTHERS
from app.paths import Home, home
from app.workers.failures import failure_of
from app.workers.message import Failure, WorkerRole
from app.workers.offline import forbid_network
from app.workers.protocol import Alive, Control, Frame, Ready, Request, decode_request, encode
from app.workers.roles import Interruptible, RoleHandler, Steps

log = logging.getLogger(__name__)

BEAT_S = 2.0
"""Between two signs of life."""
EXIT_GRACE_S = 3.0
"""After the parent is gone, how long a step under way may take before the process ends regardless."""

Message = Request | Control | Failure
"""What a line says; a Failure where it cannot be read."""


class Replies:
    """The way to the parent, shared by the main loop and the signs of life."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.open = True

    def send(self, frame: Frame) -> None:
        """Write a frame; nothing happens where nobody reads any more."""
        line = encode(frame)
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except OSError:
                self.open = False


class Inbox:
    """Lines of the parent, read in a thread of their own so that a cancel is seen while a step is under way."""

    def __init__(self, requests: BinaryIO) -> None:
        self._requests = requests
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self.urgent: Callable[[], None] = lambda: None
        """Called from the reading thread when something came that a step should not keep waiting."""

    def start(self) -> None:
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def take(self, *, wait: bool) -> Message | None:
        """The next message, None at the end of the input.

        Raises:
            queue.Empty: there is none now.
        """
        return self._messages.get(block=wait)

    def _read(self) -> None:
        """An end of input ends the process even from within a long step."""
        for line in self._requests:
            if not line.strip():
                continue
            message = _decode(line)
            self._messages.put(message)
            if _is_urgent(message):
                self.urgent()
        self._messages.put(None)
        self.urgent()
        threading.Event().wait(EXIT_GRACE_S)
        os._exit(0)


def _decode(line: bytes) -> Message:
    try:
        return decode_request(line)
    except msgspec.MsgspecError as error:
        return Failure("A request could not be read.", detail=str(error))


def _is_urgent(message: Message) -> bool:
    """A cancel, and what a person waits for."""
    if isinstance(message, Request):
        return getattr(message.call, "priority", 0) > 0
    return isinstance(message, Control) and message.control == "cancel"


class Heart:
    """Tells the parent every two seconds that this process lives, and how long its step under way has lasted."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies
        self._steps = 0
        self._began = 0.0

    def start(self) -> None:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def step_begins(self) -> None:
        self._began = time.monotonic()

    def step_ends(self) -> None:
        self._began = 0.0
        self._steps += 1

    def _beat(self) -> None:
        while self._replies.open:
            began = self._began
            lasted = time.monotonic() - began if began else 0.0
            self._replies.send(Frame(0, "event", Alive(steps=self._steps, step_s=round(lasted, 3))))
            time.sleep(BEAT_S)


class Host:
    """Steps live requests in turn, so that a search gets its turn between two index batches."""

    def __init__(self, role: RoleHandler, inbox: Inbox, replies: Replies, heart: Heart) -> None:
        self._role, self._inbox, self._replies, self._heart = role, inbox, replies, heart
        self._live: dict[int, Steps] = {}
        self._turns: deque[int] = deque()
        """Whose step is next; those that came and have not been stepped are before all others, in their order."""
        self._fresh: deque[int] = deque()
        self._paused: set[int] = set()
        self._background: Iterator[None] | None = None
        self._open = True

    def run(self, name: WorkerRole) -> None:
        """Serve until the input ends."""
        if isinstance(self._role, Interruptible):
            self._inbox.urgent = self._role.interrupt
        self._replies.send(Frame(0, "event", Ready(role=name)))
        self._background = self._role.background()
        while self._open and self._replies.open:
            self._take_messages()
            self._step()
        for steps in self._live.values():
            steps.close()
        self._role.close()

    def _take_messages(self) -> None:
        """Look at what has come; wait for more only when there is nothing to step."""
        if isinstance(self._role, Interruptible):
            self._role.resume()  # before looking, so that what comes from here on interrupts again
        while self._open:
            try:
                message = self._inbox.take(wait=not self._has_work())
            except queue.Empty:
                return
            if message is None:
                self._open = False
            else:
                self._take(message)

    def _has_work(self) -> bool:
        return self._background is not None or any(key not in self._paused for key in self._live)

    def _take(self, message: Message) -> None:
        if isinstance(message, Failure):
            log.error("A request could not be read: %s", message.detail)
            self._replies.send(Frame(0, "error", error=message))
        elif isinstance(message, Control):
            self._control(message)
        else:
            self._live[message.id] = self._start(message)
            self._fresh.append(message.id)

    def _start(self, request: Request) -> Steps:
        """Even a call of the wrong kind becomes a generator, so errors have one way out."""

        def steps() -> Steps:
            return (yield from self._role.handle(request.call))

        return steps()

    def _control(self, control: Control) -> None:
        if control.id not in self._live:
            return
        if control.control == "cancel":
            self._drop(control.id).close()
            self._replies.send(Frame(control.id, "cancelled"))
        elif control.control == "pause":
            self._paused.add(control.id)
        else:
            self._paused.discard(control.id)

    def _drop(self, key: int) -> Steps:
        steps = self._live.pop(key)
        self._paused.discard(key)
        for line in (self._turns, self._fresh):
            if key in line:
                line.remove(key)
        return steps

    # --- steps --------------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        """One step of whoever's turn it is."""
        key = self._next()
        self._heart.step_begins()
        if key is None:
            self._step_background()
        else:
            self._advance(key)
        self._heart.step_ends()

    def _next(self) -> int | None:
        """The request to step: a new one first, then each in turn, or always the oldest where they wait for it."""
        if not self._role.concurrent:
            return next((key for key in self._live if key not in self._paused), None)
        for line in (self._fresh, self._turns):
            for _ in range(len(line)):
                key = line.popleft()
                if key in self._paused:
                    line.append(key)
                    continue
                self._turns.append(key)
                return key
        return None

    def _step_background(self) -> None:
        if self._background is None:
            return
        try:
            next(self._background)
        except StopIteration:
            self._background = None
        except Exception:
            log.exception("Background work failed")
            self._background = None

    def _advance(self, key: int) -> None:
        try:
            data = next(self._live[key])
            if data is not None:
                self._replies.send(Frame(key, "event", data))
        except StopIteration as stop:
            self._finish(key, Frame(key, "done", stop.value))
        except AppError as error:
            self._finish(key, Frame(key, "error", error=failure_of(error)))
        except Exception as error:
            log.exception("A request failed")
            note_crash(home(), "worker", error)
            detail = traceback.format_exc()
            failure = Failure("Something went wrong inside Inhouse.", f"Please try again. ({error})", detail)
            self._finish(key, Frame(key, "error", error=failure))

    def _finish(self, key: int, frame: Frame) -> None:
        """The last word of a request; what it changed may leave something to do in idle moments."""
        self._drop(key)
        if self._background is None:
            self._background = self._role.background()
        self._replies.send(frame)


def _claim_stdout() -> BinaryIO:
    """Keep fd 1 for the protocol and point it at stderr, so that a stray print cannot corrupt the stream."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies


def main(name: WorkerRole, make: Callable[[Home], RoleHandler]) -> int:
    """Run a child of this role on stdin and stdout. It listens and gives signs of life before its role is made: some
    take seconds to import, and a parent that is gone by then ends them. What it writes is for its owner alone."""
    os.umask(OTHERS)
    replies = Replies(_claim_stdout())
    inbox, heart = Inbox(sys.stdin.buffer), Heart(replies)
    inbox.start()
    heart.start()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"{name} %(levelname)s %(name)s: %(message)s")
    watch_for_crash(home(), name)
    if name != "models":
        forbid_network()
    try:
        role = make(home())
    except AppError as error:
        replies.send(Frame(0, "error", error=failure_of(error)))
        return 1
    Host(role, inbox, replies, heart).run(name)
    return 0
