"""The button with the name of the model that answers; the list of models opens below it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import FOCUS_RING, EnterPresses, paint_box


class ModelButton(EnterPresses, QAbstractButton):
    """ "Mistral 7B Instruct Q4_K_M" with a chevron."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._quantization, self._open = "", "", False
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(FOCUS_RING, 6)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def show_model(self, name: str, quantization: str) -> None:
        self._name, self._quantization = name, quantization
        self.setAccessibleName(self.tr("Model: {0}. Switch model").format(name))
        self.setToolTip(self.tr("{0}. Switch model (Ctrl+Shift+M)").format(f"{name} {quantization}".strip()))
        self.updateGeometry()
        self.update()

    def set_open(self, opened: bool) -> None:
        self._open = opened
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._words_width() + 13 + 16 + 8 + 8 + 16 + 13, theme().px(36))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, theme().px(36))

    def _words_width(self) -> int:
        self.ensurePolished()
        name = _advance(self._name, strong=True)
        return name + (8 + _advance(self._quantization) if self._quantization else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill = "pressed" if self._open or self.isDown() else "hover" if self.underMouse() else "surface"
        paint_box(painter, QRectF(self.rect()), fill=theme().color(fill), edge=theme().color("border"))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        top = (self.height() - 16) // 2
        ends = (self.width() - 29, 13) if rtl else (13, self.width() - 29)
        paint_icon(painter, "box", "text2", _square(ends[0], top))
        paint_icon(painter, "chevron-up" if self._open else "chevron-down", "text2", _square(ends[1], top))
        area = self.rect().adjusted(37, 0, -37, 0)
        start = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme().font("uiStrong"))
        painter.setPen(theme().color("text"))
        room = area.width() - (8 + _advance(self._quantization) if self._quantization else 0)
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, room + 2)
        painter.drawText(area, start, name)
        painter.setFont(theme().font("ui"))
        painter.setPen(theme().color("text2"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter), self._quantization)


def _advance(text: str, *, strong: bool = False) -> int:
    return QFontMetrics(theme().font("uiStrong" if strong else "ui")).horizontalAdvance(text) + 1


def _square(left: int, top: int) -> QRect:
    return QRect(left, top, 16, 16)
