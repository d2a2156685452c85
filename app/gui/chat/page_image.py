"""A PDF page as an image with the cited sentence marked, as if with a yellow marker on the white page."""

from __future__ import annotations

import base64
from typing import cast

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.theme import theme
from app.workers.calls.documents import PageImage

PROBE = 300
"""Columns in which a page is looked at for its margins."""
MARGIN_SHARE = 0.03
"""Of the page's width, what is left of an empty margin."""
FAINT = 0.3
"""How much of the mark's yellow the rest of the passage has."""
_PAPER = bytes(255 if value >= 0xF4 else 0 for value in range(256))
"""Grey values that count as paper, 255, and as ink, 0."""


def decode_page(image: PageImage) -> QImage:
    """The page's pixels; a null image where they cannot be read."""
    made = QImage()
    made.loadFromData(base64.b64decode(image.png), "PNG")
    return made


class PageView(QWidget):
    """Draws the page fitted to a width, without its empty margins at the sides. Pages stay white in the dark theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page = QPixmap()
        self._fitted = QPixmap()  # the page at the size it is drawn: averaged, so that small letters stay legible
        self._image: PageImage | None = None
        self._width = 300
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def image(self) -> PageImage | None:
        return self._image

    def show_page(self, image: PageImage, pixels: QImage, name: str) -> None:
        self._image = image
        left, right = text_columns(pixels)
        self._page = QPixmap.fromImage(_marked(pixels, image).copy(left, 0, right - left, pixels.height()))
        self.setAccessibleName(name)
        self.fit_width(self._width)

    def clear(self) -> None:
        """A blank sheet, until the page has come."""
        self._image, self._page = None, QPixmap()
        self.fit_width(self._width)

    def fit_width(self, width: int) -> None:
        """Be so wide; the height follows the page."""
        self._width = width
        self.setFixedSize(self.sizeHint())
        self._fitted = QPixmap()
        self.update()

    def sizeHint(self) -> QSize:
        if self._page.isNull():
            return QSize(self._width, round(self._width * 1.41))
        return QSize(self._width, round(self._width * self._page.height() / self._page.width()))

    def mark_top(self) -> float:
        """Where the first mark begins, in pixels from the top of this widget; 0 without marks."""
        if self._image is None or not self._image.marks or self._page.isNull():
            return 0.0
        points = self._page.width() / self._image.scale
        return self._image.marks[0].top * self._width / points

    def scale_on_paper(self) -> float | None:
        """How large it is drawn, 1.0 for its size on paper at 96 pixels an inch; None without a page."""
        whole = self.width_at(1.0)
        return self._width / whole if whole else None

    def width_at(self, scale: float) -> int:
        """Pixels across at a scale on paper; 0 without a page."""
        if self._image is None or self._page.isNull():
            return 0
        return round(self._page.width() / self._image.scale * 96 / 72 * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._page.isNull():
            painter.fillRect(self.rect(), Qt.GlobalColor.white)
        else:
            painter.drawPixmap(self.rect(), self._scaled())
        painter.setPen(theme().color("border"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _scaled(self) -> QPixmap:
        size = self.size() * self.devicePixelRatioF()
        if self._fitted.size() != size:
            smooth = Qt.TransformationMode.SmoothTransformation
            self._fitted = self._page.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        return self._fitted


def _marked(pixels: QImage, image: PageImage) -> QImage:
    """Multiply the mark's yellow over the boxes: black letters stay black, white paper turns yellow."""
    made = pixels.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(made)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
    mark = theme().color("mark")
    faint = QColor.fromRgbF(*(1 - FAINT * (1 - part) for part in (mark.redF(), mark.greenF(), mark.blueF())))
    for color, boxes in ((faint, image.faint), (mark, image.marks)):
        for box in boxes:
            left, top = box.left * image.scale, box.top * image.scale
            area = QRectF(left, top, (box.right - box.left) * image.scale, (box.bottom - box.top) * image.scale)
            painter.fillRect(area, color)
    painter.end()
    return made


def text_columns(pixels: QImage) -> tuple[int, int]:
    """From which pixel column to which the page has something on it, with a margin; the whole width where it is empty.

    A page of a book is a third margin: without it the letters are a third larger in the same panel.
    """
    wide = pixels.width()
    small = pixels.scaledToWidth(min(PROBE, wide), Qt.TransformationMode.SmoothTransformation)
    small = small.convertToFormat(QImage.Format.Format_Grayscale8)
    first, last = small.width(), 0
    for y in range(small.height()):
        row = bytes(cast(memoryview, small.constScanLine(y)))[: small.width()].translate(_PAPER)
        inked = row.strip(b"\xff")
        if inked:
            left = len(row) - len(row.lstrip(b"\xff"))
            first, last = min(first, left), max(last, left + len(inked))
    if first >= last:
        return 0, wide
    margin = MARGIN_SHARE * small.width()
    share = wide / small.width()
    return max(round((first - margin) * share), 0), min(round((last + margin) * share), wide)
