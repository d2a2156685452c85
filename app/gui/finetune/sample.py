"""What the model answers before and now: to questions of the run, and to one that the person asks only to see that."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.finetune.progress import LEARNING
from app.finetune.sample import LONGEST, Known, known_as
from app.finetune.states import ALLOWED
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import Panel, TwoAnswers
from app.gui.widgets import Button, Label
from trainer.events import Sample


class SamplePanel(Panel):
    """One question at a time; `another` shows the next, `ask` opens a line to type one's own."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._place = 0
        self._own = ""
        self._known: Known = ""
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(self.tr("Sample answer"), "uiStrong"))
        self.question = Label("", "ui", "text2", wrap=True)
        row.addWidget(self.question, 1)
        self.another = Button(self.tr("Try another"), icon="refresh-cw")
        self.another.clicked.connect(self._next)
        self.ask = Button("", icon="pencil")
        self.ask.clicked.connect(self._open)
        row.addWidget(self.another)
        row.addWidget(self.ask)
        self.column.addLayout(row)
        self._build_line()
        self.answers = TwoAnswers()
        self.column.addWidget(self.answers)
        self.note = Label("", "caption", "text2", wrap=True)
        self.column.addWidget(self.note)

    def _build_line(self) -> None:
        self._typing = QWidget()
        row = QHBoxLayout(self._typing)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.field = _Field()
        self.field.setMaxLength(LONGEST)
        self.field.setPlaceholderText(self.tr("A question whose answer you want to see while the model learns"))
        self.field.setAccessibleName(self.tr("Your sample question"))
        self.field.textChanged.connect(self._show_buttons)
        self.field.returnPressed.connect(self._typed)
        self.field.left.connect(self._close)
        self.send = Button(self.tr("Show its answer"))
        self.send.clicked.connect(self._typed)
        cancel = Button(self.tr("Cancel"), "quiet")
        cancel.clicked.connect(self._close)
        row.addWidget(self.field, 1)
        row.addWidget(self.send)
        row.addWidget(cancel)
        self._typing.hide()
        self.column.addWidget(self._typing)

    def refresh(self) -> None:
        """Another question, by whatever door; `progress` shows it."""
        run = self._controller.run
        own = run.sample if run is not None else ""
        if own != self._own:
            self._own, self._place = own, 0
            wizard = self._controller.wizard
            self._known = known_as(own, self._controller.review, wizard.own if wizard is not None else ())

    def progress(self) -> None:
        """The newest answers."""
        questions = self._questions()
        can_ask = self._can_ask()
        wizard = self._controller.wizard
        self.setVisible(wizard is not None and wizard.goal != "search" and (can_ask or bool(questions)))
        self.another.setVisible(len(questions) > 1)
        self.ask.setVisible(can_ask and self._typing.isHidden())
        self.ask.setText(self.tr("Ask your own") if not self._own else self.tr("Ask something else"))
        if not can_ask and not self._typing.isHidden():
            self._close()
        question = questions[self._place % len(questions)] if questions else ""
        self.question.setText(f"“{question}”" if question else "")
        sample = self._controller.progress.samples.get(question)
        self.answers.setVisible(sample is not None)
        if sample is not None:
            self._show_answers(sample)
        note = self._note(question, sample)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _questions(self) -> list[str]:
        """The person's own first."""
        told = self._controller.progress.samples.values()
        return [*([self._own] if self._own else []), *(each.question for each in told if not each.own)]

    def _can_ask(self) -> bool:
        """Until it has learned: afterwards there is the chat."""
        state, told = self._controller.run_state, self._controller.progress
        return state in ALLOWED["ask a sample"] and "train" not in told.finished_stages

    def _show_answers(self, sample: Sample) -> None:
        nothing = self.tr("(nothing)")
        before, now = self.answers.boxes
        name = self.tr("Step {0}").format(sample.since) if sample.since else self.tr("Before")
        before.show_answer(name, sample.before or nothing)
        if sample.step > sample.since:
            now.show_answer(self.tr("Now, step {0}").format(sample.step), sample.now or nothing, marked=True)
        else:
            now.show_answer(self.tr("Now"), self.tr("It comes when the model is measured next."), marked=True)

    def _note(self, question: str, sample: Sample | None) -> str:
        if not question:
            return self.tr("What the model answers stands here as soon as the training begins.")
        if question != self._own:
            return ""
        if sample is None:
            return self._when()
        return {
            "": self.tr("You asked this only to see it: it is not taught, and not part of the exam."),
            "taught": self.tr("This question is taught as well, so its answer shows what is learned by heart."),
            "asked": self.tr("This question is part of the exam as well. Seeing its answer changes nothing there."),
        }[self._known]

    def _when(self) -> str:
        """When a question that has no answer yet gets one."""
        told, state = self._controller.progress, self._controller.run_state
        if not self._can_ask():
            return self.tr("The training ended before it was answered.")
        if state == "training" and told.stage in LEARNING and told.points:
            return self.tr("It is answered after this step.")
        return self.tr("It is answered as soon as the training goes on.")

    # --- asking -------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self.field.setText(self._own)
        self.field.selectAll()
        self._typing.show()
        self._show_buttons()
        self.ask.hide()
        self.field.setFocus()

    def _close(self) -> None:
        had_focus = self._typing.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self._typing.hide()
        self.ask.setVisible(self._can_ask())
        if had_focus and not self.ask.isHidden():
            self.ask.setFocus()

    def _show_buttons(self) -> None:
        """An empty line takes the question back, where there is one."""
        empty = not self.field.text().strip()
        self.send.setText(self.tr("Show its answer") if not (empty and self._own) else self.tr("Show it no more"))
        self.send.setEnabled(bool(not empty or self._own))

    def _typed(self) -> None:
        if self.send.isEnabled():
            self._controller.ask_sample(self.field.text())
            self._close()

    def _next(self) -> None:
        self._place += 1
        self.progress()


class _Field(QLineEdit):
    """Esc leaves it."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)
