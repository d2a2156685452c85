"""Lucide icons in the theme's colours; an icon asks the theme when it paints, so it follows every change."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.gui.theme import theme
from app.paths import RESOURCES

FOLDER = RESOURCES / "icons"
CACHE_SIZE = 512


def icon(name: str, color: str = "text2", size: int = 16) -> QIcon:
    """An icon whose disabled state is drawn in `textDisabled`; `size` in logical pixels is its natural size."""
    return QIcon(_LucideEngine(name, color, size))


def pixmap(name: str, color: str = "text2", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """The icon as an image for a device pixel ratio, from a cache."""
    return _render(name, theme().hex(color), size, ratio)


def paint_icon(painter: QPainter, name: str, color: str, rect: QRect) -> None:
    """Draw the icon into a square of logical pixels."""
    ratio = painter.device().devicePixelRatioF()
    painter.drawPixmap(rect.topLeft(), _render(name, theme().hex(color), rect.width(), ratio))


class _LucideEngine(QIconEngine):
    """Draws at the size and pixel ratio that are asked for."""

    def __init__(self, name: str, color: str, size: int) -> None:
        super().__init__()
        self._name, self._color, self._size = name, color, size

    def clone(self) -> QIconEngine:
        return _LucideEngine(self._name, self._color, self._size)

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        side = min(size.width(), size.height(), max(self._size, 16))
        return QSize(side, side)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        left = rect.x() + (rect.width() - side) // 2
        top = rect.y() + (rect.height() - side) // 2
        paint_icon(painter, self._name, self._token(mode), QRect(left, top, side, side))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        side = round(min(size.width(), size.height()) / scale)
        return _render(self._name, theme().hex(self._token(mode)), side, scale)

    def _token(self, mode: QIcon.Mode) -> str:
        return "textDisabled" if mode == QIcon.Mode.Disabled else self._color


@lru_cache(maxsize=CACHE_SIZE)
def _render(name: str, color: str, size: int, ratio: float) -> QPixmap:
    """Paint the SVG in one colour. QtSvg paints `currentColor` black, so it is replaced first."""
    svg = _source(name).replace(b"currentColor", color.encode())
    renderer = QSvgRenderer(QByteArray(svg))
    side = max(round(size * ratio), 1)
    image = QPixmap(side, side)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(QPoint(0, 0), QSize(side, side)))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def forget_icons() -> None:
    """Let go of every image: none may outlive the QApplication."""
    _render.cache_clear()


@lru_cache(maxsize=CACHE_SIZE)
def _source(name: str) -> bytes:
    return (FOLDER / f"{name}.svg").read_bytes()
