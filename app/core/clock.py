"""Time and threads as the core uses them: the event loop's in the process, a test's own in a test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from app.errors import AppError
from app.formats import BY_SUFFIX, suffix_of

if TYPE_CHECKING:
    from watchfiles import Change

T = TypeVar("T")


WATCH_MS = 500
"""Changes that come within this time are one."""


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> object: ...


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

    def watch(self, folder: str, moved: Callable[[], object], failed: Callable[[str], object]) -> Timer:
        """Call `moved` when something changes in a folder or below, until it is cancelled; `failed` where nothing tells
        of that: the folder is gone, or the system watches no more of them."""
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

        self._run(run())

    def watch(self, folder: str, moved: Callable[[], object], failed: Callable[[str], object]) -> Timer:
        async def run() -> None:
            from watchfiles import awatch  # here: who follows no folder does without it

            try:
                async for _ in awatch(folder, watch_filter=is_of_documents, debounce=WATCH_MS, step=50):
                    moved()
            except (OSError, RuntimeError) as error:  # RuntimeError: of the library, where the system refuses
                failed(str(error))
            else:
                failed("the watch ended")

        return self._run(run())

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def is_of_documents(change: Change, path: str) -> bool:
    """Whether a change may concern documents; a log file that is written all day does not. A folder has any name."""
    name = PurePath(path).name
    if name.startswith((".", "~$")) or name.endswith((".tmp", "~")):
        return False
    return change.raw_str() != "modified" or suffix_of(name) in BY_SUFFIX


class Debounce:
    """Calls once, a moment after the last push: a burst of changes costs one call."""

    def __init__(self, clock: Clock, seconds: float, call: Callable[[], object]) -> None:
        self._clock, self._seconds, self._call = clock, seconds, call
        self._timer: Timer | None = None

    def push(self) -> None:
        """Call later, counted from now."""
        self.cancel()
        self._timer = self._clock.after(self._seconds, self._fire)

    def begin(self) -> None:
        """Call later, counted from the first of several: what goes on without a pause is told all the same."""
        if self._timer is None:
            self.push()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        self._call()
