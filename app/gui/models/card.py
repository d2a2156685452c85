"""The frame round the rows of the Models page."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import ThemedWidget, empty_layout, paint_box
from app.gui.widgets.page_frame import Separator


class Card(ThemedWidget):
    """Rows with a line between them in one frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._column.setSpacing(0)

    def add(self, widget: QWidget) -> None:
        if self._column.count():
            self._column.addWidget(Separator())
        self._column.addWidget(widget)
        widget.show()  # now: a layout makes no room for what is shown with the next event

    def clear(self) -> None:
        empty_layout(self._column)

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("surface"), edge=theme().color("border"), radius=8)
