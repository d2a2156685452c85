"""Taking a new model elsewhere: as a GGUF for other programs, or in one file for another Inhouse."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.errors import AppError
from app.finetune.use import card_of
from app.formats import GGUF_SUFFIX, SHARED_SUFFIX
from app.gui.finetune.action_row import ActionRow
from app.gui.finetune.controller import FinetuneController
from app.gui.hardware import size_text
from app.gui.widgets import Label
from app.gui.widgets.file_dialogs import ask_where_to_save
from app.types import InstalledModel


class Elsewhere(QWidget):
    """Two offers; while one file is written its offer shows how far it is and can cancel."""

    toast_asked = Signal(str)

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller, self._files = controller, controller.models.files
        self._model: InstalledModel | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Take it elsewhere"), "heading"))
        self.export = ActionRow("file-box", self.tr("Export as GGUF"), self.tr("Export"))
        self.export.button.clicked.connect(lambda: self._start(self.export))
        self.share = ActionRow("share-2", self.tr("Share as file"), self.tr("Save file"))
        self.share.button.clicked.connect(lambda: self._start(self.share))
        self._offers = (self.export, self.share)
        for offer in self._offers:
            column.addWidget(offer)
        self._writing: ActionRow | None = None
        self._files.exporting.connect(self._moved)
        self._files.export_ended.connect(self._ended)

    def show_model(self, model: InstalledModel | None) -> None:
        """The model that can be taken; None where it is not installed any more."""
        self._model = model
        if self._writing is None:
            self._show_idle()

    def _show_idle(self) -> None:
        there = self._model is not None and Path(self._model.path).exists()
        text = self.tr("It is not installed any more.")
        if self._model is not None and there:
            figures = ", ".join(part for part in (size_text(self._model.file_bytes), self._model.quantization) if part)
            text = self.tr("{0}. Opens in other programs too.").format(figures)
        gone = "" if there else self.tr("The model's file is no longer there.")
        self.export.show_idle(text, gone)
        self.share.show_idle(self.tr("With name and scores, without documents."), gone)

    def _start(self, offer: ActionRow) -> None:
        if self._writing is not None:
            self._files.cancel_export()
            return
        model = self._model
        if model is None:
            return
        if offer is self.export:
            title, kinds = self.tr("Export as GGUF"), self.tr("Model files (*.gguf)")
            name = f"{model.name} {model.quantization}".strip() + GGUF_SUFFIX
        else:
            title, kinds = self.tr("Share as file"), self.tr("Shared models (*{0})").format(SHARED_SUFFIX)
            name = model.name + SHARED_SUFFIX
        path = ask_where_to_save(self, title, name, kinds)
        if path is not None:
            self._writing = offer
            card = card_of(model, self._controller.runs) if offer is self.share else ""
            self._files.export(model, path, card)

    def _moved(self, name: str, fraction: float) -> None:
        if self._writing is None:
            return
        self._writing.show_progress(self.tr("Saving {0}, {1} %").format(name, round(fraction * 100)), self.tr("Cancel"))
        for offer in self._offers:
            if offer is not self._writing:
                offer.button.disable(self.tr("Another file is being saved."))

    def _ended(self, name: str, error: AppError | None) -> None:
        self._writing = None
        self._show_idle()
        if error is not None:
            self._controller.failed.emit(error)
        elif name:
            self.toast_asked.emit(self.tr("Saved as “{0}”.").format(name))
