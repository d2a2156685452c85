"""The table of fields: cells that open their source, can be corrected, and say where nothing is stated."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.extraction.records import Cell, Row
from app.gui.extraction.model import CELL_ROLE, ROW_ROLE, ShownRows
from app.gui.icons import icon, paint_icon
from app.gui.theme import theme
from app.gui.widgets import paint_box

Index = QModelIndex | QPersistentModelIndex
NAME_WIDTH, FIELD_WIDTH = 200, 168
PADDING = 12
ICON = 14


class CellDelegate(QStyledItemDelegate):
    """Yellow is evidence: the place of a value is a chip, and the cell whose source is open is marked."""

    active: tuple[int, int] = (0, 0)
    """Document id and column of the cell whose source is open."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme().px(FIELD_WIDTH), theme().px(theme().size("tableRow")))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, cell = index.data(ROW_ROLE), index.data(CELL_ROLE)
        if not isinstance(row, Row):
            return
        painter.save()
        rect = option.rect
        active = isinstance(cell, Cell) and (row.document_id, index.column()) == self.active
        if active:
            painter.fillRect(rect, theme().color("mark"))
        elif option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme().color("selected"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme().color("hover"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme().color("border"))
        area = rect.adjusted(PADDING, 0, -PADDING, 0)
        if not isinstance(cell, Cell):
            self._paint_name(painter, area, row)
        else:
            self._paint_cell(painter, area, row, cell, str(index.data()), active)
        view = self.parent()
        focused = isinstance(view, QTableView) and view.hasFocus() and view.currentIndex() == index
        if focused:
            paint_box(painter, QRectF(rect).adjusted(1, 1, -1, -2), edge=theme().color("focus"), width=2)
        painter.restore()

    def _paint_name(self, painter: QPainter, area: QRect, row: Row) -> None:
        side = theme().size("icon")
        name, token = ("triangle-alert", "warning") if row.problem else ("file-text", "text2")
        paint_icon(painter, name, token, QRect(area.left(), area.center().y() - side // 2, side, side))
        self._text(painter, area.adjusted(side + 8, 0, 0, 0), row.document, "text", Qt.TextElideMode.ElideMiddle)

    def _paint_cell(self, painter: QPainter, area: QRect, row: Row, cell: Cell, text: str, active: bool) -> None:
        if cell.state == "by_hand":
            paint_icon(
                painter, "pencil", "text2", QRect(area.right() - ICON, area.center().y() - ICON // 2, ICON, ICON)
            )
            area = area.adjusted(0, 0, -ICON - 6, 0)
        elif cell.passage is not None:
            area = self._paint_place(painter, area, cell.passage.page)
        token = "onMark" if active else "text" if cell.shown else "warning" if row.problem else "text3"
        self._text(painter, area, text, token, Qt.TextElideMode.ElideRight)

    def _paint_place(self, painter: QPainter, area: QRect, page: int | None) -> QRect:
        """The chip that says where a value stands, by its page where there are some; → what is left for the value."""
        text = self.tr("p. {0}").format(page) if page else ""
        painter.setFont(theme().font("caption"))
        width = painter.fontMetrics().horizontalAdvance(text) + 10 if text else ICON + 8
        height = theme().line("caption") + 2
        chip = QRect(area.right() - width, area.center().y() - height // 2, width, height)
        paint_box(painter, QRectF(chip), fill=theme().color("cite"), radius=4)
        painter.setPen(theme().color("citeText"))
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), text)
        if not text:
            middle = chip.center()
            paint_icon(painter, "text-quote", "citeText", QRect(middle.x() - 6, middle.y() - 6, 12, 12))
        return area.adjusted(0, 0, -width - 6, 0)

    @staticmethod
    def _text(painter: QPainter, area: QRect, text: str, token: str, elide: Qt.TextElideMode) -> None:
        painter.setFont(theme().font("ui"))
        painter.setPen(theme().color(token))
        shown = painter.fontMetrics().elidedText(text, elide, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), shown)


class FieldsTable(QTableView):
    """Emits what the person wants; a correction goes through the model."""

    source_wanted = Signal(object)
    """Index of a cell: show where its value stands"""
    correction_dropped = Signal(object)
    """Index of a cell that a person put right: show again what was read"""

    def __init__(self, rows: ShownRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = CellDelegate(self)
        self.setModel(rows)
        self.setItemDelegate(self.look)
        self.setAccessibleName(self.tr("Table"))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.clicked.connect(self._clicked)
        rows.modelReset.connect(self._wear)
        theme().changed.connect(self._wear)
        self._wear()

    def show_active(self, document_id: int, column: int) -> None:
        """Mark the cell whose source is open; 0 marks none."""
        self.look.active = (document_id, column)
        self.viewport().update()

    def _wear(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme().px(theme().size("tableRow")))
        for column in range(self.model().columnCount()):
            self.setColumnWidth(column, theme().px(FIELD_WIDTH if column else NAME_WIDTH))

    def _clicked(self, index: QModelIndex) -> None:
        self.source_wanted.emit(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        else:
            self.setCurrentIndex(self.indexAt(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.source_wanted.emit(index)
        elif event.matches(QKeySequence.StandardKey.Copy) and index.isValid():
            QApplication.clipboard().setText(str(index.data()))
        elif event.key() == Qt.Key.Key_Delete and isinstance(index.data(CELL_ROLE), Cell):
            self.model().setData(index, "", Qt.ItemDataRole.EditRole)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.currentIndex().isValid():
            menu = self.menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())

    def menu(self) -> QMenu:
        """What can be done with the current cell."""
        index = self.currentIndex()
        cell = index.data(CELL_ROLE)
        menu = QMenu(self)
        show = menu.addAction(icon("text-quote"), self.tr("Show source"), lambda: self.source_wanted.emit(index))
        show.setEnabled(not isinstance(cell, Cell) or cell.passage is not None)
        if isinstance(cell, Cell):
            edit = menu.addAction(icon("pencil"), self.tr("Correct by hand"), lambda: self.edit(index))
            edit.setShortcut(Qt.Key.Key_F2)
            empty = menu.addAction(
                icon("x"),
                self.tr("Not stated"),
                lambda: self.model().setData(index, "", Qt.ItemDataRole.EditRole),
            )
            empty.setShortcut(Qt.Key.Key_Delete)
            if cell.state == "by_hand":
                again = self.tr("Back to what was read")
                menu.addAction(icon("undo-2"), again, lambda: self.correction_dropped.emit(index))
        return menu
