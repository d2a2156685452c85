"""The child's side of a worker: reads requests, steps their generators in turn, writes frames."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from app.errors import AppError
from app.files import OTHERS
from app.paths import home
from app.workers.offline import forbid_network
from app.workers.protocol import Alive, Control, Failure, Frame, Ready, Request, WorkerRole, decode_request, encode
from app.workers.roles import RoleHandler, Steps, make_role

log = logging.getLogger(__name__)

BEAT_S = 2.0
"""Between two signs of life."""
EXIT_GRACE_S = 3.0
"""After the parent is gone, how long a step under way may take before the process ends regardless."""


def failure_of(error: AppError) -> Failure:
    """An AppError as it travels to the parent."""
    return Failure(error.message, error.hint, error.detail, getattr(error, "code", ""))


class Host:
    """Steps live requests in turn, so that a search gets its turn between two index batches."""

    def __init__(self, role: RoleHandler, requests: BinaryIO, replies: BinaryIO) -> None:
        self._role = role
        self._requests = requests
        self._replies = replies
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._live: dict[int, Steps] = {}
        self._paused: set[int] = set()
        self._background: Iterator[None] | None = None
        self._open = True
        self._writing = threading.Lock()
        self._steps = 0

    def run(self, name: WorkerRole) -> None:
        """Serve until the input ends."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        self._send(Frame(0, "event", Ready(role=name)))
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        self._background = self._role.background()
        while self._open:
            self._take_lines()
            self._step()
        for steps in self._live.values():
            steps.close()
        self._role.close()

    def _read(self) -> None:
        """Only queue lines; an end of input ends the process even from within a long step."""
        for line in self._requests:
            self._inbox.put(line)
        self._inbox.put(None)
        threading.Event().wait(EXIT_GRACE_S)
        os._exit(0)

    def _beat(self) -> None:
        """Signs of life from a thread of its own: a child deep in a step is slow, one without them is gone."""
        while self._open:
            time.sleep(BEAT_S)
            self._send(Frame(0, "event", Alive(steps=self._steps)))

    def _take_lines(self) -> None:
        """Read what has come; wait for more only when there is nothing to step."""
        while self._open:
            try:
                line = self._inbox.get(block=not self._has_work())
            except queue.Empty:
                return
            if line is None:
                self._open = False
            elif line.strip():
                self._take(line)

    def _has_work(self) -> bool:
        return self._background is not None or any(key not in self._paused for key in self._live)

    def _take(self, line: bytes) -> None:
        try:
            message = decode_request(line)
        except msgspec.MsgspecError as error:
            log.error("A request could not be read: %s", error)
            self._send(Frame(0, "error", error=Failure("A request could not be read.", detail=str(error))))
            return
        if isinstance(message, Control):
            self._control(message)
        else:
            self._live[message.id] = self._start(message)

    def _start(self, request: Request) -> Steps:
        """Even a call of the wrong kind becomes a generator, so errors have one way out."""

        def steps() -> Steps:
            return (yield from self._role.handle(request.call))

        return steps()

    def _control(self, control: Control) -> None:
        if control.id not in self._live:
            return
        if control.control == "cancel":
            steps = self._live.pop(control.id)
            self._paused.discard(control.id)
            steps.close()
            self._send(Frame(control.id, "cancelled"))
        elif control.control == "pause":
            self._paused.add(control.id)
        else:
            self._paused.discard(control.id)

    def _step(self) -> None:
        turn = [key for key in self._live if key not in self._paused]
        if not self._role.concurrent:
            turn = turn[:1]
        if not turn:
            self._step_background()
        for key in turn:
            self._advance(key)
            if not self._inbox.empty():
                return  # a cancel must not wait for everyone else's step

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
        self._steps += 1
        try:
            self._send(Frame(key, "event", next(self._live[key])))
        except StopIteration as stop:
            self._finish(key, Frame(key, "done", stop.value))
        except AppError as error:
            self._finish(key, Frame(key, "error", error=failure_of(error)))
        except Exception as error:
            log.exception("A request failed")
            detail = traceback.format_exc()
            failure = Failure("Something went wrong inside Inhouse.", f"Please try again. ({error})", detail)
            self._finish(key, Frame(key, "error", error=failure))

    def _finish(self, key: int, frame: Frame) -> None:
        """The last word of a request; what it changed may leave something to do in idle moments."""
        del self._live[key]
        if self._background is None:
            self._background = self._role.background()
        self._send(frame)

    def _send(self, frame: Frame) -> None:
        try:
            with self._writing:
                self._replies.write(encode(frame))
                self._replies.flush()
        except (BrokenPipeError, OSError):
            self._open = False


def _claim_stdout() -> BinaryIO:
    """Keep fd 1 for the protocol and point it at stderr, so that a stray print cannot corrupt the stream."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies


def main(name: WorkerRole) -> int:
    """Run a child of this role on stdin and stdout. What it writes is for its owner alone."""
    os.umask(OTHERS)
    replies = _claim_stdout()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"{name} %(levelname)s %(name)s: %(message)s")
    if name != "models":
        forbid_network()
    try:
        role = make_role(name, home())
    except AppError as error:
        with contextlib.suppress(OSError):
            replies.write(encode(Frame(0, "error", error=failure_of(error))))
            replies.flush()
        return 1
    Host(role, sys.stdin.buffer, replies).run(name)
    return 0
