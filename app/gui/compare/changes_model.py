"""The changes of a comparison as a list, all of them or those of one kind."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.text.compare.result import Change, ChangeKind

Index = QModelIndex | QPersistentModelIndex
CHANGE_ROLE = int(Qt.ItemDataRole.UserRole)


def kind_name(kind: ChangeKind) -> str:
    """What a kind of change is called."""
    names: dict[ChangeKind, str] = {
        "number": QCoreApplication.translate("Compare", "Figures"),
        "changed": QCoreApplication.translate("Compare", "Wording"),
        "added": QCoreApplication.translate("Compare", "Added"),
        "removed": QCoreApplication.translate("Compare", "Removed"),
        "moved": QCoreApplication.translate("Compare", "Moved"),
    }
    return names[kind]


class ChangesModel(QAbstractListModel):
    """Shows what the filter lets through, in the order of the newer text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[Change, ...] = ()
        self._shown: tuple[Change, ...] = ()
        self._kind: ChangeKind | None = None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = 0) -> object:
        change = self.change(index)
        if change is None:
            return None
        if role == CHANGE_ROLE:
            return change
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            section = change.right.section or change.left.section
            return f"{kind_name(change.kind)}: {section + ': ' if section else ''}{change.words}"
        return None

    def change(self, index: Index) -> Change | None:
        """The change of a row."""
        return self._shown[index.row()] if index.isValid() and index.row() < len(self._shown) else None

    @property
    def all(self) -> tuple[Change, ...]:
        """Also those that the filter hides."""
        return self._all

    def replace(self, changes: Sequence[Change]) -> None:
        """Show another comparison."""
        self.beginResetModel()
        self._all = tuple(changes)
        self._filter()
        self.endResetModel()

    def show_kind(self, kind: ChangeKind | None) -> None:
        """Only changes of a kind; None for all."""
        self.beginResetModel()
        self._kind = kind
        self._filter()
        self.endResetModel()

    def count(self, kind: ChangeKind) -> int:
        """How many there are of a kind."""
        return sum(change.kind == kind for change in self._all)

    def _filter(self) -> None:
        self._shown = tuple(change for change in self._all if self._kind in (None, change.kind))
