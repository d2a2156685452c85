"""Paints a project in the list of chats: whether it is unfolded, its name, and how many chats are in it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from app.chats.records import Project
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import paint_box

MARGIN, ICON = 8, 16


def paint_project(
    painter: QPainter, option: QStyleOptionViewItem, project: Project, *, folded: bool, target: int
) -> None:
    """`target` is the project that a dragged chat would come into."""
    hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
    focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
    box = QRectF(option.rect.adjusted(MARGIN, 0, -MARGIN, 0))
    dropped = target == project.id
    fill = theme().color("selected") if dropped else theme().color("hover") if hovered else None
    edge = theme().color("focus") if dropped or (focused and not hovered) else None
    if fill is not None or edge is not None:
        paint_box(painter, box, fill=fill, edge=edge, width=2)
    rtl = option.direction == Qt.LayoutDirection.RightToLeft
    middle = option.rect.center().y() - ICON // 2 + 1
    first = option.rect.right() - MARGIN - 6 - ICON if rtl else option.rect.left() + MARGIN + 6
    second = first - ICON - 6 if rtl else first + ICON + 6
    turned = "chevron-left" if rtl else "chevron-right"
    paint_icon(painter, turned if folded else "chevron-down", "text2", QRect(first, middle, ICON, ICON))
    paint_icon(painter, "folder" if folded else "folder-open", "text2", QRect(second, middle, ICON, ICON))
    used = MARGIN + 6 + 2 * ICON + 14
    area = option.rect.adjusted(40, 0, -used, 0) if rtl else option.rect.adjusted(used, 0, -MARGIN - 10, 0)
    centred = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(theme().font("caption"))
    painter.setPen(theme().color("text3"))
    count = str(project.chats)
    if hovered:
        at = option.rect.left() + MARGIN + 9 if rtl else option.rect.right() - MARGIN - ICON - 5
        paint_icon(painter, "ellipsis", "text2", QRect(at, middle, ICON, ICON))
    else:
        painter.drawText(area, int(Qt.AlignmentFlag.AlignTrailing | centred), count)
    painter.setFont(theme().font("ui", strong=True))
    painter.setPen(theme().color("text"))
    room = area.width() - 30
    name = painter.fontMetrics().elidedText(project.name, Qt.TextElideMode.ElideRight, room)
    painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | centred), name)
