"""Models beside the one in use, for single questions: each in an engine of its own that ends when nobody asks it."""

from __future__ import annotations

from collections.abc import Callable

from app.core.backend import Backend
from app.core.engine import Engine
from app.core.house import House
from app.core.retired import Retired
from app.errors import AppError
from app.types import InstalledModel

IDLE_S = 60.0
"""So long such a model stays loaded for the next question."""

Ready = Callable[[Backend, InstalledModel], object]


class SideEngines:
    """By model id."""

    def __init__(self, house: House, retired: Retired, refusal: Callable[[InstalledModel], AppError | None]) -> None:
        """`refusal` says why a model has no room beside the one in use, or None."""
        self._house, self._retired, self._refusal = house, retired, refusal
        self._engines: dict[str, Engine] = {}
        self._waiting: dict[str, list[tuple[Ready, Callable[[AppError], object]]]] = {}

    def with_model(self, model: InstalledModel, ready: Ready, failed: Callable[[AppError], object]) -> None:
        """Call `ready` once this model can answer, or `failed` with the reason; whoever left meanwhile ignores both."""
        engine = self._engines.get(model.id)
        if engine is not None and engine.info is not None:
            ready(engine, model)
            return
        if engine is None and (refused := self._refusal(model)) is not None:
            failed(refused)
            return
        self._waiting.setdefault(model.id, []).append((ready, failed))
        if engine is None:
            engine = self._engines[model.id] = Engine(self._house, model)
            engine.loaded.connect(lambda _: self._loaded(model))
            engine.failed.connect(lambda error: self._failed(model, error))
            engine.start()

    def release(self, model_id: str) -> Callable[[], bool] | None:
        """It is not needed any more; → what says whether its memory is free, None where it is not here or others ask
        it."""
        engine = self._engines.get(model_id)
        if engine is None or (engine.info is not None and engine.child.busy):
            return None
        del self._engines[model_id]
        self._waiting.pop(model_id, None)
        self._retired.add(engine.child)
        return lambda: engine.child.gone

    def stop(self) -> None:
        """The core ends."""
        for engine in self._engines.values():
            engine.child.stop()

    def _loaded(self, model: InstalledModel) -> None:
        engine = self._engines.get(model.id)
        if engine is None:
            return
        for ready, _ in self._waiting.pop(model.id, []):
            ready(engine, model)
        self._house.clock.after(IDLE_S, lambda: self._look(model.id))

    def _failed(self, model: InstalledModel, error: AppError) -> None:
        engine = self._engines.pop(model.id, None)
        if engine is not None:
            engine.child.retire()
            self._retired.add(engine.child)
        for _, failed in self._waiting.pop(model.id, []):
            failed(error)

    def _look(self, model_id: str) -> None:
        engine = self._engines.get(model_id)
        if engine is None:
            return
        if engine.child.busy:
            self._house.clock.after(IDLE_S, lambda: self._look(model_id))
        else:
            del self._engines[model_id]
            self._retired.add(engine.child)
