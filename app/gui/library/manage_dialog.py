"""All assistants and prompts, from the chat: made, changed, removed, and handed on as a file."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.gui.library.editor import LibraryEditor
from app.gui.library.library_list import LibraryList
from app.gui.theme import theme
from app.gui.widgets import Button, Label

WIDTH, HEIGHT = 640, 540


class ManageDialog(QDialog):
    """The list of Settings, without leaving the chat."""

    def __init__(self, editor: LibraryEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = self.tr("Assistants and prompts")
        self.setWindowTitle(title)
        self.setModal(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(Label(title, "heading"))
        said = self.tr("Type / in an empty question to choose one. Settings says which one new chats begin with.")
        column.addWidget(Label(said, "ui", "text2", wrap=True))
        self.list = LibraryList(editor, scrolls=True)
        column.addWidget(self.list, 1)
        close = Button(self.tr("Close"))
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column.addLayout(row)
        room = self.screen().availableSize()
        self.resize(min(theme().px(WIDTH), room.width() - 32), min(theme().px(HEIGHT), room.height() - 64))
        self.list.new.setFocus()
