"""The list of keys: F1 opens it, Settings shows the same table."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.gui.settings.keycap import Keycap
from app.gui.shell.shortcuts import TABLE, Keys, translated
from app.gui.theme import theme
from app.gui.widgets import Button, Label
from app.gui.widgets.page_frame import ScrollColumn, Separator


class ShortcutList(QDialog):
    """Every key, by what it belongs to; Esc closes it."""

    def __init__(self, pages: Collection[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard"))
        self.setModal(True)
        self.resize(theme().px(560), theme().px(600))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 24, 0, 16)
        column.setSpacing(8)
        title = Label(self.tr("Keyboard"), "title")
        title.setContentsMargins(24, 0, 24, 0)
        column.addWidget(title)
        scroll = ScrollColumn((24, 0, 24, 0))
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.column.addWidget(KeyTable(pages))
        scroll.column.addStretch(1)
        column.addWidget(scroll, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 0, 24, 0)
        foot.addStretch(1)
        close = Button(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot.addWidget(close)
        column.addLayout(foot)
        close.setFocus()


class KeyTable(QWidget):
    """The lines of the table in their groups."""

    def __init__(self, pages: Collection[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        group = ""
        for keys in TABLE:
            if keys.action.startswith("page_") and keys.action[5:] not in pages:
                continue
            if keys.group != group:
                group = keys.group
                column.addSpacing(16)
                column.addWidget(Label(translated(group), "uiStrong", "text2"))
                column.addSpacing(4)
            column.addLayout(_line(keys))
            column.addWidget(Separator())


def _line(keys: Keys) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 6, 0, 6)
    row.setSpacing(8)
    row.addWidget(Label(translated(keys.text), "ui", wrap=True), 1)
    for sequence in keys.shown():
        row.addWidget(Keycap(sequence))
    return row
