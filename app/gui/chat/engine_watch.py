"""What the chat page shows of the engine: whether it can be asked, and how full its context is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.calls.chats import CountPrompt
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.models.controller import ModelsController
from app.workers.calls.engine import Counted

COUNT_DELAY_MS = 400
EngineState = Literal["loading", "ready", "failed"]


class EngineWatch(QObject):
    """The engine's state in three words."""

    moved = Signal(str)
    ready = Signal()
    loading = Signal(float)
    """How much of the model has been read."""

    def __init__(self, models: ModelsController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models = models
        self.state: EngineState = "ready" if models.info is not None else "loading"
        self.error: AppError | None = None
        models.engine_ready.connect(self._is_ready)
        models.engine_failed.connect(lambda error: self._set("failed", error))
        models.loading.connect(self._loads)

    def restart(self) -> None:
        """End the engine and load the same model again."""
        self._set("loading", None)
        self._models.restart_engine()

    def _is_ready(self, *_: object) -> None:
        self._set("ready", None)
        self.ready.emit()

    def _loads(self, fraction: float) -> None:
        if self.state != "ready":
            self._set("loading", None)
        self.loading.emit(fraction)

    def _set(self, state: EngineState, error: AppError | None) -> None:
        if error is not None:
            self.error = error
        if state != self.state or error is not None:
            self.state = state
            self.moved.emit(state)


class ContextMeter(QObject):
    """Asks what the next prompt would take, a moment after the last key and one request at a time."""

    measured = Signal(int, int)
    """Tokens that the next prompt takes, and the context they must fit in."""

    def __init__(self, core: CoreClient, may: Callable[[], bool], parent: QObject | None = None) -> None:
        """`may` tells whether the engine is there and has nothing better to do."""
        super().__init__(parent)
        self._core, self._may = core, may
        self._call = CountPrompt(chat_id=0)
        self._job: Job | None = None
        self._timer = QTimer(self, singleShot=True, interval=COUNT_DELAY_MS)
        self._timer.timeout.connect(self._measure)

    def count(self, chat_id: int, text: str) -> None:
        """Measure this soon."""
        self._call = CountPrompt(chat_id=chat_id, text=text)
        self._timer.start()

    def again(self) -> None:
        """Measure the same once more."""
        self._timer.start()

    def _measure(self) -> None:
        if not self._may():
            return
        if self._job is not None and self._job.active:
            self._timer.start()
            return
        self._job = self._core.request(self._call, done=self._counted, failed=lambda _: None)

    def stop(self) -> None:
        self._timer.stop()

    def _counted(self, data: Counted) -> None:
        self.measured.emit(data.tokens, data.context)
