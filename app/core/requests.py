"""Requests over a stream of lines, with callbacks: the same for a child of the core and for a door of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from app.errors import AppError
from app.workers.failures import error_of
from app.workers.message import Call, Failure

ControlWord = Literal["cancel", "pause", "resume"]


class AnyFrame(Protocol):
    """What comes back: a worker's Frame or the core's."""

    @property
    def id(self) -> int: ...

    @property
    def kind(self) -> Literal["event", "done", "error", "cancelled"]: ...

    @property
    def data(self) -> Any: ...

    @property
    def error(self) -> Failure | None: ...


@dataclass
class _Callbacks:
    done: Callable[[Any], object]
    event: Callable[[Any], object] | None
    failed: Callable[[AppError], object] | None
    cancelled: Callable[[], object] | None


class Job:
    """A request under way."""

    def __init__(self, requests: Requests, key: int) -> None:
        self._requests, self.key = requests, key

    @property
    def active(self) -> bool:
        """Whether its last word has not come yet."""
        return self.key in self._requests.waiting

    def cancel(self, *, insist: bool = True) -> None:
        """Ask to stop; `cancelled` is called when it has, or when the other side had to be ended.

        Without `insist` the other side is left to notice in its own time: for what a person did not stop, such as a
        page that is no longer wanted, and that is not worth ending other work for.
        """
        self._requests.control(self.key, "cancel", insist=insist)

    def pause(self) -> None:
        self._requests.control(self.key, "pause")

    def resume(self) -> None:
        self._requests.control(self.key, "resume")


class Requests:
    """Numbers requests, keeps who waits for them, and tells each its end exactly once."""

    def __init__(
        self, send_call: Callable[[int, Call], object], send_control: Callable[[int, ControlWord, bool], object]
    ) -> None:
        self._send_call, self._send_control = send_call, send_control
        self._ids = 0
        self.waiting: dict[int, _Callbacks] = {}
        self.cancelling: set[int] = set()
        """Requests that a person stopped and that have not confirmed it."""

    def request(
        self,
        call: Call,
        *,
        done: Callable[[Any], object],
        event: Callable[[Any], object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Ask. Exactly one of `done`, `failed`, `cancelled` is called at the end."""
        self._ids += 1
        key = self._ids
        self.waiting[key] = _Callbacks(done, event, failed, cancelled)
        self._send_call(key, call)
        return Job(self, key)

    def control(self, key: int, word: ControlWord, *, insist: bool = True) -> None:
        """Cancel, pause or resume a request; nothing happens when it has ended. `insist`: see Job.cancel."""
        if key not in self.waiting:
            return
        if word == "cancel" and insist:
            self.cancelling.add(key)
        self._send_control(key, word, insist)

    def take(self, frame: AnyFrame) -> bool:
        """Hand a frame to who waits for it; → whether it was somebody's last word."""
        callbacks = self.waiting.get(frame.id)
        if callbacks is None:
            return False
        if frame.kind == "event":
            if callbacks.event is not None and frame.data is not None and frame.id not in self.cancelling:
                callbacks.event(frame.data)
            return False
        del self.waiting[frame.id]
        self.cancelling.discard(frame.id)
        if frame.kind == "cancelled":
            if callbacks.cancelled is not None:
                callbacks.cancelled()
        elif frame.error is not None:
            if callbacks.failed is not None:
                callbacks.failed(error_of(frame.error))
        elif frame.data is not None:
            callbacks.done(frame.data)
        return True

    def fail_all(self, error: AppError) -> None:
        """The other side is gone: everyone who waits is told; those who had stopped theirs, that it stopped."""
        waiting, self.waiting = self.waiting, {}
        stopped, self.cancelling = self.cancelling, set()
        for key, callbacks in waiting.items():
            if key in stopped and callbacks.cancelled is not None:
                callbacks.cancelled()
            elif callbacks.failed is not None:
                callbacks.failed(error)

    def drop_all(self) -> None:
        """Forget everyone without a word: the asker wants to leave."""
        self.waiting.clear()
        self.cancelling.clear()
