"""Models that take turns: side by side where memory holds both, else one after the other, and then that is said."""

from __future__ import annotations

from collections.abc import Callable

from app.core.backend import Backend
from app.core.house import House
from app.core.in_use import EngineInUse
from app.core.side_engines import SideEngines
from app.errors import AppError, Busy
from app.types import InstalledModel

Ready = Callable[[Backend, InstalledModel], object]
Failed = Callable[[AppError], object]

POLL_S = 0.1
AWAY = AppError(
    "The model in use is away while other models are measured: memory does not hold both.",
    "Ask again when that is through, or end it.",
)
AWAY_NOTE = "Memory does not hold both models, so the one in use is away until this is through."


class Lineup:
    """One measurement at a time. `begin`, any number of turns, `end`."""

    def __init__(
        self, house: House, in_use: EngineInUse, side: SideEngines, no_room: Callable[[InstalledModel], AppError | None]
    ) -> None:
        """`no_room` says why a model cannot be loaded beside the one in use, or None."""
        self._house, self._in_use, self._side, self._no_room = house, in_use, side, no_room
        self.is_busy = False
        self._away = False
        self._lent: set[str] = set()

    def begin(self) -> None:
        """
        Raises:
            Busy: another measurement is under way.
        """
        if self.is_busy:
            raise Busy("Models are being measured already.", "Wait until that is through, or end it.")
        self.is_busy = True

    def end(self) -> None:
        """Everything is as it was: models beside the one in use leave, and that one comes back."""
        self.is_busy = False
        self._release(self._lent)
        if self._away:
            self._away = False
            self._in_use.give_back()

    def fit_together(self, first: str, second: str) -> bool:
        """Whether both can be loaded at once. Raises AppError: there is no such model."""
        here = [model for id_ in (first, second) if (model := self._find(id_)).origin != "server"]
        active = self._in_use.model
        beside = [model for model in here if active is None or model.id != active.id]
        return len(here) < 2 or (len(beside) < 2 and all(self._no_room(model) is None for model in beside))

    def turn(self, model_id: str, ready: Ready, failed: Failed, *, alone: bool, note: Callable[[str], object]) -> None:
        """Call `ready` once this model can answer; `alone`: those that had their turn before leave first.

        Raises:
            AppError: there is no such model.
        """
        model = self._find(model_id)
        active = self._in_use.model
        leaving = self._release(self._lent - {model_id}) if alone else []
        if active is not None and active.id == model.id:
            if self._away:
                self._away = False
                self._when_gone(leaving, lambda: self._bring_back(ready, failed))
            else:
                self._in_use.when_ready(lambda engine: ready(engine, engine.model), failed)
            return
        if model.origin != "server" and not self._away and self._no_room(model) is not None:
            engine = self._in_use.engine
            if engine is not None and engine.can.here and engine.info is not None:
                note(AWAY_NOTE)
                self._in_use.suspend(AWAY)
                self._away = True
                leaving.append(lambda: engine.child.gone)
        note(f"Loading “{model.name}”…")
        self._lent.add(model.id)
        self._when_gone(leaving, lambda: self._side.with_model(model, ready, failed))

    def _bring_back(self, ready: Ready, failed: Failed) -> None:
        try:
            self._in_use.give_back()
            self._in_use.when_ready(lambda engine: ready(engine, engine.model), failed)
        except AppError as error:
            failed(error)

    def _release(self, ids: set[str]) -> list[Callable[[], bool]]:
        """Let these leave; → what says of each whether its memory is free."""
        self._lent = self._lent - ids
        return [gone for id_ in ids if (gone := self._side.release(id_)) is not None]

    def _when_gone(self, leaving: list[Callable[[], bool]], then: Callable[[], object]) -> None:
        """Once their memory is free."""
        if all(gone() for gone in leaving):
            then()
        else:
            self._house.clock.after(POLL_S, lambda: self._when_gone(leaving, then))

    def _find(self, model_id: str) -> InstalledModel:
        return self._house.registry.find(model_id)
