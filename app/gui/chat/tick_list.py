"""A list whose rows are ticked, by a click, Space or Enter."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.gui.theme import theme
from app.gui.widgets.choices import paint_check
from app.gui.widgets.list_rows import Index

ID_ROLE = int(Qt.ItemDataRole.UserRole)
TICKED_ROLE = ID_ROLE + 1
ACCESSIBLE_ROLE = int(Qt.ItemDataRole.AccessibleTextRole)


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, theme().px(30))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        state, rect = option.state, option.rect
        focused = state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_Selected
        if focused or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme().color("selected" if focused else "hover"))
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        box = QRect(rect.right() - 23 if rtl else rect.left() + 8, rect.center().y() - 7, 16, 16)
        paint_check(painter, box, bool(index.data(TICKED_ROLE)), enabled=True)
        room = rect.adjusted(8, 0, -34, 0) if rtl else rect.adjusted(34, 0, -8, 0)
        painter.setFont(theme().font("ui"))
        painter.setPen(theme().color("text"))
        name = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), name)
        painter.restore()


class TickList(QListWidget):
    """Names by id; a screen reader hears which are ticked."""

    ticked = Signal(int, bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(_Row(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(self._turn)

    def show_rows(self, rows: Sequence[tuple[int, str, str]], ticked: Collection[int]) -> None:
        """Show these (id, name, tooltip), the `ticked` ones so."""
        self.clear()
        for id_, name, tip in rows:
            item = QListWidgetItem(name)
            item.setToolTip(tip)
            item.setData(ID_ROLE, id_)
            self._mark(item, id_ in ticked)
            self.addItem(item)

    def tick(self, item: QListWidgetItem, on: bool) -> None:
        """Tick a row, or take its tick away."""
        if bool(item.data(TICKED_ROLE)) != on:
            self._mark(item, on)
            self.ticked.emit(int(item.data(ID_ROLE)), on)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if item is not None and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._turn(item)
        else:
            super().keyPressEvent(event)

    def _turn(self, item: QListWidgetItem) -> None:
        self.tick(item, not item.data(TICKED_ROLE))

    def _mark(self, item: QListWidgetItem, on: bool) -> None:
        item.setData(TICKED_ROLE, on)
        chosen = QCoreApplication.translate("TickList", "{0}, chosen").format(item.text())
        item.setData(ACCESSIBLE_ROLE, chosen if on else item.text())
