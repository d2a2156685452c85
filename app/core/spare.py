"""An engine process without a model, which waits for the next switch: starting one takes longer than loading a small
model. Who has switched once is likely to switch again, so it is there from then on, for a while."""

from __future__ import annotations

import psutil

from app.core.children import Child
from app.core.clock import Timer
from app.core.house import House
from app.core.retired import Retired
from app.runtimes import environment

BEGIN_S = 0.2
"""After a switch: what came with it goes first."""
KEPT_S = 600.0
"""So long it waits; it takes about 50 MB beside another engine."""
LEAST_FREE = 2 << 30
"""Bytes of memory below which there is none."""


class Spare:
    """At most one. It is of the build of llama.cpp that was chosen when it began, and good for that one only."""

    def __init__(self, house: House, retired: Retired) -> None:
        self._house, self._retired = house, retired
        self._child: Child | None = None
        self._build: dict[str, str] = {}
        self._timer: Timer | None = None

    def take(self) -> Child | None:
        """The process, if there is one that serves; it is the caller's from here on."""
        if self._child is not None and (
            self._child.state not in ("starting", "ready") or self._build != environment(self._house.home, "engine")
        ):
            self.drop()
        self._wait()
        child, self._child = self._child, None
        return child

    def renew(self) -> None:
        """Have one ready for the next time, in a moment."""
        self._wait(BEGIN_S)

    def drop(self) -> None:
        """Free its memory."""
        self._wait()
        child, self._child = self._child, None
        if child is not None:
            child.retire()
            self._retired.add(child)

    def stop(self) -> None:
        """The core ends."""
        self._wait()
        if self._child is not None:
            self._child.stop()

    def _wait(self, seconds: float = 0.0) -> None:
        """Look again after so long, or no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._house.clock.after(seconds, self._look) if seconds else None

    def _look(self) -> None:
        if self._child is not None:
            self.drop()
        elif psutil.virtual_memory().available >= LEAST_FREE:
            self._build = environment(self._house.home, "engine")
            self._child = self._house.make_child("engine")
            self._child.start()
            self._wait(KEPT_S)
