"""Time and threads as the core uses them: the event loop's in the process, a test's own in a test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from app.errors import AppError

T = TypeVar("T")


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """All that the core knows of its event loop."""

    def now(self) -> float:
        """Seconds, steady, from an unknown beginning."""
        ...

    def after(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Call once, so much later."""
        ...

    def thread(self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[AppError], object]) -> None:
        """Do slow work (a disk, a sum over gigabytes) beside the loop, and tell the loop how it ended."""
        ...


class LoopClock:
    """The clock of a running asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._running: set[asyncio.Task[Any]] = set()

    def now(self) -> float:
        return time.monotonic()

    def after(self, seconds: float, call: Callable[[], object]) -> Timer:
        return self._loop.call_later(seconds, call)

    def thread(self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[AppError], object]) -> None:
        async def run() -> None:
            try:
                result = await asyncio.to_thread(work)
            except AppError as error:
                failed(error)
            else:
                done(result)

        task = self._loop.create_task(run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)


class Debounce:
    """Calls once, a moment after the last push: a burst of changes costs one call."""

    def __init__(self, clock: Clock, seconds: float, call: Callable[[], object]) -> None:
        self._clock, self._seconds, self._call = clock, seconds, call
        self._timer: Timer | None = None

    def push(self) -> None:
        """Call later, counted from now."""
        self.cancel()
        self._timer = self._clock.after(self._seconds, self._fire)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        self._call()
