"""Asks for a name; what is wrong with it stands below the field."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Button, Label, TextField


class RenameDialog(QDialog):
    """`check` tries the name and returns why it cannot be, or "" when it was taken."""

    def __init__(self, title: str, label: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.check: Callable[[str], str] = lambda text: ""
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(Label(title, "heading", wrap=True))
        self.field = TextField(label, text=name)
        self.field.setMinimumWidth(theme().px(360))
        self.field.edit.selectAll()
        self.field.edit.setMaxLength(80)
        column.addWidget(self.field)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.save = Button(self.tr("Rename"), "primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self._try)
        row.addWidget(cancel)
        row.addWidget(self.save)
        column.addLayout(row)
        self.field.edit.setFocus()

    def _try(self) -> None:
        problem = self.check(self.field.text())
        self.field.set_error(problem)
        if not problem:
            self.accept()
