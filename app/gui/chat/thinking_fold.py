"""What a model thought before it answered, folded away."""

from __future__ import annotations

import time

from PySide6.QtWidgets import QWidget

from app.gui.chat.fold import Fold
from app.types import Answer


class ThinkingFold(Fold):
    """The model's thinking, folded away: "Thought for 12 s"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.setContentsMargins(0, 0, 0, 4)
        self.button.setText(self.tr("Thinking"))
        self._text = ""
        self._began = self._last = 0.0

    def text(self) -> str:
        return self._text

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
        seconds = answer.thought_s or self._last - self._began
        timed = self.tr("Thought for {n} s").format(n=max(round(seconds), 1))
        self.button.setText(timed if self._began or answer.thought_s else self.tr("Thought about it"))
        if self.body.isVisible():
            self.body.show_text(self._text)
