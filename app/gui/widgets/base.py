"""What painted widgets share: rounded boxes, colours that follow the theme, and keyboard focus marks."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QLayout, QWidget

from app.gui.theme import theme

FOCUS_RING = "focusRing"
"""Dynamic property: the corner radius of the ring that the focus overlay draws round a widget."""


def follow_theme(widget: QWidget) -> None:
    """Repaint and measure again whenever the theme changes."""

    def refresh() -> None:
        widget.updateGeometry()
        widget.update()

    connection = theme().changed.connect(refresh)
    widget.destroyed.connect(lambda *_: theme().changed.disconnect(connection))


def paint_box(
    painter: QPainter,
    rect: QRectF,
    *,
    fill: QColor | None = None,
    edge: QColor | None = None,
    radius: float = 6,
    width: float = 1,
    dashed: bool = False,
) -> None:
    """A filled and edged rounded rectangle whose edge lies inside `rect`, crisp on whole pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if edge is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        pen = QPen(edge, width)
        if dashed:
            pen.setDashPattern([3, 2.5])
        painter.setPen(pen)
        rect = rect.adjusted(width / 2, width / 2, -width / 2, -width / 2)
        radius -= width / 2
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect, radius, radius)


class ThemedWidget(QWidget):
    """A plain widget that repaints with the theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme().changed.connect(self._theme_changed)

    def _theme_changed(self) -> None:
        self.updateGeometry()
        self.update()


def empty_layout(layout: QLayout) -> None:
    """Take everything out of a layout and delete the widgets; layouts inside it are emptied too."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            empty_layout(inner)
