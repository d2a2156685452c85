"""Paints the frame that files are dropped into: an icon, the words, and the chips below them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from app.gui.documents.drop_words import Chip
from app.gui.icons import paint_icon
from app.gui.theme import FontRole, theme
from app.gui.widgets import paint_box

CENTRED = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)


def paint_frame(
    painter: QPainter, frame: QRect, image: str, lines: tuple[str, str, str], chips: Sequence[Chip]
) -> None:
    """The words in the middle of the frame, from the icon down."""
    rows = _chip_rows(chips, frame.width() - 48)
    chip_height = theme().px(24)
    roles: tuple[FontRole, ...] = ("title", "body", "ui")
    words = sum(_height(frame, text, role) for text, role in zip(lines, roles, strict=True))
    y = max(frame.center().y() - (64 + 17 + 4 + 24 + len(rows) * (chip_height + 8) + 16 + words) // 2, frame.top() + 8)
    tile = QRect(frame.center().x() - 31, y, 64, 64)
    paint_box(painter, QRectF(tile), fill=theme().color("accentSoft"), radius=12)
    paint_icon(painter, image, "accent", QRect(tile.center().x() - 15, tile.center().y() - 15, 32, 32))
    y = _line(painter, frame, tile.bottom() + 17, lines[0], "title", "text") + 4
    y = _line(painter, frame, y, lines[1], "body", "text2") + 24
    for row in rows:
        _paint_chips(painter, frame, y, row)
        y += chip_height + 8
    _line(painter, frame, y + 16, lines[2], "ui", "text2")


def paint_zone(painter: QPainter, zone: QRect, lines: tuple[str, str], *, chosen: bool) -> None:
    """Where files go into the open chat only: an icon and two lines, filled while the pointer is over it."""
    fill = theme().color("selected" if chosen else "surface")
    edge = theme().color("accent" if chosen else "borderStrong")
    paint_box(painter, QRectF(zone), fill=fill, edge=edge, width=2, radius=12, dashed=True)
    title, words = _height(zone, lines[0], "heading"), _height(zone, lines[1], "ui")
    y = max(zone.center().y() - (24 + 6 + title + 4 + words) // 2, zone.top() + 4)
    paint_icon(painter, "paperclip", "accent", QRect(zone.center().x() - 11, y, 24, 24))
    y = _line(painter, zone, y + 30, lines[0], "heading", "text") + 4
    _line(painter, zone, y, lines[1], "ui", "text2")


def _line(painter: QPainter, frame: QRect, y: int, text: str, role: FontRole, token: str) -> int:
    painter.setFont(theme().font(role))
    painter.setPen(theme().color(token))
    box = QRect(frame.left() + 16, y, frame.width() - 32, _height(frame, text, role))
    painter.drawText(box, CENTRED, text)
    return box.bottom() + 1


def _height(frame: QRect, text: str, role: FontRole) -> int:
    """Pixels that a text takes in the frame, on as many lines as it needs."""
    metrics = QFontMetrics(theme().font(role))
    bounds = metrics.boundingRect(QRect(0, 0, frame.width() - 32, 10_000), CENTRED, text)
    return max(bounds.height(), theme().line(role))


def _chip_width(text: str) -> int:
    return QFontMetrics(theme().font("caption")).horizontalAdvance(text) + 38


def _chip_rows(chips: Sequence[Chip], room: int) -> list[list[Chip]]:
    rows: list[list[Chip]] = []
    left = 0
    for chip in chips:
        width = _chip_width(chip[0]) + 8
        if not rows or width > left:
            rows.append([])
            left = room
        rows[-1].append(chip)
        left -= width
    return rows


def _paint_chips(painter: QPainter, frame: QRect, y: int, row: list[Chip]) -> None:
    widths = [_chip_width(text) for text, _, _ in row]
    x = frame.center().x() - (sum(widths) + 8 * (len(row) - 1)) // 2
    for (text, image, kind), width in zip(row, widths, strict=True):
        box = QRect(x, y, width, theme().px(24))
        warning = kind == "warning"
        fill = theme().color("warningSoft" if warning else "surface")
        edge = None if warning and not theme().high_contrast else theme().color("border")
        paint_box(painter, QRectF(box), fill=fill, edge=edge, radius=4)
        paint_icon(painter, image, "warning" if warning else "text2", QRect(x + 8, box.center().y() - 6, 14, 14))
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("warning" if warning else "text"))
        area = box.adjusted(27, 0, 0, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        x += width + 8
