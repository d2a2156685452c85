"""The engine in use: loaded when somebody needs it, again after a crash, and away while a training has its memory."""

from __future__ import annotations

from collections.abc import Callable

from app.core.calls import models as c
from app.core.engine import Engine
from app.core.house import House
from app.core.signals import Signal
from app.errors import AppError
from app.types import InstalledModel, ModelInfo
from app.workers.failures import failure_of

NO_MODEL = AppError("No model is installed.", "Import a model file on the Models page.")
STARTED_AGAIN = AppError("The model was started again.", "Ask once more.")


class EngineInUse:
    """At most one engine at a time; `replace` puts another in its place."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.ready: Signal[ModelInfo] = Signal()
        """Questions can be asked."""
        self.leaving: Signal[AppError] = Signal()
        """It is about to be ended from here; what it is answering is lost unless somebody keeps it."""
        self.refused: Signal[AppError] = Signal()
        """The model cannot be loaded, and nothing tries again before somebody asks."""
        self.state = c.EngineMoved(state="stopped")
        self.engine: Engine | None = None
        self._suspended: AppError | None = None
        self._waiting: list[tuple[Callable[[Engine], object], Callable[[AppError], object]]] = []

    @property
    def model(self) -> InstalledModel | None:
        """The model in use, loaded or about to be."""
        return self.engine.model if self.engine is not None else self._house.registry.active()

    @property
    def info(self) -> ModelInfo | None:
        """What it says of the loaded model; None until questions can be asked."""
        return self.engine.info if self.engine is not None else None

    def begin(self) -> Engine:
        """The engine, started where it is not.

        Raises:
            AppError: no model is installed, or a training has its memory.
        """
        if self._suspended is not None:
            raise self._suspended
        if self.engine is None:
            model = self._house.registry.active()
            if model is None:
                self._move(c.EngineMoved(state="failed", failure=failure_of(NO_MODEL)))
                raise NO_MODEL
            self._watch(Engine(self._house, model))
        assert self.engine is not None
        if self.engine.is_idle:
            self._move(c.EngineMoved(state="loading"))
            self.engine.start()
        return self.engine

    def when_ready(self, go: Callable[[Engine], object], failed: Callable[[AppError], object]) -> None:
        """Call `go` once it can answer, or `failed` with what goes wrong.

        Raises:
            AppError: see `begin`.
        """
        engine = self.begin()
        if engine.info is not None:
            go(engine)
        else:
            self._waiting.append((go, failed))

    def wake(self) -> None:
        """Somebody waits for it: load it, unless it had to leave for a training. Raises AppError."""
        if self._suspended is None:
            self.begin()

    def suspend(self, error: AppError) -> None:
        """End it so that its memory is free; `error` says why the chat is silent. A server's model needs none."""
        if self.engine is not None and not self.engine.can.here:
            return
        if self.engine is not None:
            self.leaving.emit(error)
            self.engine.rest()
        self._suspended = error
        self._move(c.EngineMoved(state="failed", failure=failure_of(error)))
        self._tell_waiting(error)

    def unload(self) -> None:
        """Free its memory until somebody needs it."""
        if self.engine is not None:
            self.engine.rest()
            self._move(c.EngineMoved(state="stopped"))

    def give_back(self) -> None:
        """After `suspend`: load the model again."""
        self._suspended = None
        if self.info is None:
            self.begin()

    def restart(self) -> None:
        """End the process and load the same model again, whatever a training needs. Raises AppError."""
        self._suspended = None
        if self.engine is None:
            self.begin()
            return
        self.leaving.emit(STARTED_AGAIN)
        self._move(c.EngineMoved(state="loading"))
        self.engine.restart()

    def bring_back(self) -> None:
        """Start it where it had to make room for another one that did not come."""
        if self.engine is not None and self.engine.child.state == "stopped" and self._suspended is None:
            self.begin()

    def replace(self, engine: Engine) -> Engine | None:
        """Another one, which is loaded, answers from now on; → the old one, which may still finish its answers."""
        old = self.engine
        self._suspended = None
        self._watch(engine)
        return old

    def tell_ready(self) -> None:
        """Say again that questions can be asked: another model, or another adapter."""
        if self.engine is not None and self.engine.info is not None:
            self._loaded(self.engine, self.engine.info)

    def stop(self) -> None:
        """The core ends."""
        if self.engine is not None:
            self.engine.child.stop()

    def _watch(self, engine: Engine) -> None:
        self.engine = engine
        engine.loading.connect(lambda fraction: self._loading(engine, fraction))
        engine.loaded.connect(lambda info: self._loaded(engine, info))
        engine.failed.connect(lambda error: self._failed(engine, error))

    def _loading(self, engine: Engine, fraction: float) -> None:
        if engine is self.engine:
            self._move(c.EngineMoved(state="loading", fraction=fraction))

    def _loaded(self, engine: Engine, info: ModelInfo) -> None:
        if engine is not self.engine:
            return
        self._move(c.EngineMoved(state="ready", info=info))
        waiting, self._waiting = self._waiting, []
        for go, _ in waiting:
            go(engine)
        self.ready.emit(info)

    def _failed(self, engine: Engine, error: AppError) -> None:
        if engine is not self.engine:
            return
        self._move(c.EngineMoved(state="failed", failure=failure_of(error)))
        self._tell_waiting(error)
        if engine.child.state == "ready":  # a process that ended starts again by itself
            self.refused.emit(error)

    def _tell_waiting(self, error: AppError) -> None:
        waiting, self._waiting = self._waiting, []
        for _, failed in waiting:
            failed(error)

    def _move(self, state: c.EngineMoved) -> None:
        self.state = state
        self._house.tell(state)
