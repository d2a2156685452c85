"""The rows of the Documents page: what is stored, and what an add under way says of each file, in one table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from pathlib import PurePath

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.gui.documents.row import Row, day_and_time
from app.gui.documents.same_names import SameNames
from app.members import file_of, is_member
from app.types import FileStatus
from app.workers.calls.documents import FileEvent
from app.workers.calls.scans import PageRecognised

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
"""The whole `Row` of an index, for delegates."""
DASH = "–"
MANY_RANGES = 100
"""Taking out more stretches of rows than this one by one is slower than a reset."""


class Column(IntEnum):
    """Columns from left to right."""

    NAME = 0
    STATUS = 1
    PAGES = 2
    PASSAGES = 3
    INDEXED = 4
    MENU = 5


URGENCY: dict[FileStatus, int] = {
    "failed": 0,
    "changed": 1,
    "reading": 2,
    "indexing": 2,
    "waiting": 3,
    "indexed": 4,
    "unchanged": 4,
}
"""What needs attention first."""


class DocumentsModel(QAbstractTableModel):
    """The documents of one collection, sorted here because a proxy with a Python comparison stalls at 10,000 rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._at: dict[str, int] = {}
        self._names = SameNames()
        self.reads_scans = True
        """Whether pages that are pictures are being recognised."""
        self._column = Column.STATUS
        self._descending = False

    # --- what views read ----------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return ("Name", "Status", "Pages", "Passages", "Last indexed", "")[section]
        if role == Qt.ItemDataRole.AccessibleTextRole and section == Column.MENU:
            return "Actions"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section in (Column.PAGES, Column.PASSAGES)
            return Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeading
            )
        return None

    def data(self, index: Index, role: int = 0) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == Column.MENU:
            return f"Actions for {row.name}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(row, Column(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.reason or row.path if index.column() != Column.NAME else row.path
        return None

    @staticmethod
    def _text(row: Row, column: Column) -> str:
        if column == Column.NAME:
            return f"{row.name} ({row.folder})" if row.folder else row.name
        if column == Column.STATUS:
            return row.status_text()
        if column == Column.PAGES:
            return DASH if row.pages is None else QLocale().toString(row.pages)
        if column == Column.PASSAGES:
            return QLocale().toString(row.passages) if row.passages else DASH
        if column == Column.INDEXED:
            return row.action_text() or (DASH if row.indexed_at is None else day_and_time(row.indexed_at))
        return ""

    def row(self, index: Index) -> Row | None:
        """The row of an index, None for an invalid one."""
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def rows(self) -> Sequence[Row]:
        """All rows as they are shown. Read only."""
        return self._rows

    def find(self, path: str) -> QModelIndex:
        """The index of a path's first cell, or an invalid one."""
        at = self._at.get(path)
        return QModelIndex() if at is None else self.index(at, 0)

    # --- what changes it ----------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Another collection is coming."""
        self.beginResetModel()
        self._rows, self._at = [], {}
        self._names.clear()
        self.endResetModel()

    def merge(self, rows: Sequence[Row]) -> None:
        """Take over the truth: gone rows go, known ones change in place, new ones come; selection and scroll stay."""
        wanted = {row.path: row for row in rows}
        self._take_out([at for at, row in enumerate(self._rows) if row.path not in wanted])
        for row in rows:
            row.reads_scans = self.reads_scans
        for at, row in enumerate(self._rows):
            self._rows[at] = wanted[row.path]
        self._tell_changed(0, len(self._rows) - 1)
        self._append([row for row in rows if row.path not in self._at])
        self._names.clear()
        self._tell_apart(self._at)
        self.resort()

    def apply(self, events: Iterable[FileEvent]) -> None:
        """Merge what an add says of its files; `resort` is left to the caller, since rows that jump cannot be read."""
        fresh: dict[str, Row] = {}
        first, last = len(self._rows), -1
        for event in events:
            at = self._at.get(event.path)
            if at is None:
                row = fresh.setdefault(event.path, Row(event.path, PurePath(event.path).name))
            else:
                row = self._rows[at]
                first, last = min(first, at), max(last, at)
            _take_event(row, event)
        self._tell_changed(first, last)
        self._append(list(fresh.values()))
        self._tell_apart(fresh)

    def _tell_apart(self, fresh: Iterable[str]) -> None:
        """Files of one name say in which folder they lie."""
        for path, folder in self._names.add(fresh).items():
            if path in self._at and not is_member(path):
                self._rows[self._at[path]].folder = folder

    def take_page(self, page: PageRecognised) -> None:
        """A page of a document was recognised."""
        for at, row in enumerate(self._rows):
            if row.id == page.document_id:
                row.scans, row.recognised = page.total, page.done
                self._tell_changed(at, at)

    def drop(self, path: str) -> None:
        """Take one row out of sight."""
        if path in self._at:
            self._take_out([self._at[path]])

    def _append(self, rows: list[Row]) -> None:
        if not rows:
            return
        start = len(self._rows)
        self.beginInsertRows(QModelIndex(), start, start + len(rows) - 1)
        self._rows += rows
        self._at.update((row.path, start + i) for i, row in enumerate(rows))
        self.endInsertRows()

    def _take_out(self, gone: list[int]) -> None:
        ranges: list[tuple[int, int]] = []
        for at in reversed(gone):
            if ranges and ranges[-1][0] == at + 1:
                ranges[-1] = (at, ranges[-1][1])
            else:
                ranges.append((at, at))
        if len(ranges) > MANY_RANGES:
            self.beginResetModel()
            out = set(gone)
            self._rows = [row for at, row in enumerate(self._rows) if at not in out]
            self._number()
            self.endResetModel()
            return
        for first, last in ranges:
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._rows[first : last + 1]
            self.endRemoveRows()
        if ranges:
            self._number()

    def _number(self) -> None:
        self._at = {row.path: at for at, row in enumerate(self._rows)}

    def _tell_changed(self, first: int, last: int) -> None:
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(Column) - 1))

    # --- order --------------------------------------------------------------------------------------------------------

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column; equal rows by name. Status ascending is "needs attention first"."""
        self._column, self._descending = Column(column), order == Qt.SortOrder.DescendingOrder
        self.resort()

    def resort(self) -> None:
        """Put rows whose state changed where they belong."""
        ordered = sorted(self._rows, key=_with_its_files)
        ordered.sort(key=_sort_key(self._column), reverse=self._descending)
        if all(a is b for a, b in zip(ordered, self._rows, strict=True)):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        paths = [self._rows[index.row()].path for index in before]
        self._rows = ordered
        self._number()
        after = [self.index(self._at[path], old.column()) for path, old in zip(paths, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def _take_event(row: Row, event: FileEvent) -> None:
    """What the add says of a file; figures it does not give keep their last value."""
    row.status = "indexed" if event.status == "unchanged" else event.status
    row.fraction, row.reason, row.code = event.fraction, event.reason, event.code
    row.live = True
    if event.document_id is not None:
        row.id = event.document_id
    if event.pages is not None:
        row.pages = event.pages
    if event.passages:
        row.passages = event.passages
    if event.status == "indexed":
        row.indexed_at, row.hidden, row.masked = time.time(), event.hidden, event.masked
        row.by_model = 0.0  # it is looked at anew


def _with_its_files(row: Row) -> tuple[str, str, str]:
    """By name; what lies in a file comes behind that."""
    file = file_of(row.path)
    return PurePath(file).name.casefold(), file, row.path[len(file) :].casefold()


def _sort_key(column: Column) -> Callable[[Row], float | str]:
    keys: dict[Column, Callable[[Row], float | str]] = {
        Column.NAME: lambda row: PurePath(file_of(row.path)).name.casefold(),
        Column.PAGES: lambda row: row.pages or 0,
        Column.PASSAGES: lambda row: row.passages,
        Column.INDEXED: lambda row: row.indexed_at or 0.0,
    }
    return keys.get(column, lambda row: URGENCY[row.status])
