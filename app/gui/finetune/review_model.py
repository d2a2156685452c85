"""The review as a list: one line an example, with what the person decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.errors import AppError
from app.finetune.review import DEFAULT_QUALITY, Entry, ReviewList
from trainer.spec import Turn

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)
Filter = Literal["open", "approved", "rejected", "aside"]
NONE = QModelIndex()


class ReviewModel(QAbstractListModel):
    """Shows one state of the list at a time. A decided line stays where it is until the filter is chosen again,
    so that nothing jumps under the person's eyes."""

    decided = Signal()
    """The counts changed."""
    failed = Signal(object)
    """AppError: the decision could not be written, and was not taken."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._list: ReviewList | None = None
        self._rows: list[Entry] = []
        self.filter: Filter = "open"
        self.least = 0.0

    def show_list(self, review: ReviewList | None) -> None:
        """Another list, or none."""
        self._list = review
        if review is not None and not review.count("open"):
            self.filter = "approved"
        else:
            self.filter = "open"
        self.refill()

    def set_filter(self, state: Filter) -> None:
        self.filter = state
        self.refill()

    def refill(self) -> None:
        """Take the lines of the chosen state anew, the least certain last."""
        self.beginResetModel()
        entries = self._list.entries if self._list is not None else []
        self._rows = [entry for entry in entries if entry.state == self.filter]
        self.endResetModel()

    def entry(self, index: Index) -> Entry | None:
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def approve(self, indexes: Iterable[Index]) -> None:
        self._decide(indexes, "approve")

    def reject(self, indexes: Iterable[Index]) -> None:
        self._decide(indexes, "reject")

    def edit(self, index: Index, question: str, answer: str) -> None:
        """Change the last question and answer; an edited line is approved."""
        entry = self.entry(index)
        if entry is None:
            return
        turns = list(entry.example.messages)
        for role, text in (("user", question), ("assistant", answer)):
            place = max((n for n, turn in enumerate(turns) if turn.role == role), default=-1)
            if place >= 0:
                turns[place] = Turn(turns[place].role, text.strip())
        self._write([entry], "edit", tuple(turns))

    def good(self, quality: float = DEFAULT_QUALITY) -> list[Entry]:
        return self._list.good(quality) if self._list is not None else []

    def approve_above(self, quality: float) -> int:
        """Approve every open line of at least this quality; returns how many."""
        entries = self.good(quality)
        if not self._write(entries, "approve"):
            return 0
        self.refill()
        return len(entries)

    def next_open(self, row: int) -> int:
        """The next line that is not decided, after `row` and then from the top; -1 where there is none."""
        order = [*range(row + 1, len(self._rows)), *range(row + 1)]
        return next((n for n in order if n < len(self._rows) and self._rows[n].state == "open"), -1)

    def _decide(self, indexes: Iterable[Index], decision: Literal["approve", "reject"]) -> None:
        entries = [entry for index in indexes if (entry := self.entry(index)) is not None]
        self._write(entries, decision)

    def _write(
        self,
        entries: Sequence[Entry],
        decision: Literal["approve", "reject", "edit"],
        turns: tuple[Turn, ...] | None = None,
    ) -> bool:
        if self._list is None or not entries:
            return False
        try:
            self._list.decide([entry.example.id for entry in entries], decision, turns)
        except AppError as error:
            self.failed.emit(error)
            return False
        self.dataChanged.emit(self.index(0), self.index(max(len(self._rows) - 1, 0)))
        self.decided.emit()
        return True

    # --- Qt -----------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        entry = self.entry(index)
        if entry is None:
            return None
        if role == ENTRY_ROLE:
            return entry
        if role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            words = {"open": "not decided", "approved": "approved", "rejected": "rejected", "aside": "set aside"}
            example = entry.example
            return f"{example.question} {example.answer} {entry.source_text}. {words[entry.state]}"
        return None
