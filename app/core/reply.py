"""The core's side of one request: how its handler answers, and hears that the door wants it stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from app.core.protocol import DoorFrame, DoorKind
from app.core.requests import ControlWord, Job
from app.errors import AppError
from app.workers.failures import failure_of
from app.workers.message import Call, Data

log = logging.getLogger(__name__)


class Door(Protocol):
    """Someone who is connected."""

    kind: DoorKind
    hears: bool
    """Whether it wants to be told of everything that happens."""

    def send(self, frame: DoorFrame) -> None:
        """Hand over a frame; a door that is gone, or too slow to read, swallows it."""
        ...


class Reply:
    """Answers a request: any number of events, then exactly one of `done`, `failed`, `cancelled`."""

    def __init__(self, door: Door, key: int, ended: Callable[[Reply], object], call: Call | None = None) -> None:
        self.door, self.key, self.call = door, key, call
        self.last: DoorFrame | None = None
        """The last word, once it was said."""
        self._ended = ended
        self.open = True
        self._on: dict[ControlWord, Callable[[], object]] = {}

    def event(self, data: Data) -> None:
        """Progress."""
        if self.open:
            self.door.send(DoorFrame(self.key, "event", data))  # type: ignore[arg-type]

    def done(self, data: Data) -> None:
        self._end(DoorFrame(self.key, "done", data))  # type: ignore[arg-type]

    def failed(self, error: AppError) -> None:
        self._end(DoorFrame(self.key, "error", error=failure_of(error)))

    def cancelled(self) -> None:
        self._end(DoorFrame(self.key, "cancelled"))

    def on_cancel(self, stop: Callable[[], object]) -> None:
        """What to do when the door wants it stopped, or leaves; it must lead to a last word. Nothing: it goes on."""
        self._on["cancel"] = stop

    def on(self, word: ControlWord, do: Callable[[], object]) -> None:
        """What to do when the door says this word."""
        self._on[word] = do

    def follow(self, job: Job) -> None:
        """Hand the door's wishes on to a request of a child."""
        self._on = {"cancel": job.cancel, "pause": job.pause, "resume": job.resume}

    def take(self, word: ControlWord) -> None:
        """The door said `cancel`, `pause` or `resume`."""
        action = self._on.get(word)
        if action is not None:
            action()

    def _end(self, frame: DoorFrame) -> None:
        if self.open:
            self.open, self.last = False, frame
            self.door.send(frame)
            self._ended(self)
