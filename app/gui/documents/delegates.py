"""How the cells of the documents table and its header are painted."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.formats import icon_of
from app.gui.documents.documents_model import ROW_ROLE, Column
from app.gui.documents.row import Row
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import paint_box

Index = QModelIndex | QPersistentModelIndex
PADDING: dict[Column, tuple[int, int]] = {
    Column.NAME: (16, 16),
    Column.STATUS: (16, 8),
    Column.PAGES: (8, 16),
    Column.PASSAGES: (4, 8),
    Column.INDEXED: (8, 8),
    Column.MENU: (8, 12),
}
"""column → leading and trailing pixels"""
STATUS_LOOKS = {
    "failed": ("circle-x", "danger"),
    "changed": ("refresh-cw", "warning"),
    "reading": ("circle-dashed", "text2"),
    "waiting": ("circle-dashed", "text3"),
    "indexed": ("circle-check", "success"),
    "unchanged": ("circle-check", "success"),
}
"""status → icon and its colour; a status in words always stands beside it"""


def inner(rect: QRect, column: Column, rtl: bool) -> QRect:
    """The cell without its padding."""
    leading, trailing = PADDING[column]
    return rect.adjusted(trailing if rtl else leading, 0, -(leading if rtl else trailing), 0)


def leading_square(area: QRect, side: int, rtl: bool) -> QRect:
    """A square at the leading end, centred in height."""
    x = area.right() - side + 1 if rtl else area.left()
    return QRect(x, area.center().y() - side // 2 + 1, side, side)


def after(area: QRect, width: int, rtl: bool) -> QRect:
    """What is left of the area after so many leading pixels."""
    return area.adjusted(0, 0, -width, 0) if rtl else area.adjusted(width, 0, 0, 0)


class RowDelegate(QStyledItemDelegate):
    """Paints every column; the table tells it which row is under the mouse and which is open."""

    hovered = -1
    ring = False
    """Whether the current row shows the keyboard's focus."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, theme().px(theme().size("tableRow")))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, Row):
            return
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        full = option.rect
        self._paint_ground(painter, full, index, row, selected)
        column = Column(index.column())
        height = theme().px(theme().size("tableRow"))
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        area = inner(QRect(full.left(), full.top(), full.width(), min(full.height(), height)), column, rtl)
        match column:
            case Column.NAME:
                self._paint_name(painter, area, row, selected, rtl)
            case Column.STATUS:
                self._paint_status(painter, area, row, rtl)
            case Column.MENU:
                side = theme().size("icon")
                at = QRect(area.center().x() - side // 2, area.center().y() - side // 2 + 1, side, side)
                paint_icon(painter, "ellipsis", "text2", at)
            case _:
                self._paint_figure(painter, area, index, row)
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, index: Index, row: Row, selected: bool) -> None:
        opened = rect.height() > theme().px(theme().size("tableRow")) + 1
        if opened:
            painter.fillRect(rect, theme().color("dangerSoft"))
        elif selected:
            painter.fillRect(rect, theme().color("selected"))
        elif index.row() == self.hovered:
            painter.fillRect(rect, theme().color("hover"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme().color("border"))

    def _paint_name(self, painter: QPainter, area: QRect, row: Row, selected: bool, rtl: bool) -> None:
        side = theme().size("icon")
        name = icon_of(row.name)
        paint_icon(painter, name, "text2", leading_square(area, side, rtl))
        room = after(area, side + 12, rtl)
        self._text(painter, room, row.name, "text", elide=Qt.TextElideMode.ElideMiddle, strong=selected)
        if row.folder:
            width = painter.fontMetrics().horizontalAdvance(row.name) + theme().px(8)
            self._text(painter, after(room, width, rtl), row.folder, "text3")

    def _paint_status(self, painter: QPainter, area: QRect, row: Row, rtl: bool) -> None:
        if row.status == "indexing" or row.is_recognising():
            self._paint_progress(painter, area, row, rtl)
            return
        icon, token = STATUS_LOOKS[row.status]
        text = token if token in ("danger", "warning") else "text3" if row.status == "waiting" else "text"
        if row.status in ("indexed", "unchanged") and row.hidden:
            icon, token, text = "eye-off", "warning", "text" if row.read_hidden else "warning"
        elif row.status in ("indexed", "unchanged") and row.by_model:
            icon, token, text = "box", "warning", "warning"
        elif row.status in ("indexed", "unchanged") and row.reason:
            icon, token, text = "triangle-alert", "warning", "warning"
        side = theme().size("icon")
        paint_icon(painter, icon, token, leading_square(area, side, rtl))
        self._text(painter, after(area, side + 8, rtl), row.status_text(), text)

    def _paint_progress(self, painter: QPainter, area: QRect, row: Row, rtl: bool) -> None:
        width = min(theme().px(148), area.width())
        box = QRect(area.right() - width + 1 if rtl else area.left(), area.top() + theme().px(7), width, theme().px(18))
        what, far, fraction = row.progress()
        self._text(painter, box, what, "text", role="caption")
        end = Qt.AlignmentFlag.AlignTrailing
        self._text(painter, box, far, "text2", role="caption", align=end)
        track = QRectF(box.left(), box.bottom() + theme().px(3), width, 4)
        paint_box(painter, track, fill=theme().color("track"), radius=2)
        if fraction > 0:
            done = QRectF(track)
            done.setWidth(max(width * min(fraction, 1.0), 4.0))
            if rtl:
                done.moveRight(track.right())
            paint_box(painter, done, fill=theme().color("accent"), radius=2)

    def _paint_figure(self, painter: QPainter, area: QRect, index: Index, row: Row) -> None:
        figures = index.column() in (Column.PAGES, Column.PASSAGES)
        action = index.column() == Column.INDEXED and bool(row.action_text())
        text = str(index.data())
        align = Qt.AlignmentFlag.AlignRight if figures else Qt.AlignmentFlag.AlignLeading
        token = "accent" if action else "text" if figures and text != "–" else "text2"
        self._text(painter, area, text, token, strong=action, align=align)

    @staticmethod
    def _text(
        painter: QPainter,
        area: QRect,
        text: str,
        token: str,
        *,
        role: str = "ui",
        strong: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeading,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        name = "caption" if role == "caption" else "uiStrong" if strong else "ui"
        painter.setFont(theme().font(name))  # type: ignore[arg-type]
        painter.setPen(theme().color(token))
        shown = painter.fontMetrics().elidedText(text, elide, area.width())
        painter.drawText(area, int(align | Qt.AlignmentFlag.AlignVCenter), shown)


class TableHeader(QHeaderView):
    """Column names with the arrow of the order beside the one that rules it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(24)
        self.setAccessibleName(self.tr("Columns"))
        theme().changed.connect(self._measure)

    def _measure(self) -> None:
        self.updateGeometry()
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), theme().px(37))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        painter.save()
        painter.fillRect(rect, theme().color("surface"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme().color("border"))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        area = inner(rect, Column(section), rtl)
        text = str(self.model().headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole))
        painter.setFont(theme().font("caption", strong=True))
        painter.setPen(theme().color("text2"))
        right = section in (Column.PAGES, Column.PASSAGES)
        arrow = self.sortIndicatorSection() == section and section != Column.MENU
        width = painter.fontMetrics().horizontalAdvance(text)
        align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeading
        painter.drawText(area, int(align | Qt.AlignmentFlag.AlignVCenter), text)
        if arrow:
            up = self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
            x = area.right() - width - 17 if right or rtl else area.left() + width + 5
            paint_icon(painter, "arrow-up" if up else "arrow-down", "text3", QRect(x, area.center().y() - 6, 12, 12))
        painter.restore()
