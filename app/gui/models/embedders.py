"""The embedder, which finds passages by meaning: which one is in use, as the core tells, and what is wished."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from app.core.calls import embedders as c
from app.core.requests import Job
from app.embedder.embedders import Manifest
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.workers.calls.embedders import ImportEmbedder, ImportProgress


class SearchEmbedders(QObject):
    """Knows the embedders of this data folder, and asks for another one."""

    changed = Signal()
    progressed = Signal()
    """The one that is on its way has read more passages."""
    importing = Signal(str)
    """What is being done with the one that comes in; "" at the end."""
    failed = Signal(object)
    """AppError: why another one could not be had."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.shown = c.Embedders(active=Manifest())
        self._import: Job | None = None
        core.told.connect(self._told)
        core.welcomed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Ask the core."""
        self._core.request(c.ShowEmbedders(), done=self._show, failed=self.failed.emit)

    def use(self, embedder_id: str) -> None:
        """Search by this one, once it has read every passage."""
        self._core.request(c.ChooseEmbedder(embedder_id=embedder_id), failed=self.failed.emit)

    def go_back(self) -> None:
        """The one before, in the same way."""
        self._core.request(c.LeaveEmbedder(), failed=self.failed.emit)

    def cancel(self) -> None:
        """Leave the change under way."""
        self._core.request(c.CancelEmbedder(), failed=self.failed.emit)

    def remove(self, embedder_id: str) -> None:
        """Delete one that is not in use."""
        self._core.request(c.RemoveEmbedder(embedder_id=embedder_id), failed=self.failed.emit)

    def bring_in(self, path: Path) -> None:
        """Import a sentence-transformers folder or a GGUF file."""
        if self._import is not None and self._import.active:
            return
        self.importing.emit(path.name)
        self._import = self._core.request(
            ImportEmbedder(path=str(path)),
            event=lambda data: self.importing.emit(data.step) if isinstance(data, ImportProgress) else None,
            done=lambda _: self.importing.emit(""),
            failed=self._refused,
            cancelled=lambda: self.importing.emit(""),
        )

    def cancel_import(self) -> None:
        """Leave the import under way."""
        if self._import is not None:
            self._import.cancel()

    def _refused(self, error: AppError) -> None:
        self.importing.emit("")
        self.failed.emit(error)

    def _told(self, data: object) -> None:
        if isinstance(data, c.EmbeddersChanged):
            self._show(data.embedders)

    def _show(self, embedders: c.Embedders) -> None:
        before, self.shown = self.shown, embedders
        if msgspec.structs.replace(before, progress=embedders.progress) == embedders and embedders.progress is not None:
            self.progressed.emit()
        else:
            self.changed.emit()
            if embedders.problem and embedders.problem != before.problem:
                self.failed.emit(AppError(embedders.problem))
