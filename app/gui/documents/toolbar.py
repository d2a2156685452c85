"""The line above the table of documents: what is added, and in a narrow window the choice of a collection."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Button, ThemedWidget


class Toolbar(ThemedWidget):
    """Buttons only; what they do the page says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 13)
        row.setSpacing(8)
        self.chooser = Button("", icon="folder-open", trailing="chevron-down")
        self.chooser.setAccessibleName(self.tr("Collection"))
        self.add_files = Button(self.tr("Add files"), "primary", "file-plus")
        self.add_files.setToolTip(self.tr("Add files (Ctrl+O)"))
        self.add_folder = Button(self.tr("Add folder"), icon="folder-plus")
        self.add_folder.setToolTip(self.tr("Add folder (Ctrl+Shift+O)"))
        for button in (self.chooser, self.add_files, self.add_folder):
            row.addWidget(button)
        row.addStretch(1)
        self.ask_all = Button(self.tr("Ask every document"), icon="columns-2")
        self.ask_all.setToolTip(self.tr("The same fields of each document, as a table with sources"))
        row.addWidget(self.ask_all)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))
