"""The table of documents: rows that open where a file failed, with the reason and the next step in them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from app.formats import came_along
from app.gui.documents.delegates import RowDelegate, TableHeader
from app.gui.documents.documents_model import Column, DocumentsModel
from app.gui.documents.open_row import OpenRow
from app.gui.documents.row import Row
from app.gui.icons import icon
from app.gui.theme import theme
from app.gui.widgets import paint_box
from app.members import file_of
from app.shares import Shared
from app.viewers import may_run

WIDTHS = {Column.STATUS: 224, Column.PAGES: 76, Column.PASSAGES: 86, Column.INDEXED: 130, Column.MENU: 42}
HIDES_FIRST = (Column.PASSAGES, Column.PAGES, Column.INDEXED)
NAME_WIDTH = 200
"""Columns hide before the name gets narrower than this."""


class DocumentsTable(QTableView):
    """Emits what the person wants done with rows; it changes nothing itself."""

    opened = Signal(object)
    """Row: show its text"""
    file_wanted = Signal(object)
    folder_wanted = Signal(object)
    summary_wanted = Signal(object)
    again_wanted = Signal(list)
    compare_wanted = Signal(list)
    """Two rows"""
    remove_wanted = Signal(list)
    unlock_wanted = Signal(object, str)
    """Row, password"""
    copy_wanted = Signal(object)
    skip_wanted = Signal(object)
    hidden_wanted = Signal(object)
    model_text_wanted = Signal(object)
    """Row: show what its readers do not see"""
    personal_wanted = Signal(object)
    """Row: show where personal data stands in it"""

    def __init__(self, model: DocumentsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shared: Shared | None = None
        """Whose documents these are, where it is a colleague's collection: nothing that changes them is offered."""
        self._documents = model
        self.failed_row = OpenRow(self, model)
        self.failed_row.unlock_wanted.connect(self.unlock_wanted)
        self.failed_row.copy_wanted.connect(self.copy_wanted)
        self.failed_row.again_wanted.connect(self.again_wanted)
        self.failed_row.skip_wanted.connect(self.skip_wanted)
        self._delegate = RowDelegate(self)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setHorizontalHeader(TableHeader(self))
        self._set_up()
        theme().changed.connect(self._wear)
        self._wear()

    def _set_up(self) -> None:
        self.setAccessibleName(self.tr("Documents"))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicator(Column.STATUS, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)

    def _wear(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme().px(theme().size("tableRow")))
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, theme().px(width))
        self._fit_columns()
        self.failed_row.follow()

    # --- columns that fit ---------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_columns()
        super().resizeEvent(event)
        self.failed_row.follow()  # the reason may need another line now

    def _fit_columns(self) -> None:
        room = self.viewport().width() - theme().px(NAME_WIDTH) - sum(theme().px(width) for width in WIDTHS.values())
        for column in HIDES_FIRST:
            self.setColumnHidden(column, room < 0)
            if room < 0:
                room += theme().px(WIDTHS[column])

    # --- the open row -------------------------------------------------------------------------------------------------

    def selected_rows(self) -> list[Row]:
        """The selected documents from top to bottom."""
        indexes = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return [row for index in indexes if (row := self._documents.row(index)) is not None]

    def open_row(self, row: Row, *, focus: bool = False) -> None:
        """Select a row; a failed one opens and shows its next step."""
        index = self._documents.find(row.path)
        self.setCurrentIndex(index)
        self.scrollTo(index)
        if focus:
            self.failed_row.focus()

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.failed_row.show(self._documents.row(current))

    def updateGeometries(self) -> None:
        super().updateGeometries()
        self.failed_row.place()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.failed_row.place()

    # --- mouse --------------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.indexAt(event.position().toPoint()))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(QModelIndex())
        super().leaveEvent(event)

    def _hover(self, index: QModelIndex) -> None:
        row = self._documents.row(index)
        link = row is not None and index.column() == Column.INDEXED and bool(row.action_text())
        hand = link or (row is not None and index.column() == Column.MENU)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
        if index.row() != self._delegate.hovered:
            self._delegate.hovered = index.row()
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._delegate.ring = False
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = self._documents.row(index)
        if event.button() != Qt.MouseButton.LeftButton or row is None or index != self.currentIndex():
            return
        if index.column() == Column.MENU:
            self._menu(event.globalPosition().toPoint())
        elif index.column() == Column.INDEXED and row.action_text():
            self.act(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self._documents.row(self.indexAt(event.position().toPoint()))
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self._open_document(row)

    def act(self, row: Row) -> None:
        """Do what the row's link says."""
        if row.status == "changed":
            self.again_wanted.emit([row])
        elif row.code == "password":
            self.open_row(row, focus=True)
        elif row.needs_copy():
            self.copy_wanted.emit(row)
        elif row.status == "failed":
            self.again_wanted.emit([row])
        elif row.hidden:
            self.hidden_wanted.emit(row)
        elif row.by_model:
            self.model_text_wanted.emit(row)

    def _open_document(self, row: Row) -> None:
        if row.status == "failed":
            self.open_row(row, focus=True)
        elif row.id is not None:
            self.opened.emit(row)

    # --- keyboard -----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._delegate.ring = True
        rows = self.selected_rows()
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and rows:
            self._open_document(rows[0])
        elif key == Qt.Key.Key_Delete and rows and self.shared is None:
            self.remove_wanted.emit(rows)
        else:
            super().keyPressEvent(event)
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        by_key = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._delegate.ring = event.reason() in by_key
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._delegate.ring and self._documents.rowCount():
            only_current = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self._documents.index(0, 0), only_current)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        current = self.currentIndex()
        if self._delegate.ring and self.hasFocus() and current.isValid():
            rect = self.visualRect(current.siblingAtColumn(0))
            box = QRectF(0, rect.top(), self.viewport().width(), rect.height() - 1)
            paint_box(QPainter(self.viewport()), box.adjusted(1, 1, -1, -1), edge=theme().color("focus"), width=2)

    # --- menu ---------------------------------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self._menu(self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft() + QPoint(44, 0)))
        elif self.indexAt(event.pos()).isValid():
            self._menu(event.globalPos())

    def menu(self) -> QMenu:
        """What can be done with the selected rows."""
        rows = self.selected_rows()
        menu = QMenu(self)
        if len(rows) == 1:
            row = rows[0]
            show = menu.addAction(icon("text-quote"), self.tr("Show text"), lambda: self.opened.emit(row))
            show.setEnabled(row.passages > 0 and row.id is not None)
            summarise = menu.addAction(icon("file-text"), self.tr("Summarise"), lambda: self.summary_wanted.emit(row))
            summarise.setEnabled(show.isEnabled())
            if row.hidden and row.id is not None:
                menu.addAction(icon("eye-off"), self.tr("Hidden text"), lambda: self.hidden_wanted.emit(row))
            if (row.by_model or row.approved) and row.id is not None:
                menu.addAction(icon("box"), self.tr("Written by a model"), lambda: self.model_text_wanted.emit(row))
            if self.shared is None:
                personal = self.tr("Personal data")
                look = menu.addAction(icon("shield-check"), personal, lambda: self.personal_wanted.emit(row))
                look.setEnabled(show.isEnabled())
            if not came_along(row.path):  # else only its text is here
                if not may_run(file_of(row.path)):
                    menu.addAction(icon("external-link"), self.tr("Open file"), lambda: self.file_wanted.emit(row))
                menu.addAction(icon("folder-open"), self.tr("Show in folder"), lambda: self.folder_wanted.emit(row))
            menu.addSeparator()
        if len(rows) == 2:
            compare = menu.addAction(icon("columns-2"), self.tr("Compare"), lambda: self.compare_wanted.emit(rows))
            compare.setEnabled(all(row.id is not None and row.passages > 0 for row in rows))
        if self.shared is not None:
            return menu
        menu.addAction(icon("refresh-cw"), self.tr("Index again"), lambda: self.again_wanted.emit(rows))
        remove = menu.addAction(icon("trash-2", "danger"), self.tr("Remove"), lambda: self.remove_wanted.emit(rows))
        remove.setShortcut(Qt.Key.Key_Delete)
        return menu

    def _menu(self, at: QPoint) -> None:
        if self.selected_rows():
            menu = self.menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)


Index = QModelIndex | QPersistentModelIndex
