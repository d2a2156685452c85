"""A row that becomes a column where there is too little room, as with very large text."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from app.gui.theme import theme


class FlipRow(QWidget):
    """`box` takes the widgets, the leading one first, which is the upper one of a column."""

    def __init__(self, below: int, parent: QWidget | None = None) -> None:
        """`below` is the width in pixels, at text of 100 %, under which it is a column."""
        super().__init__(parent)
        self._below = below
        self.box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme().px(self._below)
        self.box.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
