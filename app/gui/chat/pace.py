"""How often a streamed answer is drawn: at once while that is cheap, and rarer the more of the machine it takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

LEAST_MS, MOST_MS = 50, 150
SHARE = 0.01
"""Drawing may take this much of one core. On two cores every piece of one is missed by the engine's threads."""


class Pace(QObject):
    """Collects what arrives and calls `draw` with all of it when its time has come."""

    def __init__(self, draw: Callable[[str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draw = draw
        self._text = ""
        self._began = self._next = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.draw_now)
        self._settled = QTimer(self, singleShot=True, interval=0)
        self._settled.timeout.connect(self._measure)

    def add(self, text: str) -> None:
        """Something has arrived; the first after a pause is drawn at once."""
        self._text += text
        left = self._next - time.perf_counter()
        if left <= 0:
            self.draw_now()
        elif not self._timer.isActive():
            self._timer.start(round(left * 1000))

    def draw_now(self) -> None:
        """Draw what has come, without waiting for its time."""
        self._timer.stop()
        text, self._text = self._text, ""
        if not text:
            return
        self._began = time.perf_counter()
        self._next = self._began + LEAST_MS / 1000
        self._draw(text)
        self._settled.start()

    def _measure(self) -> None:
        """All that follows from it (layout, painting) is done: it decides about the next time."""
        self._next = self._began + interval_ms(time.perf_counter() - self._began) / 1000


def interval_ms(cost_s: float) -> float:
    """Milliseconds from one drawing to the next where one takes `cost_s` seconds."""
    return min(max(cost_s * 1000 / SHARE, LEAST_MS), MOST_MS)
