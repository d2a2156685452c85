"""The sign of the program: a roof over two lines of text, in the action colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from app.gui.theme import theme
from app.gui.widgets import paint_box

SIDE = 24


class Logo(QWidget):
    """24 px; it says nothing that the name beside it does not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(SIDE, SIDE)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_logo(QPainter(self), SIDE)


def paint_logo(painter: QPainter, side: float) -> None:
    """The logo at the painter's origin."""
    unit = side / 24
    paint_box(painter, QRectF(0, 0, side, side), fill=theme().color("accent"), radius=6 * unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(theme().color("onAccent"), 2 * unit, Qt.PenStyle.SolidLine, cap, join))
    painter.drawPolyline(QPolygonF([QPointF(5, 11) * unit, QPointF(12, 5.8) * unit, QPointF(19, 11) * unit]))
    for y, left, right in ((14.2, 7.5, 16.5), (17.8, 7.5, 12.5)):
        painter.drawLine(QPointF(left, y) * unit, QPointF(right, y) * unit)


def window_icon() -> QIcon:
    """The program's icon for the window and the task bar."""
    found = QIcon()
    for side in (16, 32, 64, 128):
        image = QPixmap(side, side)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        paint_logo(painter, side)
        painter.end()
        found.addPixmap(image)
    return found
