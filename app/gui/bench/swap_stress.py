"""A hundred swaps while answers stream and a person types: nothing is lost, memory comes back, and what they take."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator

import psutil
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from app.figures import Figure, figure
from app.gui.chat.composer import Composer
from app.paths import Home
from app.types import Answer, InstalledModel

LETTER = "x"
MEMORY_SHARE = 1.02
SETTLE_MS, REST_S = 700, 10.0
"""The engine that was replaced ends in the background."""
LOAD_SHARE, LOAD_EXTRA_MS = 1.1, 150.0


class Typist:
    """Types a letter into the composer with each swap; whether it is still there when the answer has ended."""

    def __init__(self, window: object) -> None:
        self._composer: Composer | None = window.findChild(Composer)  # type: ignore[attr-defined]

    def type(self) -> None:
        """Press and release a key."""
        if self._composer is None:
            return
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, Qt.Key.Key_X, Qt.KeyboardModifier.NoModifier, LETTER)
            QApplication.sendEvent(self._composer.edit, event)

    @property
    def kept(self) -> bool:
        """Whether exactly that letter stands there."""
        return self._composer is not None and self._composer.text() == LETTER


def own_bytes(home: Home) -> tuple[int, int]:
    """Memory of the window, of the core of this data folder and of its children that would be free if they ended, and
    how many they are: the core is nobody's child. Pages of a model's file count, since only its engine maps them; what
    the system keeps of files in its cache does not."""
    total = living = 0
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.environ().get("INHOUSE_HOME") == str(home.root):
                total += int(process.memory_full_info().uss)
                living += 1
        except psutil.Error:
            continue  # it has just ended, or is somebody else's
    return total, living


class Watched:
    """What the swaps cost: times of those that load a file beside bare loads, and the memory after each round."""

    def __init__(self, bare: Callable[[], float]) -> None:
        self._bare = bare
        self.took: list[float] = []
        self.bare: list[float] = []
        self.memory: list[int] = []
        self._began = 0.0

    def begins(self) -> None:
        """A swap was asked for."""
        self._began = time.perf_counter()

    def ended(self, milliseconds: float, *, loads: bool) -> None:
        """The new model answers; a swap that loads a file is compared with a bare load at once."""
        if loads:
            self.took.append(milliseconds)
            self.bare.append(self._bare())

    def rests(self, pause: Callable[[int], object], home: Home) -> None:
        """Take the memory after a round, when what was replaced has ended and what is begun has: the same processes
        take the same twice, or they are counted as they are."""
        until = time.monotonic() + REST_S
        before: tuple[int, int] = (0, 0)
        pause(SETTLE_MS)
        while not _is_still(before, now := own_bytes(home)) and time.monotonic() < until:
            before = now
            pause(SETTLE_MS)
        self.memory.append(now[0])

    def elapsed_ms(self) -> float:
        """Since the swap was asked for."""
        return (time.perf_counter() - self._began) * 1000

    def figures(self) -> Iterator[Figure]:
        """The slowest in a hundred, and the memory."""
        if len(self.took) >= 2:
            ours, bare = (statistics.quantiles(each, n=20)[-1] for each in (self.took, self.bare))
            target = f"{LOAD_SHARE} of the reference + {LOAD_EXTRA_MS:.0f} ms"
            ok = ours <= LOAD_SHARE * bare + LOAD_EXTRA_MS
            yield figure("swap: while streaming, p95", ours, "ms", bare, ours / bare, target, ok)
        if len(self.memory) >= 2:
            first, last = self.memory[0] / 1e6, self.memory[-1] / 1e6
            ok = last <= MEMORY_SHARE * first
            yield figure("swap: memory after the last round", last, "MB", first, last / first, "at most 1.02", ok)


def _is_still(before: tuple[int, int], now: tuple[int, int]) -> bool:
    """Whether as many processes take as much, within a thousandth."""
    return before[1] == now[1] and abs(before[0] - now[0]) <= now[0] / 1000


def whole(answer: Answer) -> bool:
    """Whether nothing of it was cut off."""
    return bool(answer.text) and not answer.stopped


def loads_a_file(before: InstalledModel, after: InstalledModel) -> bool:
    """Whether a swap is more than another adapter."""
    return before.path != after.path
