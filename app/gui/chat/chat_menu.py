"""The menu of the open chat: rename, copy, export, delete."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.icons import icon
from app.types import InstalledModel


class ChatMenu(QMenu):
    """Signals carry the chat's id."""

    rename_asked = Signal(int)
    copy_asked = Signal(int)
    export_asked = Signal(int)
    delete_asked = Signal(int)
    model_chosen = Signal(str)
    """Id of a model that this chat keeps, "" for the one in use."""

    def __init__(self, chat_id: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename_asked.emit(chat_id))
        self.addAction(icon("copy"), self.tr("Copy chat"), lambda: self.copy_asked.emit(chat_id))
        self.addAction(icon("download"), self.tr("Export"), lambda: self.export_asked.emit(chat_id))
        self._models = self.addMenu(icon("box"), self.tr("Model of this chat"))
        self._models.menuAction().setVisible(False)
        self.addSeparator()
        self.addAction(icon("trash-2", "danger"), self.tr("Delete chat"), lambda: self.delete_asked.emit(chat_id))

    def offer_models(self, models: Sequence[InstalledModel], kept: str) -> None:
        """Let the chat keep one of these; `kept` is the id of the one that it has, "" for none of its own."""
        group = QActionGroup(self)
        for key, name in [("", self.tr("The model in use")), *((each.id, each.name) for each in models)]:
            action = self._models.addAction(name)
            action.setCheckable(True)
            action.setChecked(key == kept)
            action.triggered.connect(lambda _=False, key=key: self.model_chosen.emit(key))
            group.addAction(action)
        self._models.menuAction().setVisible(True)

    def open_below(self, button: QWidget) -> None:
        """Show it, its right edge under the button's; it goes when it is closed."""
        self.aboutToHide.connect(self.deleteLater)
        self.popup(button.mapToGlobal(QPoint(button.width() - self.sizeHint().width(), button.height() + 4)))
