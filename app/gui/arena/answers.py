"""Two answers beside each other as the chat shows them, with their citations and without who wrote them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.core.calls.bench import PairAnswer
from app.gui.chat.answer_body import AnswerBody
from app.gui.chat.chips import Citations
from app.gui.finetune.parts import Panel
from app.gui.theme import theme
from app.gui.widgets import Label
from app.types import Passage


class CitedAnswers(QWidget):
    """A and B."""

    source_opened = Signal(object, int)
    """The CitedAnswer and the number of its source."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.boxes = (CitedAnswer("A"), CitedAnswer("B"))
        for box in self.boxes:
            box.source_opened.connect(self.source_opened)
            row.addWidget(box, 1)
        theme().changed.connect(self._restyle)

    def show_pair(self, left: PairAnswer, right: PairAnswer) -> None:
        for box, answer in zip(self.boxes, (left, right), strict=True):
            box.show_answer(answer)

    def _restyle(self) -> None:
        for box in self.boxes:
            box.body.restyle()


class CitedAnswer(Panel):
    """One of them."""

    source_opened = Signal(object, int)
    """Itself and the number."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, fill="subtle")
        self.column.setContentsMargins(12, 8, 12, 12)
        self.column.setSpacing(2)
        self._name, self._answer = name, PairAnswer(text="")
        self.column.addWidget(Label(name, "uiStrong", "text2"))
        self.citations = Citations()
        self.body = AnswerBody(self.citations)
        self.body.chip_clicked.connect(self._open)
        self.column.addWidget(self.body)
        self.column.addStretch(1)

    def show_answer(self, answer: PairAnswer) -> None:
        """Draw it, if it is not the one that stands there."""
        if answer == self._answer:
            return
        self._answer = answer
        self.citations.sources = {source.n: source for source in answer.sources}
        text = answer.text or self.tr("(nothing)")
        self.body.show_text(text, answer.unsupported)
        self.body.set_spoken_name(self.tr("Answer {0}").format(self._name))
        self.setAccessibleName(f"{self._name}: {text}")

    def passages(self) -> list[Passage]:
        """The passages behind the numbers, in order."""
        return [self.citations.sources[n].passage for n in sorted(self.citations.sources)]

    def set_active(self, number: int) -> None:
        """Mark the chips of the source that is open, 0 for none."""
        self.citations.active = number
        self.body.refresh_citations()

    def _open(self, number: int) -> None:
        if number in self.citations.sources:
            self.source_opened.emit(self, number)
