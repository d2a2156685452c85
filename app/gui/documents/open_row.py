"""The row of a failed file, which opens: the reason and the next step stand in it, below the file's name."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Signal
from PySide6.QtWidgets import QTableView

from app.gui.documents.documents_model import DocumentsModel
from app.gui.documents.failed_row import GAP, FailedRow
from app.gui.documents.row import Row
from app.gui.theme import theme


class OpenRow(QObject):
    """Makes at most one row of the table taller and lays a panel into it, wherever sorting moves the row."""

    unlock_wanted = Signal(object, str)
    """Row, password"""
    copy_wanted = Signal(object)
    again_wanted = Signal(list)
    skip_wanted = Signal(object)

    def __init__(self, table: QTableView, model: DocumentsModel) -> None:
        super().__init__(table)
        self._table, self._documents = table, model
        self._path = ""
        self._tall = QPersistentModelIndex()
        self._panel: FailedRow | None = None
        for signal in (model.layoutChanged, model.rowsRemoved, model.rowsInserted, model.modelReset):
            signal.connect(self.follow)
        model.dataChanged.connect(self._follow_data)

    @property
    def panel(self) -> FailedRow | None:
        """What stands in the open row."""
        return self._panel

    def show(self, row: Row | None) -> None:
        """Open this row if its file failed, else none."""
        path = row.path if row is not None and row.status == "failed" else ""
        if path == self._path:
            return
        self.close()
        if not path or row is None:
            return
        self._path = path
        panel = self._panel = FailedRow(row, self._table.viewport())
        panel.unlock_wanted.connect(lambda password: self.unlock_wanted.emit(row, password))
        panel.copy_wanted.connect(lambda: self.copy_wanted.emit(row))
        panel.again_wanted.connect(lambda: self.again_wanted.emit([row]))
        panel.skip_wanted.connect(lambda: self.skip_wanted.emit(row))
        panel.left.connect(self._table.setFocus)
        panel.show()
        self.follow()

    def focus(self) -> None:
        """Go into the open row, if there is one."""
        if self._panel is not None:
            self._panel.focus_first()

    def close(self) -> None:
        if self._panel is None:
            return
        if self._panel.isAncestorOf(self._table.focusWidget() or self._table):
            self._table.setFocus()
        self._panel.hide()
        self._panel.deleteLater()
        self._panel = None
        self._path = ""
        self.follow()

    def follow(self, *_: object) -> None:
        """Only the open row is taller, wherever it is now."""
        table, plain = self._table, theme().px(theme().size("tableRow"))
        index = self._documents.find(self._path) if self._path else QModelIndex()
        if self._path and not index.isValid():
            self.close()
            return
        if self._tall.isValid() and self._tall.row() != index.row():
            table.setRowHeight(self._tall.row(), plain)
        self._tall = QPersistentModelIndex(index)
        if self._panel is not None:
            table.setRowHeight(index.row(), plain + self._panel.needed(table.viewport().width()))
        self.place()

    def place(self) -> None:
        """The table scrolled or changed its size."""
        if self._panel is None:
            return
        rect = self._table.visualRect(self._documents.find(self._path))
        plain, width = theme().px(theme().size("tableRow")), self._table.viewport().width()
        self._panel.setGeometry(0, rect.top() + plain - GAP, width, rect.height() - plain + GAP - 1)

    def _follow_data(self, first: QModelIndex, last: QModelIndex, _roles: object = None) -> None:
        current = self._table.currentIndex()
        if current.isValid() and first.row() <= current.row() <= last.row():
            self.show(self._documents.row(current))
