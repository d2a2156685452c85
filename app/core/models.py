"""Which model answers: owns the engine's process, swaps it without losing the old one, lists and removes models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.core.calls import models as c
from app.core.children import Requester
from app.core.house import Handler, House
from app.core.reply import Reply
from app.core.signals import Signal
from app.errors import AppError
from app.settings import CONTEXT_LENGTH, GPU_LAYERS, THREADS
from app.types import Answer, InstalledModel, ModelInfo
from app.workers import protocol as p
from app.workers.failures import failure_of


class ModelsDesk:
    """The engine in use and the models that could take its place."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.engine_ready: Signal[ModelInfo] = Signal()
        """Questions can be asked."""
        self.engine_leaving: Signal[AppError] = Signal()
        """The engine is about to be ended from here; what it is answering is lost unless somebody keeps it."""
        self.active: InstalledModel | None = house.registry.active()
        """The model in use, loaded or about to be."""
        self.info: ModelInfo | None = None
        self._engine = house.make_child("engine")
        self._state = c.EngineMoved(state="stopped")
        self._engine.ready.connect(self._load_active)
        self._engine.failed.connect(self._engine_failed)

    def handlers(self) -> Mapping[type[p.Call], Handler]:
        return {c.LoadEngine: self._load, c.ListModels: lambda _, reply: reply.done(self.listed())}

    # --- what is so ---------------------------------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether questions can be asked now."""
        return self.info is not None

    @property
    def is_busy(self) -> bool:
        """Whether a switch, an import or an export is under way."""
        return False

    @property
    def active_id(self) -> str:
        return self.active.id if self.active is not None else ""

    @property
    def backend(self) -> Requester:
        """Who answers now: the engine, or a server of the company."""
        return self._engine

    def with_backend(self, model_id: str, ready: Callable[[Requester, InstalledModel], object], reply: Reply) -> None:
        """Call `ready` once this model ("" the one in use) can answer; progress and failure go to `reply`."""
        model = self.active
        if model is None:
            raise AppError("No model is installed.", "Import a model file on the Models page.")
        self._engine.start()
        ready(self._engine, model)

    def engine_state(self) -> c.EngineMoved:
        return self._state

    def switching(self) -> c.Switching | None:
        """The switch under way."""
        return None

    def listed(self) -> c.Models:
        """All models as a door shows them."""
        return c.Models(models=tuple(self._house.registry.models()), active=self.active_id)

    def note_speed(self, answer: Answer) -> None:
        """Remember how fast the model in use writes here."""

    # --- the engine in use --------------------------------------------------------------------------------------------

    def _load(self, call: c.LoadEngine, reply: Reply) -> None:
        self._engine.start()
        reply.done(p.Done())

    def _load_active(self, *_: object) -> None:
        if self.active is None:
            return
        settings = self._house.settings
        call = p.Load(
            path=self.active.path,
            context=settings.get(CONTEXT_LENGTH),
            gpu_layers=settings.get(GPU_LAYERS),
            threads=settings.get(THREADS),
            adapter=self.active.adapter,
        )
        self._engine.request(call, event=self._loading, done=self._loaded, failed=self._engine_failed)

    def _loading(self, data: Any) -> None:
        if isinstance(data, p.LoadProgress):
            self._move(c.EngineMoved(state="loading", fraction=data.fraction))

    def _loaded(self, data: p.Loaded) -> None:
        self.info = data.info
        self._move(c.EngineMoved(state="ready", info=data.info))
        self.engine_ready.emit(data.info)

    def _engine_failed(self, error: AppError) -> None:
        self.info = None
        self._move(c.EngineMoved(state="failed", failure=failure_of(error)))

    def _move(self, state: c.EngineMoved) -> None:
        self._state = state
        self._house.tell(state)

    def stop(self) -> None:
        self._engine.stop()
