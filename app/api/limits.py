"""How much at once and how often: one program with the key must not leave nothing for the others."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.api.errors import ApiError

WINDOW_S = 60.0
AT_ONCE = 64
"""Requests that are answered at the same time; the engine itself decides how many of them write at once."""
WAITING = 128
"""Requests that wait for one of those to end; the next one is refused."""
WAIT_LIMIT_S = 120.0


class Rate:
    """Counts requests of the last minute."""

    def __init__(self, a_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = a_minute, now
        self._times: deque[float] = deque()

    def take(self) -> None:
        """Count one more.

        Raises:
            ApiError: 429, with the time after which there is room again.
        """
        now = self._now()
        while self._times and self._times[0] <= now - WINDOW_S:
            self._times.popleft()
        if len(self._times) >= self._most:
            wait = math.ceil(self._times[0] + WINDOW_S - now)
            raise ApiError(
                429,
                f"More than {self._most} requests in a minute. Please wait {wait} s.",
                code="rate_limit_exceeded",
                retry_after=max(wait, 1),
            )
        self._times.append(now)


class Gate:
    """Lets so many requests in at once; others wait in order, and too many are refused."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING, wait_s: float = WAIT_LIMIT_S) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most_waiting, self._wait_s = waiting, wait_s
        self._waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place for as long as the request takes.

        Raises:
            ApiError: 429, too many wait, or it took too long.
        """
        if self._waiting >= self._most_waiting:
            raise _full()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await self._places.acquire()
        except TimeoutError:
            raise _full() from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()


def _full() -> ApiError:
    return ApiError(429, "Too many requests at once. Please try again in a moment.", code="overloaded", retry_after=1)
