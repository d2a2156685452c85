"""The numbers of the cleaning report; each opens what it counts."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.errors import AppError
from app.finetune.review import Kind
from app.gui.finetune.cards import NumberTile
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import Panel
from app.gui.finetune.report import TWINS, ReportDialog, report_rows

Figures = dict[str, str | int | float | bool]


class Numbers(Panel):
    """Sources, lines to learn from, and what was set aside or masked."""

    taken_back = Signal(str)
    """Id of a line that was set aside and is wanted after all."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent, flush=True)
        self._controller = controller
        row = QHBoxLayout()
        row.setSpacing(0)
        self._names: dict[Kind, str] = {
            "questions": self.tr("Questions"),
            "labels": self.tr("Texts with labels"),
            "pairs": self.tr("Pairs of answers"),
            "texts": self.tr("Documents to read"),
        }
        self.tiles = {
            "read": NumberTile("files", self.tr("Sources read")),
            "questions": NumberTile("text-quote", self._names["questions"]),
            "twins": NumberTile("copy-check", self.tr("Duplicates set aside")),
            "masked": NumberTile("eye-off", self.tr("Personal details masked")),
            "aside": NumberTile("circle-minus", self.tr("Set aside")),
        }
        for n, (key, tile) in enumerate(self.tiles.items()):
            tile.set_first(n == 0)
            tile.clicked.connect(lambda _=False, key=key: self.open_report(key))
            row.addWidget(tile)
        self.column.addLayout(row)

    def refresh(self) -> None:
        """Count anew."""
        run, review = self._controller.run, self._controller.review
        if run is None or review is None:
            return
        collected, cleaned, split = run.summary("collect"), run.summary("clean"), run.summary("split")
        questions = run.summary("questions")
        sources = sum(_number(collected, key) for key in ("documents", "examples", "preferences"))
        problems = _number(collected, "problems")
        note = self.tr("{0} could not be used").format(problems) if problems else self.tr("All could be used")
        self.tiles["read"].show_number(sources, note)
        kept = sum(entry.state != "aside" for entry in review.entries)
        held = _number(split, "heldout") + _number(split, "unseen")
        facts = _number(split, "facts") or _number(questions, "facts")
        notes = {
            "questions": self.tr("{0} facts, {1} kept for the exam").format(facts, held) if facts else "",
            "labels": self.tr("{0} kept for the exam").format(held),
        }
        self.tiles["questions"].set_label(self._names[review.kind])
        self.tiles["questions"].show_number(kept, notes.get(review.kind, ""))
        twins = sum(_number(cleaned, kind) for kind in TWINS)
        self.tiles["twins"].show_number(twins, self.tr("Kept one of each"))
        self.tiles["masked"].show_number(_number(cleaned, "personal-data"), self.tr("Names, phone, bank, e-mail"))
        dropped = _number(questions, "dropped")
        aside = sum(entry.state == "aside" for entry in review.entries if not entry.is_text)
        aside += sum(text.split == "aside" for text in review.texts)
        text = self.tr("{0} questions failed their check").format(dropped) if dropped else self.tr("With the reason")
        self.tiles["aside"].show_number(max(aside - twins, 0) + dropped, text)

    def open_report(self, key: str) -> None:
        """Open what a number counts."""
        run = self._controller.run
        if run is None:
            return
        try:
            rows = report_rows(key, run.folder, self._controller.review, self._controller.progress.notices)
        except AppError as error:
            self._controller.failed.emit(error)
            return
        notes = {
            "twins": self.tr("One of each is kept."),
            "masked": self.tr("They are replaced by a word in brackets, so that the model cannot repeat them."),
            "aside": self.tr("Nothing is deleted. What you take anyway comes into the list as approved."),
        }
        dialog = ReportDialog(self.tiles[key].label, notes.get(key, ""), rows, self)
        dialog.taken_back.connect(self.taken_back)
        dialog.exec()
        dialog.deleteLater()


def _number(figures: Figures, key: str) -> int:
    return int(figures.get(key, 0) or 0)
