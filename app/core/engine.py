"""One engine and the model that it holds: loaded as soon as its process is there, and again after a crash.

The engine of a model on a server is no process but a connection; it is asked and told in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.backend import ENGINE, SERVER, Abilities
from app.core.children import Child
from app.core.house import House
from app.core.requests import Job
from app.core.signals import Signal
from app.errors import AppError
from app.models.registry import comes_along
from app.rules import MODELS
from app.runtimes import Device
from app.settings import CONTEXT_LENGTH, GPU_LAYERS, THREADS
from app.types import InstalledModel, ModelInfo
from app.workers.calls.engine import Load, Loaded, LoadProgress
from app.workers.message import Call


class Engine:
    """Answers once `info` is known."""

    def __init__(self, house: House, model: InstalledModel, child: Child | None = None) -> None:
        """`child`: a process that is there already, without a model."""
        self._house = house
        self.model = model
        self.info: ModelInfo | None = None
        """What the engine says of the loaded model; None until it can answer."""
        remote = model.origin == "server"
        self.devices: tuple[Device, ...] = ()
        """As its process saw them when the model was loaded."""
        self.can: Abilities = SERVER if remote else ENGINE
        self.child = child or (house.make_remote(model, None) if remote else house.make_child("engine"))
        self.loading: Signal[float] = Signal()
        """How much of the model has been read, 0 to 1."""
        self.loaded: Signal[ModelInfo] = Signal()
        self.failed: Signal[AppError] = Signal()
        """The process ended by itself, or cannot load the model."""
        self._job: Job | None = None
        self._paused: Callable[[], object] | None = None
        self.used_at = 0.0
        """By the core's clock, when it was asked last, or had loaded."""
        self._is_empty = child is not None and child.state == "ready"
        """The process is there without a model: nothing was asked of it, or it could not load it the last time."""
        self.child.ready.connect(self._load)
        self.child.failed.connect(self._ended)

    def request(
        self,
        call: Call,
        *,
        done: Callable[[Any], object],
        event: Callable[[Any], object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Ask the model; see app.core.children.Requester."""
        self.used_at = self._house.clock.now()
        return self.child.request(call, done=done, event=event, failed=failed, cancelled=cancelled)

    @property
    def is_idle(self) -> bool:
        """Whether it neither answers nor is about to."""
        return self._is_empty or self.child.state in ("stopped", "failed")

    def start(self) -> None:
        """Start the process, which loads the model; where it runs without a model, load it again."""
        if self._is_empty:
            self._load()
        else:
            self.child.start()

    def restart(self) -> None:
        """End the process and load the model in another one."""
        self.info, self._is_empty = None, False
        self.child.restart()

    def rest(self) -> None:
        """End the process so that its memory is free; `start` brings it back."""
        self.info, self._is_empty = None, False
        self.child.retire()

    def hold(self, room: Callable[[], object]) -> None:
        """Stop loading, and call `room` when that is so; `go_on` loads again."""
        if self._job is not None and self._job.active:
            self._paused = room
            self._job.cancel()

    def go_on(self) -> None:
        """Load what `hold` held up."""
        self._load()

    def _load(self, *_: object) -> None:
        settings, model = self._house.settings, self.model
        wanted = settings.get(CONTEXT_LENGTH)
        call = Load(
            path=model.path,
            context=min(wanted, model.context_trained) if model.context_trained else wanted,
            gpu_layers=settings.get(GPU_LAYERS),
            threads=settings.get(THREADS),
            adapter=model.adapter,
            projector=model.projector,
            allowed=None if comes_along(model) else settings.policy.rule(MODELS),
        )
        self.info, self._is_empty = None, False
        self._job = self.child.request(
            call, event=self._moved, done=self._loaded, failed=self._refused, cancelled=self._held
        )

    def _moved(self, data: Any) -> None:
        if isinstance(data, LoadProgress):
            self.loading.emit(data.fraction)

    def _loaded(self, data: Loaded) -> None:
        self.info, self.devices, self.used_at = data.info, data.devices, self._house.clock.now()
        self.loaded.emit(data.info)

    def _refused(self, error: AppError) -> None:
        if self.child.state == "ready":  # else its end is told by the child itself
            self._is_empty = True
            self.failed.emit(error)

    def _held(self) -> None:
        room, self._paused = self._paused, None
        if room is not None:
            room()

    def _ended(self, error: AppError) -> None:
        self.info, self._is_empty = None, False
        self.failed.emit(error)
