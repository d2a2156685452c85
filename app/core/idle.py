"""Frees the model's memory when nobody has asked for a while, where that is wanted; the next key brings it back."""

from __future__ import annotations

from app.core.clock import Timer
from app.core.house import House
from app.core.in_use import EngineInUse
from app.core.spare import Spare
from app.settings import UNLOAD_AFTER

LOOK_S = 20.0
"""Between two looks at the clock."""


class IdleUnload:
    """Looks now and then whether the engine in use has had nothing to do for as long as the setting says."""

    def __init__(self, house: House, in_use: EngineInUse, spare: Spare) -> None:
        self._house, self._in_use, self._spare = house, in_use, spare
        self._timer: Timer | None = None
        house.settings.subscribe(lambda key: self._arm() if key == UNLOAD_AFTER.key else None)
        self._arm()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self.stop()
        if self._house.settings.get(UNLOAD_AFTER):
            self._timer = self._house.clock.after(LOOK_S, self._look)

    def _look(self) -> None:
        engine = self._in_use.engine
        if engine is not None and engine.info is not None and engine.can.here and not engine.child.busy:
            idle_s = self._house.clock.now() - engine.used_at
            if idle_s >= self._house.settings.get(UNLOAD_AFTER) * 60:
                self._in_use.unload()
                self._spare.drop()
        self._arm()
