"""Changing a question and its answer in the review, and finding the sentence that the answer stands in."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.finetune.review import Entry
from app.gui.theme import theme
from app.gui.widgets import Button, Label


class EditDialog(QDialog):
    """Question and answer to change; saving approves."""

    def __init__(self, entry: Entry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Edit question and answer"))
        self.setModal(True)
        self.resize(theme().px(520), theme().px(360))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(6)
        self.question = self._field(column, self.tr("Question"), entry.example.question, 64)
        self.answer = self._field(column, self.tr("Answer"), entry.example.answer, 140)
        row = QHBoxLayout()
        row.addStretch(1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.save = Button(self.tr("Save and approve"), "primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self.accept)
        row.addWidget(cancel)
        row.addWidget(self.save)
        column.addLayout(row)
        for field in (self.question, self.answer):
            field.textChanged.connect(self._check)
        self.answer.setFocus()

    def _field(self, column: QVBoxLayout, name: str, text: str, height: int) -> QPlainTextEdit:
        column.addWidget(Label(name, "uiStrong"))
        field = QPlainTextEdit(text)
        field.setProperty("field", "true")
        field.setAccessibleName(name)
        field.setTabChangesFocus(True)
        field.setMinimumHeight(theme().px(height))
        column.addWidget(field, 1)
        column.addSpacing(6)
        return field

    def _check(self) -> None:
        empty = not (self.question.toPlainText().strip() and self.answer.toPlainText().strip())
        if empty:
            self.save.disable(self.tr("Both need some text."))
        else:
            self.save.enable()


def sentence_of(passage: str, answer: str) -> tuple[int, int]:
    """The span of the sentence that holds the answer, or of nothing."""
    found = passage.casefold().find(answer.strip().rstrip(".").casefold()) if answer.strip() else -1
    if found < 0:
        words = sorted(answer.split(), key=len, reverse=True)[:1]
        found = passage.find(words[0].strip(".,;:")) if words and len(words[0]) > 3 else -1
    if found < 0:
        return 0, 0
    start = max(passage.rfind(mark, 0, found) + len(mark) for mark in (". ", "\n", "? ", "! "))
    start = max(start, 0) if start > 2 or passage[:2] in (". ", "\n") else 0
    ends = [place for mark in (". ", "\n") if (place := passage.find(mark, found + len(answer.rstrip(".")))) >= 0]
    return start, min(ends) + 1 if ends else len(passage)
