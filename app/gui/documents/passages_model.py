"""Passages that a search found, as a list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.text.plain import shown
from app.types import Passage

Index = QModelIndex | QPersistentModelIndex
PASSAGE_ROLE = int(Qt.ItemDataRole.UserRole)


class PassagesModel(QAbstractListModel):
    """Search results, best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._passages: tuple[Passage, ...] = ()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._passages)

    def data(self, index: Index, role: int = 0) -> object:
        if not index.isValid() or index.row() >= len(self._passages):
            return None
        passage = self._passages[index.row()]
        if role == PASSAGE_ROLE:
            return passage
        if role == Qt.ItemDataRole.ToolTipRole:
            return passage.path
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{passage.document}{place_of(passage)}: {shown(passage)}"
        return None

    def passages(self) -> tuple[Passage, ...]:
        return self._passages

    def replace(self, passages: Sequence[Passage]) -> None:
        self.beginResetModel()
        self._passages = tuple(passages)
        self.endResetModel()


def place_of(passage: Passage) -> str:
    """ ", page 8", or nothing where the format has no pages."""
    return "" if passage.page is None else f", page {passage.page}"
