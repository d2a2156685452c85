"""Processes that have been replaced: each finishes what it began, then ends."""

from __future__ import annotations

from app.core.children import Child
from app.core.clock import Clock, Timer

POLL_S = 0.1


class Retired:
    """Looks now and then whether one of them is idle."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._children: list[Child] = []
        self._timer: Timer | None = None

    def add(self, child: Child) -> None:
        """Let it end once it is idle."""
        self._children.append(child)
        if self._timer is None:
            self._timer = self._clock.after(0.0, self._look)

    def stop(self) -> None:
        """The core ends: so do they."""
        if self._timer is not None:
            self._timer.cancel()
        for child in self._children:
            child.stop()

    def _look(self) -> None:
        for child in [each for each in self._children if not each.busy]:
            if child.gone:
                self._children.remove(child)
            elif child.state != "stopped":
                child.retire()
        self._timer = self._clock.after(POLL_S, self._look) if self._children else None
