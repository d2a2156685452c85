"""The collections as a list with counts, for the Documents page and every place that lets one be chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.types import Collection

Index = QModelIndex | QPersistentModelIndex
COLLECTION_ROLE = int(Qt.ItemDataRole.UserRole)


class CollectionsModel(QAbstractListModel):
    """Collections in the order that the documents process gives."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._collections: tuple[Collection, ...] = ()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._collections)

    def data(self, index: Index, role: int = 0) -> object:
        if not index.isValid() or index.row() >= len(self._collections):
            return None
        collection = self._collections[index.row()]
        if role == COLLECTION_ROLE:
            return collection
        stands = collection.shared or collection.published
        if role == Qt.ItemDataRole.ToolTipRole and stands is not None:
            return f"{collection.name}\n{stands.words()}."
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return collection.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            failed = f", {QLocale().toString(collection.failed)} failed" if collection.failed else ""
            shared = f". {stands.words()}" if stands is not None else ""
            return f"{collection.name}, {count_text(collection.documents, 'document')}{failed}{shared}"
        return None

    def names(self) -> list[str]:
        return [each.name for each in self._collections]

    def row_of(self, collection_id: int) -> int:
        """The row of a collection, -1 where there is none."""
        return next((row for row, each in enumerate(self._collections) if each.id == collection_id), -1)

    def replace(self, collections: Sequence[Collection]) -> None:
        """Take over what the documents process says; the same ones only change names and counts."""
        new = tuple(collections)
        if [each.id for each in new] == [each.id for each in self._collections]:
            self._collections = new
            if new:
                self.dataChanged.emit(self.index(0), self.index(len(new) - 1))
            return
        self.beginResetModel()
        self._collections = new
        self.endResetModel()


def count_text(count: int, noun: str) -> str:
    """ "1 document", "4,312 passages"."""
    return f"{QLocale().toString(count)} {noun}{'' if count == 1 else 's'}"


def own_of(collections: Sequence[Collection]) -> list[Collection]:
    """Those that documents can be added to: a colleague's are only read."""
    return [each for each in collections if each.shared is None]


def target_of(collections: Sequence[Collection], current: int) -> int:
    """Where what is dropped goes: the collection that is shown, or the first of one's own; 0 where there is none."""
    own = [each.id for each in own_of(collections)]
    return current if current in own else next(iter(own), 0)
