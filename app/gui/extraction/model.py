"""The rows of a table for Qt, and which of them are shown in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)

from app.extraction.records import Cell, Row, Table, is_outdated
from app.extraction.sheet import evidence_of, shown
from app.text.fields.field import Field
from app.text.fields.values import same_value
from app.text.support import numbers_of

Index = QModelIndex | QPersistentModelIndex
CELL_ROLE = int(Qt.ItemDataRole.UserRole)
ROW_ROLE = CELL_ROLE + 1
SORT_ROLE = CELL_ROLE + 2
Shown = Literal["all", "gaps", "by_hand"]


class TableModel(QAbstractTableModel):
    """One row a document, its name in the first column, then the fields."""

    corrected = Signal(int, str, object)
    """Document id, field's key, text or None."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.fields: tuple[Field, ...] = ()
        self._rows: list[Row] = []
        self._at: dict[int, int] = {}

    def show(self, table: Table | None, rows: Iterable[Row]) -> None:
        """Another table, or none."""
        self.beginResetModel()
        self.fields = table.fields if table is not None else ()
        self._rows = list(rows)
        self._count()
        self.endResetModel()

    def follow(self, table: Table) -> None:
        """The fields of the table may be others now."""
        if table.fields != self.fields:
            self.show(table, self._rows)

    def take(self, row: Row) -> None:
        """A row is new or another one."""
        at = self._at.get(row.document_id)
        if at is None:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows))
            self._at[row.document_id] = len(self._rows)
            self._rows.append(row)
            self.endInsertRows()
            return
        self._rows[at] = row
        self.dataChanged.emit(self.index(at, 0), self.index(at, self.columnCount() - 1))

    def forget(self, document_ids: Iterable[int]) -> None:
        """Documents were removed."""
        for at in sorted((self._at[each] for each in document_ids if each in self._at), reverse=True):
            self.beginRemoveRows(QModelIndex(), at, at)
            del self._rows[at]
            self._count()
            self.endRemoveRows()

    def is_outdated(self) -> bool:
        """Whether an older reader read any of the rows."""
        return any(map(is_outdated, self._rows))

    def _count(self) -> None:
        self._at = {row.document_id: at for at, row in enumerate(self._rows)}

    # --- what Qt asks -------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.fields) + bool(self.fields)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section <= len(self.fields):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tr("Document") if section == 0 else self.fields[section - 1].name
        if role == Qt.ItemDataRole.ToolTipRole and section:
            return self.fields[section - 1].question
        return None

    def data(self, index: Index, role: int = 0) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        field = self.fields[index.column() - 1] if index.column() else None
        cell = row.cells.get(field.key, Cell()) if field is not None else Cell()
        if role == ROW_ROLE:
            return row
        if role == CELL_ROLE:
            return cell if field is not None else None
        if role == SORT_ROLE:
            return (False, 0.0, row.document.casefold()) if field is None else _sort_key(field, cell)
        if role == Qt.ItemDataRole.DisplayRole:
            return row.document if field is None else shown(row, cell)
        if role == Qt.ItemDataRole.EditRole:
            return cell.shown
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.path if field is None else evidence_of(cell) or row.problem or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.document if field is None else f"{field.name}: {shown(row, cell)}. {evidence_of(cell)}"
        return None

    def setData(self, index: Index, value: Any, role: int = 0) -> bool:
        if role != Qt.ItemDataRole.EditRole or not index.isValid() or not index.column():
            return False
        row, field = self._rows[index.row()], self.fields[index.column() - 1]
        if str(value).strip() != row.cells.get(field.key, Cell()).shown:
            self.corrected.emit(row.document_id, field.key, str(value))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() else flags


class ShownRows(QSortFilterProxyModel):
    """The rows that hold some words, or that need a look, in the chosen order."""

    def __init__(self, model: TableModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._words: Sequence[str] = ()
        self._shown: Shown = "all"
        self.setSourceModel(model)
        self.setSortRole(SORT_ROLE)
        self.setDynamicSortFilter(True)

    def look_for(self, text: str) -> None:
        """Only rows in which every word stands somewhere."""
        self._words = text.casefold().split()
        self.invalidate()

    def show_only(self, which: Shown) -> None:
        """All rows, those in which something is not stated, or those with a correction."""
        self._shown = which
        self.invalidate()

    def documents(self) -> list[int]:
        """The documents that are shown, from top to bottom."""
        found = (self.index(at, 0).data(ROW_ROLE) for at in range(self.rowCount()))
        return [row.document_id for row in found if isinstance(row, Row)]

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        row = self._model.index(source_row, 0).data(ROW_ROLE)
        if not isinstance(row, Row):
            return False
        cells = [row.cells.get(field.key, Cell()) for field in self._model.fields]
        if self._shown == "gaps" and all(cell.shown for cell in cells):
            return False
        if self._shown == "by_hand" and not any(cell.state == "by_hand" for cell in cells):
            return False
        text = " ".join((row.document, *(shown(row, cell) for cell in cells))).casefold()
        return all(word in text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        return bool(left.data(SORT_ROLE) < right.data(SORT_ROLE))


def _sort_key(field: Field, cell: Cell) -> tuple[bool, float, str]:
    """What is not stated stands at the end; sums and numbers by their size, dates by their day."""
    text = same_value(field, cell.shown) if cell.shown else ""
    number = 0.0
    if field.kind in ("amount", "number") and (found := sorted(numbers_of(cell.shown))):
        number = float(found[-1]) if found[-1].count(".") < 2 else 0.0
    return not cell.shown, number, text
