"""What an empty chat shows: one sentence and, on request, questions that its documents can answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.widgets import Button, EmptyState, Label
from app.library.records import Assistant

SHOWN = 4
"""Assistants that an empty chat offers."""


class StartPage(QWidget):
    """ "Ask your first question"."""

    question_chosen = Signal(str)
    assistant_chosen = Signal(object)

    def __init__(self, samples: Callable[[], Sequence[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples = samples
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(1)
        self._place = QVBoxLayout()
        column.addLayout(self._place)
        self.empty = self._make_empty()
        self._reading = Label("", "ui", "text2", wrap=True)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._reading.hide()
        column.addWidget(self._reading)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        column.addLayout(self._list)
        self._answerers = QVBoxLayout()
        self._answerers.setSpacing(8)
        column.addLayout(self._answerers)
        self._foot = QHBoxLayout()
        column.addLayout(self._foot)
        column.addStretch(1)
        self.buttons: list[Button] = []
        self.assistants: list[Button] = []

    def show_assistants(self, assistants: Sequence[Assistant]) -> None:
        """The first of those that could answer; “/” finds the others."""
        for button in self.assistants:
            self._answerers.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.assistants = []
        for each in assistants[:SHOWN]:
            button = Button(self.tr("Ask {0}").format(each.name), icon="message-square")
            button.setToolTip(each.instructions[:200])
            button.clicked.connect(lambda _=False, chosen=each: self.assistant_chosen.emit(chosen))
            self._answerers.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
            self.assistants.append(button)

    def show_reading(self, text: str) -> None:
        """How far reading the documents is that will be asked, "" when it is over."""
        self._reading.setText(self.tr("{0}. You can ask already.").format(text) if text else "")
        self._reading.setVisible(bool(text))

    def add_foot(self, widget: QWidget) -> None:
        """A quiet line below everything else."""
        self._foot.addStretch(1)
        self._foot.addWidget(widget, 1000)
        self._foot.addStretch(1)

    def refresh(self) -> None:
        """Back to the sentence; the questions may be others now."""
        for button in self.buttons:
            self._list.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        old, self.empty = self.empty, self._make_empty()
        self._place.removeWidget(old)
        old.hide()
        old.deleteLater()

    def _make_empty(self) -> EmptyState:
        """Names the sample questions only where there are some."""
        sentence, action = self.tr("Answers show the page they came from."), ""
        if self._samples():
            sentence += " " + self.tr("Try one of the sample questions.")
            action = self.tr("Show sample questions")
        empty = EmptyState("message-square", self.tr("Ask your first question"), sentence, action)
        empty.acted.connect(self._show_samples)
        self._place.addWidget(empty)
        return empty

    def _show_samples(self) -> None:
        self.refresh()
        for question in self._samples():
            button = Button(question, icon="text-quote")
            button.clicked.connect(lambda _=False, text=question: self.question_chosen.emit(text))
            self._list.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
            self.buttons.append(button)
        if self.buttons:
            self.buttons[0].setFocus()
        if self.empty.button is not None:
            self.empty.button.hide()
