"""Passages that a search found, as a list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.cited import where
from app.text.plain import shown
from app.types import Passage

Index = QModelIndex | QPersistentModelIndex
PASSAGE_ROLE = int(Qt.ItemDataRole.UserRole)
ABOUT_ROLE = PASSAGE_ROLE + 1
"""What is said of its document beside the name: "mentioned 3 times · 1 March 2025"."""


class PassagesModel(QAbstractListModel):
    """Search results, best first, or the documents that were found, each by its best sentence."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._passages: tuple[Passage, ...] = ()
        self._about: tuple[str, ...] = ()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._passages)

    def data(self, index: Index, role: int = 0) -> object:
        if not index.isValid() or index.row() >= len(self._passages):
            return None
        passage = self._passages[index.row()]
        if role == PASSAGE_ROLE:
            return passage
        about = self._about[index.row()] if self._about else ""
        if role == ABOUT_ROLE:
            return about
        if role == Qt.ItemDataRole.ToolTipRole:
            return passage.path
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            told = f", {about}" if about else ""
            return f"{', '.join(filter(None, (passage.document + told, where(passage))))}: {shown(passage)}"
        return None

    def passages(self) -> tuple[Passage, ...]:
        return self._passages

    def replace(self, passages: Sequence[Passage], about: Sequence[str] = ()) -> None:
        """Show others; `about` says something of each, or of none."""
        self.beginResetModel()
        self._passages, self._about = tuple(passages), tuple(about)
        self.endResetModel()
