"""The person's own questions, asked before any of ours is seen: they are the exam, and nothing is learned from them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.finetune.wizard import FEWEST, MOST, OwnQuestion
from app.gui.finetune.parts import TitledPanel
from app.gui.widgets import Label


class OwnQuestions(TitledPanel):
    """Lines for a question and its answer; there is always an empty one, up to as many as are asked for."""

    changed = Signal(tuple)
    """Of OwnQuestion: what is asked now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("text-quote", QCoreApplication.translate("OwnQuestions", "Your own questions"), parent)
        self.head.setContentsMargins(16, 8, 16, 8)
        self.count = Label("", "caption", "text2")
        self.head.addWidget(self.count)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(16, 10, 16, 14)
        column.setSpacing(6)
        text = self.tr(
            "Ask as you would ask a colleague, and write what the answer has to say. Nothing is learned from these: "
            "they show afterwards whether the model knows it in your words. Without an answer you judge blind."
        )
        column.addWidget(Label(text, "caption", "text2", wrap=True))
        names = QHBoxLayout()
        names.setSpacing(8)
        names.addWidget(Label(self.tr("Question"), "caption", "text2", strong=True), 3)
        names.addWidget(Label(self.tr("Its answer has to say"), "caption", "text2", strong=True), 2)
        column.addLayout(names)
        self.lines = [_Line(n + 1) for n in range(MOST)]
        for line in self.lines:
            line.edited.connect(self._edited)
            line.typed.connect(self._show_lines)
            column.addWidget(line)
        self.column.addWidget(holder)
        self.setAccessibleName(self.tr("Your own questions"))
        self._shown: tuple[OwnQuestion, ...] = ()
        self._show_lines()

    def show_questions(self, questions: tuple[OwnQuestion, ...]) -> None:
        """What is asked; what is being typed stays. Those of a longer file are kept behind the lines."""
        if questions == self._shown:
            return
        self._shown = questions
        if questions[:MOST] != self._typed():
            for n, line in enumerate(self.lines):
                line.show_question(questions[n] if n < len(questions) else OwnQuestion(""))
        self._show_lines()

    def _typed(self) -> tuple[OwnQuestion, ...]:
        return tuple(asked for line in self.lines if (asked := line.asked()).question)

    def _edited(self) -> None:
        asked = (*self._typed(), *self._shown[MOST:])
        if asked != self._shown:
            self._shown = asked
            self.changed.emit(asked)
        self._show_lines()

    def _show_lines(self) -> None:
        last = max((n for n, line in enumerate(self.lines, 1) if line.asked().question), default=0)
        for n, line in enumerate(self.lines):
            line.setVisible(n < max(FEWEST, last + 1))
        count = len(self._typed()) + len(self._shown[MOST:])
        text = self.tr("{0} asked") if count >= FEWEST else self.tr("{0} of at least {1}")
        self.count.setText(text.format(count, FEWEST))


class _Line(QWidget):
    """One question with its answer."""

    edited = Signal()
    typed = Signal()

    def __init__(self, number: int) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.question, self.answer = QLineEdit(), QLineEdit()
        self.question.setAccessibleName(self.tr("Your question {0}").format(number))
        self.answer.setAccessibleName(self.tr("Answer to your question {0}").format(number))
        if number == 1:
            self.question.setPlaceholderText(self.tr("For example: how long do I have to hand in receipts?"))
            self.answer.setPlaceholderText(self.tr("30 days"))
        row.addWidget(self.question, 3)
        row.addWidget(self.answer, 2)
        for field in (self.question, self.answer):
            field.editingFinished.connect(self.edited)
            field.textEdited.connect(self.typed)

    def asked(self) -> OwnQuestion:
        """What stands in the line."""
        return OwnQuestion(self.question.text().strip(), self.answer.text().strip())

    def show_question(self, asked: OwnQuestion) -> None:
        """Replace what stands in the line."""
        for field, text in ((self.question, asked.question), (self.answer, asked.answer)):
            field.setText(text)
            field.setCursorPosition(0)  # what is too long is read from its beginning
