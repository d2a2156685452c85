"""Keys as they are drawn in lists and hints."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.theme import theme
from app.gui.widgets import ThemedWidget, paint_box


class Keycap(ThemedWidget):
    """ "Ctrl Shift M" in a frame."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("caption"))
        return QSize(metrics.horizontalAdvance(self._text) + 14, metrics.height() + 5)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill, edge = theme().color("surface"), theme().color("borderStrong")
        paint_box(painter, QRectF(self.rect()), fill=fill, edge=edge, radius=4)
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("text"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._text)
