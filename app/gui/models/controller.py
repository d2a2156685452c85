"""Which model answers, as the core tells; what a person does about it, as calls. No widgets."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from app.core.calls import models as c
from app.core.protocol import Welcome
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.hardware import Fit, fit_of, size_text
from app.gui.models.catalogue import ModelCatalogue
from app.gui.models.embedders import SearchEmbedders
from app.gui.models.files import ModelFiles
from app.gui.models.found import FoundModels
from app.gui.models.readers import SearchReaders
from app.gui.models.servers import ModelServers
from app.gui.shell.session import Session
from app.models.model_files import is_missing
from app.types import InstalledModel, ModelInfo
from app.workers.failures import error_of
from app.workers.message import Call


class ModelsController(QObject):
    """The engine in use and the models that could take its place."""

    engine_ready = Signal(object)
    """ModelInfo: questions can be asked."""
    engine_failed = Signal(object)
    """AppError: the engine ended by itself, or cannot load the model in use."""
    loading = Signal(float)
    """How much of the model in use has been read, 0 to 1."""
    switching = Signal(str, float)
    """Name of the model that is being loaded, and how much of it has been read."""
    switch_failed = Signal(str, object)
    switched = Signal(object)
    """ModelInfo"""
    models_changed = Signal()
    refused = Signal(object)
    """AppError of a wish that nothing else shows."""

    def __init__(self, core: CoreClient, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core, self._session = core, session
        self._listed = session.state.models or c.Models(models=())
        self._engine = c.EngineMoved(state="loading")
        self._switch_id = ""
        self._switch_started = 0.0
        self._switch_moved = c.Switching(model_id="")
        self.files = ModelFiles(core, self)
        """Imports and exports."""
        self.found = FoundModels(core, self)
        """Models of other programs on this computer."""
        self.servers = ModelServers(core, self)
        """Models on the company's servers."""
        self.readers = SearchReaders(core, self)
        """What weighs the sentences that search finds."""
        self.embedders = SearchEmbedders(core, self)
        """What finds passages by meaning."""
        self.catalogue = ModelCatalogue(core, self)
        """What could be fetched, and what is on its way."""
        core.told.connect(self._told)
        core.welcomed.connect(self._welcomed)

    # --- what is so ---------------------------------------------------------------------------------------------------

    @property
    def info(self) -> ModelInfo | None:
        """What the engine says of the loaded model; None until it can answer."""
        return self._engine.info if self._engine.state == "ready" else None

    @property
    def is_resting(self) -> bool:
        """Whether its memory was freed because nobody asked; the next key brings it back."""
        return self._engine.state == "stopped"

    @property
    def active(self) -> InstalledModel | None:
        """The model in use, loaded or about to be."""
        return self.find(self._listed.active)

    @property
    def switch_words(self) -> str:
        """Who answers while a model is loaded, and why."""
        moved, active = self._switch_moved, self.active
        if active is None:
            return ""
        if moved.beside:
            return self.tr("{0} answers until it is ready: the memory has room for both.").format(active.name)
        need, free = size_text(moved.need_bytes), size_text(moved.free_bytes)
        words = self.tr("{0} is released first: this one needs {1}, and {2} are free. Questions wait for it.")
        return words.format(active.name, need, free)

    @property
    def switching_to(self) -> str:
        """The name of the model that is being loaded, or ""."""
        model = self.find(self._switch_id)
        return model.name if model is not None else ""

    @property
    def switch_seconds(self) -> float:
        """How long the switch under way has taken."""
        return time.monotonic() - self._switch_started if self._switch_id else 0.0

    @property
    def note(self) -> str:
        """What went wrong with the list of models, for the user, or ""."""
        return self._listed.note

    def models(self) -> list[InstalledModel]:
        """All of them; what uses another one's weights stands behind that one."""
        models = self._listed.models
        first: dict[str, int] = {}
        for place, model in enumerate(models):
            first.setdefault(model.path or model.id, place)
        return sorted(models, key=lambda model: (first[model.path or model.id], bool(model.adapter)))

    def fit(self, model: InstalledModel) -> Fit:
        """How it runs on this computer, or would."""
        active = self.active
        in_use = active is not None and active.id == model.id
        if self.at_once(model):
            return Fit(self.tr("Switches at once"), "success", "zap")
        return fit_of(model, self._listed.fits.get(model.id), self.info if in_use else None)

    def at_once(self, model: InstalledModel) -> bool:
        """Whether the weights that it needs are loaded, with another adapter or none: switching takes no time."""
        active = self.active
        if active is None or self.info is None or model.id == active.id or not model.path:
            return False
        return model.path == active.path and not is_missing(model)

    def find(self, key: str) -> InstalledModel | None:
        """The model of this id, or of this name."""
        models = self._listed.models
        return next((model for model in models if model.id == key), None) or next(
            (model for model in models if model.name == key), None
        )

    def previous(self) -> InstalledModel | None:
        """The model that *go back* brings back."""
        return self.find(self._listed.previous)

    # --- what a person does -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Load the model in use; call it after the first paint."""
        self._core.request(c.LoadEngine(), failed=self.engine_failed.emit)

    def wake(self) -> None:
        """Load it again where it was unloaded because nobody asked."""
        if self._engine.state == "stopped":
            self._engine = c.EngineMoved(state="loading")
            self.start()

    def restart_engine(self) -> None:
        """End the engine and load the same model again."""
        self._core.request(c.RestartEngine(), failed=self.engine_failed.emit)

    def switch_to(self, key: str) -> None:
        """Load another model, by id or name; the old one answers until it is ready. One at a time."""
        model = self.find(key)
        self._switch(c.UseModel(model_id=key), model.id if model is not None else key)

    def go_back(self) -> None:
        """The model in use before this one."""
        before = self.previous()
        if before is not None:
            self._switch(c.GoBack(), before.id)

    def cancel_switch(self) -> None:
        """The old model stays."""
        self._core.request(c.CancelSwitch(), failed=self.refused.emit)

    def rename(self, key: str, name: str) -> str:
        """Another name; → why it cannot be had, or ""."""
        wanted = " ".join(name.split())
        model = self.find(key)
        others = {each.name.casefold() for each in self._listed.models if model is None or each.id != model.id}
        if not wanted or wanted.casefold() in others:
            return self.tr("A model cannot be called “{0}”. Choose a name that no other model has.").format(wanted)
        self._core.request(c.RenameModel(model_id=key, name=wanted), failed=self.refused.emit)
        return ""

    def remove(self, key: str) -> None:
        """Remove a model that nothing uses."""
        self._core.request(c.RemoveModel(model_id=key), failed=self.refused.emit)

    def stop(self) -> None:
        """The window closes; the engine is the core's."""

    def _switch(self, call: Call, model_id: str) -> None:
        """Its progress and its end are told to every door; what is refused before it begins, to this one alone."""
        if self._switch_id:
            return

        def failed(error: AppError) -> None:
            if self._switch_id != model_id:
                model = self.find(model_id)
                self.switch_failed.emit(model.name if model is not None else model_id, error)

        self._core.request(call, failed=failed)

    # --- what the core tells ------------------------------------------------------------------------------------------

    def _told(self, data: object) -> None:
        match data:
            case c.EngineMoved():
                self._engine_moved(data)
            case c.ModelsChanged():
                self._list(data.models)
            case c.Switching():
                self._switching(data)
            case c.Switched():
                self._switched(data)
            case c.SwitchFailed():
                self._switch_failed(data)

    def _list(self, models: c.Models) -> None:
        self._listed = models
        self._session.update(models=models)
        self.catalogue.models_listed(models.models)
        self.models_changed.emit()

    def _engine_moved(self, moved: c.EngineMoved) -> None:
        self._engine = moved
        if moved.state == "ready" and moved.info is not None:
            self.engine_ready.emit(moved.info)
        elif moved.state == "failed" and moved.failure is not None:
            self.engine_failed.emit(error_of(moved.failure))
        elif moved.state == "loading":
            self.loading.emit(moved.fraction)
        elif moved.state == "stopped":
            self.models_changed.emit()

    def _switching(self, moved: c.Switching) -> None:
        if moved.model_id != self._switch_id:
            self._switch_id, self._switch_started = moved.model_id, time.monotonic()
        self._switch_moved = moved
        if moved.model_id:
            self.switching.emit(self.switching_to, moved.fraction)
        else:
            self.models_changed.emit()

    def _switched(self, switched: c.Switched) -> None:
        self._switch_id = ""
        if switched.info is not None:
            self.switched.emit(switched.info)

    def _switch_failed(self, failed: c.SwitchFailed) -> None:
        model = self.find(failed.model_id)
        self._switch_id = ""
        self.switch_failed.emit(model.name if model is not None else failed.model_id, error_of(failed.failure))

    def _welcomed(self, welcome: Welcome) -> None:
        self._switch_id = welcome.switching.model_id if welcome.switching is not None else ""
        if welcome.models is not None:
            self._list(welcome.models)
        if welcome.engine is not None:
            self._engine_moved(welcome.engine)
