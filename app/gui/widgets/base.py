"""What painted widgets share: rounded boxes, colours that follow the theme, and keyboard focus marks."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QLayout, QWidget

from app.gui.theme import theme

FOCUS_RING = "focusRing"
"""Dynamic property: the corner radius of the ring that the focus overlay draws round a widget."""

LAST_FOLDER = "lastFolder"
"""Dynamic property of a window: the folder of the file dialog that ended last."""


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


class EnterPresses:
    """Mixed into a button: Enter presses it as Space does. Qt presses nothing, and in a dialog its default button."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        assert isinstance(self, QAbstractButton)
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)  # type: ignore[misc]  # of the button that it is mixed into
        elif self.isEnabled() and not event.isAutoRepeat():
            self.click()


def grow_only(widget: QWidget, layout: QLayout) -> None:
    """For a widget that draws nothing itself and grows at its lower end, e.g. with an answer that streams.

    Qt would paint all of it again at each line more, and lay its children out in too little room before it grows.
    """
    widget.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
    layout.setSizeConstraint(QLayout.SizeConstraint.SetMinimumSize)


def follow_layout(layout: QLayout) -> None:
    """Bring the children of a widget into the order of its layout: a screen reader reads them in the one they have."""
    for item in filter(None, (layout.itemAt(index) for index in range(layout.count()))):
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.raise_()
        elif inner is not None:
            follow_layout(inner)


def empty_layout(layout: QLayout) -> None:
    """Take everything out of a layout and delete the widgets; layouts inside it are emptied too."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            empty_layout(inner)
