"""How many threads llama.cpp should use now: as many as there are cores that nobody else works on.

llama.cpp's threads wait for each other some five hundred times a token, and they wait busily. One that must share its
core lets all others burn theirs: on two cores with ten other programs at work two threads wrote 0.5 tokens a second,
one thread 17. So the threads follow the load of the computer.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

PERIOD_S = 0.5
"""Between two looks; the system counts in hundredths of a second."""
SLACK = 0.4
"""Of a core that others may take without a thread being given up: the window draws, the system does its chores."""


@dataclass(frozen=True)
class Sample:
    """Seconds since some moment: the clock, idle time of all cores together, and what this process has used."""

    clock: float
    idle: float
    own: float


def look() -> Sample:
    """The figures now."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    return Sample(time.monotonic(), idle, time.process_time())


def free_threads(before: Sample, now: Sample, most: int) -> int:
    """Threads, at most `most`, that found a core each between two looks: on an idle one, or on one that was ours."""
    seconds = now.clock - before.clock
    if seconds <= 0:
        return most
    cores = (now.idle - before.idle + now.own - before.own) / seconds
    return max(1, min(most, math.floor(cores + SLACK)))


class Cores:
    """Looks twice a second, from a thread of its own, so that the first question after a pause is right too."""

    def __init__(self, most: int, look: Callable[[], Sample] = look) -> None:
        self.most, self._look = most, look
        self._threads = most
        self._before = look()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def threads(self) -> int:
        """To use in the next batch."""
        return self._threads

    def start(self) -> None:
        """Begin to watch, with what was seen since this was made; with one thread there is nothing to choose."""
        if self.most > 1:
            self._see()
            self._thread = threading.Thread(target=self._watch, name="cores", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(PERIOD_S):
            self._see()

    def _see(self) -> None:
        before, self._before = self._before, self._look()
        self._threads = free_threads(before, self._before, self.most)
