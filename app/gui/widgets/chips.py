"""Status chips, which always carry words or an icon beside their colour, and the look of a citation."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets.base import ThemedWidget, paint_box

ChipKind = Literal["success", "warning", "danger", "info", "neutral", "outline", "surface"]
COLORS: dict[str, tuple[str, str]] = {
    "success": ("successSoft", "success"),
    "warning": ("warningSoft", "warning"),
    "danger": ("dangerSoft", "danger"),
    "info": ("accentSoft", "accent"),
    "neutral": ("hover", "text2"),
    "outline": ("surface", "text2"),
    "surface": ("surface", "accent"),
}
"""kind → (fill, ink)"""

CITE_SIZE = 18
"""Width and height of a citation chip in logical pixels, for one digit."""


class Chip(ThemedWidget):
    """A short state: "Fits your GPU: 5.1 of 8 GB"."""

    def __init__(
        self, text: str = "", kind: ChipKind = "neutral", icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._text, self._kind, self._icon, self._raised = text, kind, icon, False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def text(self) -> str:
        return self._text

    def show_state(self, text: str, kind: ChipKind, icon: str = "") -> None:
        """Say something else."""
        self._text, self._kind, self._icon = text, kind, icon
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def set_raised(self, raised: bool) -> None:
        """On something that is coloured itself: the chip is as light as a card, and its words keep their colour."""
        self._raised = raised
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("caption"))
        width = metrics.horizontalAdvance(self._text) + 16 + (20 if self._icon else 0)
        return QSize(width, max(theme().px(24), metrics.height() + 6))

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, ink = COLORS[self._kind]
        fill = "surface" if self._raised else fill
        edge = theme().color("border") if self._kind == "outline" else None
        if theme().high_contrast:
            edge = theme().color("text")
        painter = QPainter(self)
        paint_box(painter, QRectF(self.rect()), fill=theme().color(fill), edge=edge, radius=4)
        area = self.rect().adjusted(8, 0, -8, 0)
        if self._icon:
            side = 14
            x = area.left() if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else area.right() - side
            paint_icon(painter, self._icon, ink, QRect(x, (self.height() - side) // 2, side, side))
            if x == area.left():
                area.setLeft(x + side + 5)
            else:
                area.setRight(x - 5)
        font = theme().font("caption")
        font.setWeight(font.Weight.Medium)
        painter.setFont(font)
        painter.setPen(theme().color(ink))
        start = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area.adjusted(0, 0, 4, 0), int(start), self._text)


def citation_width(text: str) -> int:
    """Width of a citation chip for its number, in logical pixels."""
    return max(theme().px(CITE_SIZE), QFontMetrics(theme().font("caption", strong=True)).horizontalAdvance(text) + 10)


def paint_citation(painter: QPainter, rect: QRectF, text: str, *, active: bool = False, evidence: bool = True) -> None:
    """The yellow number that stands for evidence; `active` where its source is open. It is not yellow where the source
    is no `evidence`: a model's text."""
    fill, edge, ink = ("mark", "citeActive", "onMark") if active else ("cite", "citeBorder", "citeText")
    if not evidence:
        fill, edge, ink = ("hover", "text2" if active else "border", "text2")
    paint_box(painter, rect, fill=theme().color(fill), edge=theme().color(edge), radius=4)
    painter.setFont(theme().font("caption", strong=True))
    painter.setPen(theme().color(ink))
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)
