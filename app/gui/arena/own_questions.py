"""Questions that a person types to compare two models by."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPlainTextEdit

from app.gui.finetune.parts import Panel
from app.gui.theme import theme
from app.gui.widgets import Label


class OwnQuestions(Panel):
    """One a line; what stands there is told with each letter."""

    def __init__(self, told: Callable[[str], None]) -> None:
        super().__init__()
        self.column.addWidget(Label(self.tr("Your questions, one a line"), "uiStrong"))
        self.typed = QPlainTextEdit()
        self.typed.setAccessibleName(self.tr("Your questions, one a line"))
        self.typed.setProperty("field", "true")
        self.typed.setTabChangesFocus(True)
        self.typed.setMinimumHeight(theme().px(96))
        self.typed.textChanged.connect(lambda: told(self.typed.toPlainText()))
        self.column.addWidget(self.typed)
