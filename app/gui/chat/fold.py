"""What stands behind an answer, folded away below one line."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.chat.answer_body import AnswerBody
from app.gui.chat.chips import Citations
from app.gui.widgets import Button


class Fold(QWidget):
    """A quiet button; a click shows the Markdown of `text` below it, or hides it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.button = Button("", "quiet", "chevron-right")
        self.button.clicked.connect(self._toggle)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        self.column.addLayout(row)
        self.body = AnswerBody(Citations())
        self.body.hide()
        self.body.setContentsMargins(16, 4, 0, 8)
        self.column.addWidget(self.body)

    def text(self) -> str:
        """What is shown when it opens."""
        raise NotImplementedError

    def _toggle(self) -> None:
        shown = not self.body.isVisible()
        self.button.set_icon("chevron-down" if shown else "chevron-right")
        if shown:
            self.body.show_text(self.text())
        self.body.setVisible(shown)
