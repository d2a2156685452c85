"""The menu of the open chat: rename, copy, export, delete."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.chat.controller import ChatController
from app.gui.icons import icon


class ChatMenu(QMenu):
    """Signals of what is asked carry the chat's id."""

    rename_asked = Signal(int)
    copied = Signal(str)
    """What to say of it."""
    export_asked = Signal(int)
    delete_asked = Signal(int)

    def __init__(self, controller: ChatController, parent: QWidget) -> None:
        super().__init__(parent)
        chat_id = controller.chat_id
        self.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename_asked.emit(chat_id))
        self.addAction(icon("copy"), self.tr("Copy chat"), lambda: self._copy(controller.as_text()))
        self.addAction(icon("download"), self.tr("Export"), lambda: self.export_asked.emit(chat_id))
        self._offer_models(controller)
        self.addSeparator()
        self.addAction(icon("trash-2", "danger"), self.tr("Delete chat"), lambda: self.delete_asked.emit(chat_id))

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(self.tr("The chat was copied."))

    def _offer_models(self, controller: ChatController) -> None:
        """Let the open chat keep a model of its own."""
        kept = controller.chat.own_model_id if controller.chat is not None else ""
        models = self.addMenu(icon("box"), self.tr("Model of this chat"))
        group = QActionGroup(self)
        for key, name in [("", self.tr("The model in use")), *((each.id, each.name) for each in controller.models)]:
            action = models.addAction(name)
            action.setCheckable(True)
            action.setChecked(key == kept)
            action.triggered.connect(lambda _=False, key=key: controller.keep_model(key))
            group.addAction(action)

    def open_below(self, button: QWidget) -> None:
        """Show it, its right edge under the button's; it goes when it is closed."""
        self.aboutToHide.connect(self.deleteLater)
        self.popup(button.mapToGlobal(QPoint(button.width() - self.sizeHint().width(), button.height() + 4)))
