"""What cleaning did, opened at a number: each decision with its rule, and a way back for what was set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.finetune.review import Entry, ReviewList, read_lines
from app.gui.theme import theme
from app.gui.widgets import Button, Label
from app.gui.widgets.page_frame import ScrollColumn, Separator
from trainer.events import Notice

SHOWN = 200
TWINS = ("duplicate", "near-duplicate")
OTHERS = ("quality", "language", "contradiction", "encoding", "boilerplate")


class Decision(Struct, frozen=True, kw_only=True):
    """A line of clean/report.jsonl."""

    id: str
    kind: str
    rule: str
    before: str = ""
    after: str = ""
    other: str = ""
    aside: bool = False


class Dropped(Struct, frozen=True):
    """A line of questions/dropped.jsonl: a question that failed its check."""

    question: str
    rule: str


def read_dropped(run: Path) -> list[Dropped]:
    """Questions that were made and did not pass. Raises AppError."""
    return read_lines(run / "questions" / "dropped.jsonl", Dropped)


def read_report(run: Path, kinds: Iterable[str] = ()) -> list[Decision]:
    """Decisions of some kinds, or all. Raises AppError."""
    wanted = set(kinds)
    rows = read_lines(run / "clean" / "report.jsonl", Decision)
    return [row for row in rows if not wanted or row.kind in wanted]


def report_rows(
    key: str, run: Path, review: ReviewList | None, notices: Sequence[Notice]
) -> list[tuple[str, str, str]]:
    """What one of the numbers counts: (title, text, id to take back or "").

    Args:
        key: "read", "questions", "twins", "masked" or "aside".
        run: the run's folder.
        review: its list.
        notices: what the trainer warned of.
    """
    entries = review.entries if review is not None else []
    if key == "questions":
        return [(e.example.question, e.example.answer, "") for e in entries if e.example.split != "aside"]
    if key == "read":
        texts = review.texts if review is not None else []
        rows = [(text.name or text.id, text.reason or f"{len(text.text.split()):,} words", "") for text in texts]
        return rows + [(note.message, note.hint, "") for note in notices]
    if key == "masked":
        found = read_report(run, ("personal-data",))
        return [(row.rule, row.before and f"{row.before} → {row.after}", "") for row in found]
    known = {entry.example.id: entry for entry in entries}
    rows = []
    for row in read_report(run, TWINS if key == "twins" else OTHERS):
        entry = known.get(row.id)
        text = row.rule + (f" {row.before[:200]}" if row.before else "")
        name = entry.example.question if entry else row.id
        rows.append((name, text, row.id if entry is not None and entry.state == "aside" else ""))
    return rows if key == "twins" else rows + _also_aside(run, entries, {row[2] for row in rows})


def _also_aside(run: Path, entries: Sequence[Entry], told: set[str]) -> list[tuple[str, str, str]]:
    """What the split set aside, and questions that failed their check."""
    rows = [
        (entry.example.question, entry.example.reason, entry.example.id)
        for entry in entries
        if entry.state == "aside" and entry.example.id not in told and "already" not in entry.example.reason
    ]
    return rows + [(failed.question, failed.rule, "") for failed in read_dropped(run)]


class ReportDialog(QDialog):
    """A list of (title, text, id to take back or ""), the first 200 of them."""

    taken_back = Signal(str)

    def __init__(
        self, title: str, note: str, rows: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.resize(theme().px(640), theme().px(520))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        column.addWidget(Label(title, "heading", wrap=True))
        if note:
            column.addWidget(Label(note, "ui", "text2", wrap=True))
        self.area = ScrollColumn((0, 4, 8, 4))
        column.addWidget(self.area, 1)
        for name, text, key in rows[:SHOWN]:
            self.area.column.addWidget(self._row(name, text, key))
            self.area.column.addWidget(Separator())
        if not rows:
            self.area.column.addWidget(Label(self.tr("There is nothing here."), "ui", "text2"))
        if len(rows) > SHOWN:
            more = self.tr("{0} more are in the folder of this run.").format(f"{len(rows) - SHOWN:,}")
            self.area.column.addWidget(Label(more, "caption", "text2"))
        self.area.column.addStretch(1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        close = Button(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot.addWidget(close)
        column.addLayout(foot)

    def _row(self, name: str, text: str, key: str) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 8, 0, 8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(name, "uiStrong", wrap=True))
        if text:
            words.addWidget(Label(text, "caption", "text2", wrap=True))
        row.addLayout(words, 1)
        if key:
            button = Button(self.tr("Take it anyway"))
            button.clicked.connect(lambda: self._take_back(button, key))
            row.addWidget(button)
        return holder

    def _take_back(self, button: Button, key: str) -> None:
        button.disable(self.tr("It is in the list now."))
        self.taken_back.emit(key)
