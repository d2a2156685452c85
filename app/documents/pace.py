"""How fast an add gets on, and how long what is left will take: by bytes, without jumps, and not counting pauses."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator

FIRST_S = 3.0
"""Before so much work is done there is nothing to estimate from."""
SETTLE_S = 15.0
"""An estimate that turns out wrong is given up over about this time, not at once: it is read by a person."""


class Pace:
    """Counts the seconds of work, and the bytes that are done of those that are to do."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._began = now()
        self._rested = 0.0
        self._to_do = 0.0
        self._done = 0.0
        self._shown: float | None = None
        self._shown_at = 0.0

    @contextlib.contextmanager
    def rest(self) -> Iterator[None]:
        """Time in which others work, or nobody does, since a person paused the add."""
        before = self._now()
        yield
        self._rested += self._now() - before

    def seconds(self) -> float:
        """Of work, so far."""
        return self._now() - self._began - self._rested

    def expect(self, size: int) -> None:
        """A file of so many bytes is to do; an empty one is some work too."""
        self._to_do += max(size, 1)

    def passed_over(self, size: int) -> None:
        """It was there already, which says nothing of the others."""
        self._to_do -= max(size, 1)

    def through(self, size: int) -> None:
        """It is done."""
        self._done += max(size, 1)

    def left(self, under_way: float = 0.0) -> float | None:
        """Seconds that the rest will take; None where it is too early to say.

        `under_way` are bytes that are done of files that are not through.
        """
        spent, done = self.seconds(), self._done + under_way
        if spent < FIRST_S or done <= 0:
            return None
        fresh = spent * max(self._to_do - done, 0.0) / done
        if self._shown is None:
            self._shown = fresh
        else:
            passed = spent - self._shown_at
            before = max(self._shown - passed, 0.0)
            self._shown = before + (fresh - before) * (1 - math.exp(-passed / SETTLE_S))
        self._shown_at = spent
        return self._shown
