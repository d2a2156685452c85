"""Step 4: how far it is, the curve, sample answers before and now, memory, and the ways to pause and stop."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.finetune.durations import time_left
from app.finetune.progress import LEARNING, STAGE_TEXT, STEERED
from app.gui.finetune.chart import LossChart
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import Panel, TwoColumns
from app.gui.finetune.sample import SamplePanel
from app.gui.finetune.train_facts import TrainFacts
from app.gui.finetune.train_head import TrainHead
from app.gui.finetune.trials import TrialsPanel
from app.gui.widgets import Banner, Button, Label, empty_layout
from app.gui.widgets.page_frame import ScrollColumn

AFTER_TRAINING = ("export", "gate", "compare", "card")


class TrainStep(ScrollColumn):
    """Follows the run of the controller; nothing here is needed for it to go on."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller = controller
        self._notes: tuple[tuple[str, str, str], ...] = ()
        self._announced = ""
        self._stopping = self._ending = False
        self._shown_state = ("", "")
        self._messages = QVBoxLayout()
        self._messages.setSpacing(8)
        self.column.addLayout(self._messages)
        self._head = TrainHead()
        self.pause, self.unpause = self._head.pause, self._head.unpause
        self.stop, self.resume = self._head.stop, self._head.resume
        self.shorten, self.skip = self._head.shorten, self._head.skip
        self.pause.clicked.connect(controller.pause)
        self.unpause.clicked.connect(controller.unpause)
        self.stop.clicked.connect(self._stop)
        self.resume.clicked.connect(controller.resume)
        self.shorten.clicked.connect(lambda: self._end_comparison(controller.shorten_comparison))
        self.skip.clicked.connect(lambda: self._end_comparison(controller.skip_comparison))
        self.column.addWidget(self._head)
        self.column.addSpacing(16)
        self._facts = TrainFacts()
        self._columns = TwoColumns(self._build_chart(), self._facts, (2, 1))
        self.column.addWidget(self._columns)
        self.column.addSpacing(16)
        self.trials = TrialsPanel(controller)
        self.column.addWidget(self.trials)
        self.column.addSpacing(16)
        self.sample = SamplePanel(controller)
        self.column.addWidget(self.sample)
        self._build_details()
        self.column.addStretch(1)

    def first_focus(self) -> QWidget:
        return self.pause if self.pause.isVisible() else self.resume

    def set_narrow(self, narrow: bool) -> None:
        self._columns.set_narrow(narrow)
        self.trials.set_narrow(narrow)

    def refresh(self) -> None:
        """What changes with the run's state."""
        state = self._controller.run_state
        if state not in ("training", "paused"):
            self._stopping = self._ending = False
        stage = self._controller.progress.stage
        can_pause = state == "training" and stage in STEERED
        self._head.name_stop(trying=stage == "trials")
        self._columns.setVisible(stage != "trials")  # no curve of a trial is kept
        self.pause.setVisible(state in ("training", "waiting") and stage not in AFTER_TRAINING)
        if can_pause:
            self.pause.enable()
        else:
            self.pause.disable(self.tr("It can be paused once the training itself has begun."))
        self.unpause.setVisible(state == "paused")
        self.stop.setVisible(state in ("training", "paused", "waiting") and stage not in AFTER_TRAINING)
        if self._stopping:
            self.stop.disable(self.tr("It stops after this step."))
        elif can_pause or state in ("paused", "waiting"):
            self.stop.enable()
        else:
            self.stop.disable(self.tr("It can be stopped once the training itself has begun."))
        for button in (self.shorten, self.skip):
            button.setVisible(state == "training" and stage == "compare")
            if self._ending:
                button.disable(self.tr("It ends after this answer."))
            else:
                button.enable()
        self.resume.setVisible(state in ("stopped", "failed"))
        self._show_messages()
        self.sample.refresh()
        self.progress()

    def progress(self) -> None:
        """What changes with every figure; at most four times a second."""
        told, state = self._controller.progress, self._controller.run_state
        last = told.points[-1] if told.points else None
        stage = told.stage
        fraction = told.train_fraction if stage in LEARNING and last else (told.fraction or 0.0)
        title = told.sentence()
        step = ""
        if state == "done":
            title, fraction = self.tr("Done"), 1.0
        elif state == "stopped":
            title = self.tr("Interrupted")
        elif state == "failed":
            title = self.tr("Stopped: {0}").format(STAGE_TEXT.get(stage, ""))
        elif stage in LEARNING and last is not None:
            title = self.tr("{0}, {1}%").format(title, int(fraction * 100))
            step = self.tr("Step {0} of {1}").format(last.step, last.steps)
            if state == "paused":
                title = self.tr("Paused at {0}%").format(int(fraction * 100))
        elif told.note:
            step = told.note
        self._head.title.setText(title)
        self._head.step.set_text(step)
        left = told.seconds_left if state == "training" else None
        self._head.left.setText(time_left(left) if left is not None else "")
        self._head.fit()
        self._head.bar.set_fraction(fraction)
        reads = stage in ("corpus", "pretrain")
        of = self.tr("Error on training and held-out text") if reads else ""
        self._chart_title.setText(of or self.tr("Error on training and held-out questions"))
        self.chart.show_points(told.points, told.best_step)
        self._facts.show_progress(told, learns=state != "done" and stage not in AFTER_TRAINING)
        self.trials.refresh()
        self.sample.progress()
        self._announce(title)
        if (stage, state) != self._shown_state:
            self._stopping = self._stopping and stage == self._shown_state[0]  # of a training in two, one was ended
            self._shown_state = (stage, state)
            self.refresh()

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_chart(self) -> QWidget:
        panel = Panel()
        row = QHBoxLayout()
        self._chart_title = Label("", "uiStrong", wrap=True)
        row.addWidget(self._chart_title, 1)
        row.addWidget(Label(self.tr("Lower is better"), "caption", "text2"))
        panel.column.addLayout(row)
        self.chart = LossChart()
        panel.column.addWidget(self.chart, 1)
        return panel

    def _build_details(self) -> None:
        self._details = Panel(fill="subtle")
        self._details_text = Label("", "caption", "text2", wrap=True)
        copy = Button(self.tr("Copy"), icon="copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details_text.text()))
        self._details.column.addWidget(self._details_text)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(copy)
        self._details.column.addLayout(row)
        self._details.hide()
        self._facts.details_link.toggled_open.connect(self._show_details)
        self.column.addSpacing(12)
        self.column.addWidget(self._details)

    # --- showing ------------------------------------------------------------------------------------------------------

    def best_text(self) -> str:
        """What is said of the best step."""
        return self._facts.best.value.text()

    def _stop(self) -> None:
        self._stopping = True
        self._controller.stop_training()
        self.refresh()

    def _end_comparison(self, end: Callable[[], object]) -> None:
        self._ending = True
        end()
        self.refresh()

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown)
        if shown:
            self._details_text.setText(self._details_words())

    def _details_words(self) -> str:
        """Every hyper-parameter in use, the stages with their times, and the curve as a table."""
        run, told = self._controller.run, self._controller.progress
        if run is None:
            return ""
        training, spec = run.training, run.spec
        lines = [self.tr("Run {0}, folder {1}").format(run.id, run.folder)]
        hyper = training.hyper if training is not None else (spec.hyper if spec is not None else None)
        if hyper is not None:
            chosen = msgspec.to_builtins(hyper).items()
            lines += [f"{key}: {value if value is not None else 'chosen from the data'}" for key, value in chosen]
        if training is not None:
            lines.append(f"examples: {training.examples}, stopped: {training.stopped}, precision: {training.precision}")
            lines.append(f"trained on: {training.device}")
        if told.points:
            lines.append(f"learning rate now: {told.points[-1].learning_rate:.2e}")
        lines += [
            f"step {point.step}: training {point.train:.3f}, held-out {point.heldout:.3f}"
            for point in told.points
            if point.heldout is not None
        ]
        if told.failure is not None and told.failure.detail:
            lines.append(told.failure.detail[-2000:])
        return "\n".join(lines)

    def _show_messages(self) -> None:
        state, told = self._controller.run_state, self._controller.progress
        notes: list[tuple[str, str, str]] = []
        if state == "failed" and told.failure is not None:
            notes.append(("danger", told.failure.message, told.failure.hint))
        elif state == "stopped":
            text = self.tr("It continues from its last saved step; nothing before that is lost.")
            notes.append(("warning", self.tr("The training was interrupted."), text))
        elif state == "waiting":
            notes.append(("info", told.waiting, ""))
        notes += [("warning", note.message, note.hint) for note in told.notices[-2:]]
        if tuple(notes) == self._notes:
            return
        self._notes = tuple(notes)
        empty_layout(self._messages)
        for kind, title, detail in notes:
            self._messages.addWidget(Banner(kind, title, detail))  # type: ignore[arg-type]
        self._messages.addSpacing(8 if notes else 0)

    def _announce(self, title: str) -> None:
        """Tell a screen reader each tenth and each stage, never every step."""
        told = self._controller.progress
        milestone = f"{told.stage} {int(told.train_fraction * 10)} {self._controller.run_state}"
        if milestone == self._announced or not self.isVisible():
            return
        self._announced = milestone
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, title))
