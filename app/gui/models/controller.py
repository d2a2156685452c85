"""Which model answers: owns the engine's process, swaps it without losing the old one, lists and removes models."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import AppError
from app.gui import hardware
from app.gui.models.files import MakeClient, ModelFiles
from app.gui.worker_client import Job, WorkerClient
from app.models.registry import Registry
from app.settings import CONTEXT_LENGTH, GPU_LAYERS, THREADS, Settings
from app.types import InstalledModel, ModelInfo
from app.workers.protocol import (
    AnyData,
    Load,
    Loaded,
    LoadProgress,
    SetAdapter,
)

log = logging.getLogger(__name__)

RETIRE_POLL_MS = 100
SPEED_CHANGE = 0.05
"""A measured speed is stored when it differs by more than this share, so that an answer does not cost a disk write."""
RELOADS = (CONTEXT_LENGTH.key, THREADS.key, GPU_LAYERS.key)
RELOAD_DELAY_MS = 800


class ModelsController(QObject):
    """The engine in use and the models that could take its place."""

    engine_changed = Signal()
    """`engine` is another process now."""
    engine_ready = Signal(object)
    """ModelInfo: questions can be asked."""
    engine_leaving = Signal(object)
    """AppError: the engine is about to be ended from here; what it is answering is lost unless somebody keeps it."""
    engine_failed = Signal(object)
    """AppError: the engine ended by itself, or cannot load the model in use."""
    loading = Signal(float)
    """How much of the model in use has been read, 0 to 1."""
    switching = Signal(str, float)
    switch_failed = Signal(str, object)
    switched = Signal(object)
    models_changed = Signal()

    def __init__(
        self, registry: Registry, settings: Settings, make_client: MakeClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._registry, self._settings, self._make_client = registry, settings, make_client
        self._engine = make_client("engine")
        self._info: ModelInfo | None = None
        self._active = registry.active()
        self._next: WorkerClient | None = None
        self._switch_job: Job | None = None
        self._switch_name = ""
        self._switch_started = 0.0
        self._retired: list[WorkerClient] = []
        self._guards: list[Callable[[InstalledModel], AppError | None]] = []
        self._retire_timer = QTimer(self, interval=RETIRE_POLL_MS)
        self._retire_timer.timeout.connect(self._end_retired)
        self._reload_timer = QTimer(self, singleShot=True, interval=RELOAD_DELAY_MS)
        self._reload_timer.timeout.connect(self._reload)
        self._unsubscribe = settings.subscribe(self._setting_changed)
        self.files = ModelFiles(make_client, self._retire, self)
        """Imports and exports."""
        self.files.import_ended.connect(lambda *_: self.models_changed.emit())
        self._watch(self._engine)

    # --- what is so -------------------------------------------------------------------------------------------------

    @property
    def engine(self) -> WorkerClient:
        """The engine that answers now."""
        return self._engine

    @property
    def info(self) -> ModelInfo | None:
        """What the engine says of the loaded model; None until it can answer."""
        return self._info

    @property
    def active(self) -> InstalledModel | None:
        """The model in use, loaded or about to be."""
        return self._active

    @property
    def switching_to(self) -> str:
        """The name of the model that is being loaded, or ""."""
        return self._switch_name

    @property
    def switch_seconds(self) -> float:
        """How long the switch under way has taken."""
        return time.monotonic() - self._switch_started if self._switch_name else 0.0

    @property
    def note(self) -> str:
        """What went wrong with the list of models, for the user, or ""."""
        return self._registry.note

    def models(self) -> list[InstalledModel]:
        return self._registry.models()

    def previous(self) -> InstalledModel | None:
        """The model that *go back* brings back."""
        return self._registry.previous()

    # --- the engine in use ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Load the model in use; call it after the first paint."""
        if self._active is None:
            error = AppError("No model is installed.", "Import a model file on the Models page.")
            self.engine_failed.emit(error)
            return
        self._engine.start()

    def restart_engine(self) -> None:
        """End the engine and load the same model again."""
        self._info = None
        self._active = self._active or self._registry.active()
        if self._active is None:
            self.start()
            return
        self.engine_leaving.emit(AppError("The model was started again.", "Ask once more."))
        self._engine.restart()

    def suspend(self, error: AppError) -> None:
        """End the engine so that its memory is free; `error` says why the chat is silent."""
        self.cancel_switch()
        self._info = None
        self.engine_leaving.emit(error)
        self._engine.stop()
        self.engine_failed.emit(error)

    def stop(self) -> None:
        """The window closes: end every process."""
        self._unsubscribe()
        self._retire_timer.stop()
        self._reload_timer.stop()
        self.files.stop()
        for client in (self._engine, self._next, *self._retired):
            if client is not None:
                client.stop()

    def note_speed(self, tokens_per_s: float) -> None:
        """Remember how fast the model in use writes here."""
        model = self._active
        if model is None or tokens_per_s <= 0:
            return
        known = model.tokens_per_s
        if known is not None and abs(known - tokens_per_s) <= known * SPEED_CHANGE:
            return
        self._active = msgspec.structs.replace(model, tokens_per_s=tokens_per_s)
        try:
            self._registry.set_speed(model.name, tokens_per_s)
        except AppError as error:
            log.info("The speed could not be stored: %s", error)
        self.models_changed.emit()

    def _watch(self, engine: WorkerClient) -> None:
        engine.ready.connect(self._load_active)
        engine.failed.connect(self._engine_ended)

    def _load_active(self, *_: object) -> None:
        if self._active is None:
            return
        self._engine.request(
            self._load_call(self._active),
            event=self._load_moved,
            done=self._active_loaded,
            failed=self._active_refused,
        )

    def _load_call(self, model: InstalledModel) -> Load:
        wanted = self._settings.get(CONTEXT_LENGTH)
        context = min(wanted, model.context_trained) if model.context_trained else wanted
        layers, threads = self._settings.get(GPU_LAYERS), self._settings.get(THREADS)
        return Load(path=model.path, context=context, gpu_layers=layers, threads=threads, adapter=model.adapter)

    def _load_moved(self, data: AnyData) -> None:
        if isinstance(data, LoadProgress):
            self.loading.emit(data.fraction)

    def _active_loaded(self, data: AnyData) -> None:
        if isinstance(data, Loaded):
            self._info = data.info
            self.engine_ready.emit(data.info)

    def _active_refused(self, error: AppError) -> None:
        self._info = None
        self.engine_failed.emit(error)

    def _engine_ended(self, error: AppError) -> None:
        self._info = None
        self.engine_failed.emit(error)

    # --- switching --------------------------------------------------------------------------------------------------

    def switch_to(self, name: str) -> None:
        """Load another model in a process of its own; the old one answers until it is ready. One at a time."""
        if self._switch_name or (self._active is not None and self._active.name == name and self._info is not None):
            return
        try:
            model = self._registry.find(name)
        except AppError as error:
            self.switch_failed.emit(name, error)
            return
        self._switch_name, self._switch_started = model.name, time.monotonic()
        self.switching.emit(model.name, 0.0)
        if self._info is not None and self._active is not None and model.path == self._active.path:
            self._swap_adapter(model)
        else:
            self._load_beside(model)

    def go_back(self) -> None:
        """The model in use before this one."""
        before = self._registry.previous()
        if before is not None:
            self.switch_to(before.name)

    def cancel_switch(self) -> None:
        """The old model stays."""
        client, self._next = self._next, None
        if client is None:
            return
        self._bring_back()
        self._switch_job = None
        self._switch_name = ""
        client.retire()
        self._retire(client)
        self.models_changed.emit()

    def _load_beside(self, model: InstalledModel) -> None:
        client = self._make_client("engine")
        self._next = client
        room = self._info is None or model.file_bytes * hardware.CONTEXT_SHARE <= hardware.free_memory_bytes()

        def moved(data: AnyData) -> None:
            if not isinstance(data, LoadProgress) or self._next is not client:
                return
            if room or self._info is None:
                self.switching.emit(model.name, data.fraction)
            elif job.active:
                job.cancel()  # the file is sound, else there were no progress: now make room for it

        def loaded(data: AnyData) -> None:
            if isinstance(data, Loaded) and self._next is client:
                self._take_over(client, model, data.info)

        def failed(error: AppError) -> None:
            if self._next is client:
                self._give_up(client, model.name, error)

        def load() -> None:
            if self._next is client:
                self._switch_job = client.request(self._load_call(model), event=moved, done=loaded, failed=failed)

        job = client.request(
            self._load_call(model), event=moved, done=loaded, failed=failed, cancelled=lambda: self._make_room(load)
        )
        self._switch_job = job

    def _make_room(self, then: Callable[[], None]) -> None:
        """Both models do not fit: end the old engine, after its answer, and go on when its memory is free."""
        if self._next is None:
            return
        if not self._engine.busy and self._engine.state != "stopped":
            self._info = None
            self._engine.retire()
            self.loading.emit(0.0)
        if self._engine.gone:
            then()
        else:
            QTimer.singleShot(RETIRE_POLL_MS, self, lambda: self._make_room(then))

    def _bring_back(self) -> None:
        """The old engine again, where it had to make room for one that did not come."""
        if self._info is None and self._engine.state == "stopped":
            self._engine.start()

    def _swap_adapter(self, model: InstalledModel) -> None:
        """The same weights with another adapter need no reload; the engine clears its KV cache itself."""
        info = self._info

        def done(_: AnyData) -> None:
            self._switch_name = ""
            try:
                self._registry.use(model.name)
            except AppError as error:
                self.switch_failed.emit(model.name, error)
                return
            if info is not None:
                self._active = model
                self._info = msgspec.structs.replace(info, name=model.name)
                self.switched.emit(self._info)
                self.engine_ready.emit(self._info)
                self.models_changed.emit()

        def failed(error: AppError) -> None:
            self._switch_name = ""
            self.switch_failed.emit(model.name, error)

        self._engine.request(SetAdapter(path=model.adapter), done=done, failed=failed)

    def _take_over(self, client: WorkerClient, model: InstalledModel, info: ModelInfo) -> None:
        """The new engine is ready: only now is it written down as the one in use."""
        try:
            self._registry.use(model.name)
        except AppError as error:
            self._give_up(client, model.name, error)
            return
        old, self._engine = self._engine, client
        self._next, self._switch_job, self._switch_name = None, None, ""
        self._active, self._info = model, info
        old.ready.disconnect(self._load_active)
        old.failed.disconnect(self._engine_ended)
        self._watch(client)
        self._retire(old)
        self.engine_changed.emit()
        self.switched.emit(info)
        self.engine_ready.emit(info)
        self.models_changed.emit()

    def _give_up(self, client: WorkerClient, name: str, error: AppError) -> None:
        self._next, self._switch_job, self._switch_name = None, None, ""
        self._retire(client)
        self._bring_back()
        self.switch_failed.emit(name, error)
        self.models_changed.emit()

    def _retire(self, client: WorkerClient) -> None:
        """An answer under way is finished by the engine that began it; then that one ends."""
        self._retired.append(client)
        self._retire_timer.start()

    def _end_retired(self) -> None:
        for client in [each for each in self._retired if not each.busy]:
            if client.gone:
                self._retired.remove(client)
                client.deleteLater()
            elif client.state != "stopped":
                client.retire()
        if not self._retired:
            self._retire_timer.stop()

    def _setting_changed(self, key: str) -> None:
        if key in RELOADS:
            self._reload_timer.start()

    def _reload(self) -> None:
        """Other memory settings need the same model in a new engine; the old one answers until it is ready."""
        if self._active is None or self._switch_name:
            return
        if self._info is None:
            self.restart_engine()
            return
        self._switch_name, self._switch_started = self._active.name, time.monotonic()
        self.switching.emit(self._active.name, 0.0)
        self._load_beside(self._active)

    # --- the list ---------------------------------------------------------------------------------------------------

    def install(self, model: InstalledModel) -> InstalledModel:
        """List a model whose file is in place; its name is made unique. Raises AppError."""
        listed = self._registry.install(model)
        self.models_changed.emit()
        return listed

    def guard(self, reason: Callable[[InstalledModel], AppError | None]) -> None:
        """Ask this before a model is removed: why it has to stay, or None."""
        self._guards.append(reason)

    def rename(self, name: str, new_name: str) -> InstalledModel:
        """The model under its new name. Raises AppError: the name is taken, or the model is just being loaded."""
        self._check_idle(name)
        renamed = self._registry.rename(name, new_name)
        if self._active is not None and self._active.name == name:
            self._active = renamed
        self.models_changed.emit()
        return renamed

    def remove(self, name: str) -> None:
        """Remove a model that nothing uses.

        Raises:
            AppError: it is in use, being loaded, needed by a training, or came with Inhouse.
        """
        self._check_idle(name)
        model = self._registry.find(name)
        if self._active is not None and self._active.name == name:
            raise AppError(f"“{name}” is in use.", "Use another model first, then remove this one.")
        for reason in self._guards:
            if (error := reason(model)) is not None:
                raise error
        self._registry.remove(name)
        self.models_changed.emit()

    def _check_idle(self, name: str) -> None:
        if name == self._switch_name:
            raise AppError(f"“{name}” is being loaded.", "Wait until it answers, or cancel the switch.")
