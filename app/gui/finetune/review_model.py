"""The review as a list: one line an example, with what the person decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.finetune.review import DEFAULT_QUALITY, Entry, ReviewList
from app.types import Message

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)
Filter = Literal["open", "approved", "rejected", "aside"]
NONE = QModelIndex()


class ReviewModel(QAbstractListModel):
    """Shows one state of the list at a time. A decided line stays where it is until the filter is chosen again, or
    nothing of it is left, so that nothing jumps under the person's eyes."""

    asked = Signal(object, str, object)
    """What a person decided: ids, "approve", "reject" or "edit", and the conversation of an edit or None."""
    approve_asked = Signal(float)
    """Everything open of at least this quality."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._list: ReviewList | None = None
        self._rows: list[Entry] = []
        self._refills = False
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
                turns[place] = Message(turns[place].role, text.strip())
        self.asked.emit((entry.example.id,), "edit", tuple(turns))

    def good(self, quality: float = DEFAULT_QUALITY) -> list[Entry]:
        return self._list.good(quality) if self._list is not None else []

    def take_back(self, example_id: str) -> None:
        """Learn from a line after all that was set aside."""
        self._refills = True
        self.asked.emit((example_id,), "approve", None)

    def approve_above(self, quality: float) -> int:
        """Approve every open line of at least this quality; returns how many that are."""
        count = len(self.good(quality))
        if count:
            self._refills = True
            self.approve_asked.emit(quality)
        return count

    def follow(self) -> None:
        """Lines were decided, here or at another door."""
        nothing_left = self._list is not None and not self._list.count(self.filter)
        if self._refills or nothing_left:
            self._refills = False
            self.refill()
        elif self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def next_open(self, row: int) -> int:
        """The next line that is not decided, after `row` and then from the top; -1 where there is none."""
        order = [*range(row + 1, len(self._rows)), *range(row + 1)]
        return next((n for n in order if n < len(self._rows) and self._rows[n].state == "open"), -1)

    def _decide(self, indexes: Iterable[Index], decision: Literal["approve", "reject"]) -> None:
        ids = tuple(entry.example.id for index in indexes if (entry := self.entry(index)) is not None)
        if ids:
            self.asked.emit(ids, decision, None)

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
