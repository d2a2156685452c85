"""The menu of the open chat: rename, copy, export, delete."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.icons import icon


class ChatMenu(QMenu):
    """Signals carry the chat's id."""

    rename_asked = Signal(int)
    copy_asked = Signal(int)
    export_asked = Signal(int)
    delete_asked = Signal(int)

    def __init__(self, chat_id: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename_asked.emit(chat_id))
        self.addAction(icon("copy"), self.tr("Copy chat"), lambda: self.copy_asked.emit(chat_id))
        self.addAction(icon("download"), self.tr("Export"), lambda: self.export_asked.emit(chat_id))
        self.addSeparator()
        self.addAction(icon("trash-2", "danger"), self.tr("Delete chat"), lambda: self.delete_asked.emit(chat_id))

    def open_below(self, button: QWidget) -> None:
        """Show it, its right edge under the button's; it goes when it is closed."""
        self.aboutToHide.connect(self.deleteLater)
        self.popup(button.mapToGlobal(QPoint(button.width() - self.sizeHint().width(), button.height() + 4)))
