"""What a model thought before it answered, folded away."""

from __future__ import annotations

import time

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.chat.answer_body import AnswerBody
from app.gui.chat.chips import Citations
from app.gui.widgets import Button
from app.types import Answer


class ThinkingFold(QWidget):
    """The model's thinking, folded away: "Thought for 12 s"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        self.button = Button(self.tr("Thinking"), "quiet", "chevron-right")
        self.button.clicked.connect(self._toggle)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        column.addLayout(row)
        self.body = AnswerBody(Citations())
        self.body.hide()
        self.body.setContentsMargins(16, 4, 0, 8)
        column.addWidget(self.body)
        self._text = ""
        self._began = self._last = 0.0

    def grow(self, piece: str) -> None:
        self._last = time.monotonic()
        self._began = self._began or self._last
        self._text += piece
        seconds = round(self._last - self._began)
        self.button.setText(self.tr("Thinking, {n} s").format(n=max(seconds, 1)))
        self.show()
        if self.body.isVisible():
            self.body.feed(piece)

    def complete(self, answer: Answer) -> None:
        self._text = answer.thinking
        self.setVisible(bool(self._text))
        seconds = round(self._last - self._began)
        timed = self.tr("Thought for {n} s").format(n=max(seconds, 1))
        self.button.setText(timed if self._began else self.tr("Thought about it"))
        if self.body.isVisible():
            self.body.show_text(self._text)

    def _toggle(self) -> None:
        shown = not self.body.isVisible()
        self.button.set_icon("chevron-down" if shown else "chevron-right")
        if shown:
            self.body.show_text(self._text)
        self.body.setVisible(shown)
