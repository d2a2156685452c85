"""What the rows of lists share: their ground, the line below them, and the ring of the keyboard's focus."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.gui.theme import theme
from app.gui.widgets.base import paint_box

Index = QModelIndex | QPersistentModelIndex


class RowPainter(QStyledItemDelegate):
    """Paints a row round what `paint_content` puts into it; the view that it belongs to is its parent."""

    ring = True
    """Whether the current row shows the focus; a list may wait for the first key."""

    def __init__(self, kind: type, role: int, parent: QWidget) -> None:
        """Rows whose `role` holds no `kind` stay empty."""
        super().__init__(parent)
        self._kind, self._role = kind, role

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        content = index.data(self._role)
        if not isinstance(content, self._kind):
            return
        painter.save()
        rect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme().color("selected" if selected else "hover"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme().color("border"))
        self.paint_content(painter, rect, index, content, selected=selected)
        view = self.parent()
        if self.ring and selected and isinstance(view, QWidget) and view.hasFocus():
            paint_box(painter, QRectF(rect).adjusted(1, 1, -1, -2), edge=theme().color("focus"), width=2)
        painter.restore()

    def paint_content(self, painter: QPainter, rect: QRect, index: Index, content: Any, *, selected: bool) -> None:
        """Draw what the row says."""
        raise NotImplementedError
