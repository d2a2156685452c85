"""A thin progress bar, painted, still where the amount is unknown."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from app.gui.theme import theme
from app.gui.widgets.base import paint_box

STEPS = 1000


class ProgressBar(QProgressBar):
    """A bar for a fraction from 0 to 1, spoken by screen readers as a progress bar."""

    def __init__(
        self, name: str = "", *, height: int = 6, color: str = "accent", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._height, self._color = height, color
        self.setRange(0, STEPS)
        self.setTextVisible(False)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_fraction(self, fraction: float) -> None:
        self.setValue(round(min(max(fraction, 0.0), 1.0) * STEPS))

    def set_color(self, color: str) -> None:
        self._color = color
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(48, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        radius = box.height() / 2
        paint_box(painter, box, fill=theme().color("track"), radius=radius)
        width = box.width() * self.value() / STEPS
        if width > 0:
            filled = QRectF(box.left(), box.top(), max(width, box.height()), box.height())
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                filled.moveRight(box.right())
            paint_box(painter, filled, fill=theme().color(self._color), radius=radius)
