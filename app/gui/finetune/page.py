"""The Fine-tune page: the six steps with their rail and foot, or the list of runs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.errors import AppError
from app.finetune.measured import Measured
from app.finetune.states import BUSY
from app.finetune.wizard import AWAY, STEPS, Step
from app.gui.chat.reader import ChatReader
from app.gui.finetune.compare import CompareStep
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.data import DataStep
from app.gui.finetune.goal import GoalStep
from app.gui.finetune.memory import MemoryDialog
from app.gui.finetune.parts import NARROW, DetailsLink, Foot
from app.gui.finetune.rail import StepRail
from app.gui.finetune.review import ReviewStep
from app.gui.finetune.start import StartStep
from app.gui.finetune.train import TrainStep
from app.gui.finetune.train_elsewhere import TrainElsewhere
from app.gui.finetune.use import UseStep
from app.gui.finetune.use_reader import UseReaderStep
from app.gui.hardware import memory_bytes
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, Label, empty_layout
from app.gui.widgets.page_frame import PageFrame
from app.paths import Home

AnyStep = StartStep | GoalStep | DataStep | ReviewStep | TrainStep | CompareStep | UseStep | UseReaderStep


class FinetunePage(PageFrame):
    """Shows the controller's wizard; every wish goes to the controller."""

    chat_asked = Signal()
    documents_asked = Signal()
    toast_asked = Signal(str)

    def __init__(
        self, controller: FinetuneController, store: ChatReader, home: Home, parent: QWidget | None = None
    ) -> None:
        super().__init__(self.tr("Fine-tune"), parent)
        self._controller = controller
        self._shown_step = ""
        self._build_bar()
        self._messages = QVBoxLayout()
        self._messages.setContentsMargins(24, 0, 24, 0)
        self.body.addLayout(self._messages)
        self.stack = QStackedWidget()
        self.body.addWidget(self.stack, 1)
        self._build_steps(store, home)
        self._build_foot()
        self._connect()
        self.refresh()

    def regions(self) -> list[QWidget]:
        return [self.bar, self.rail, self.stack, self.foot]

    def foot_height(self) -> int:
        """A message must not cover Back and Continue."""
        return self.foot.height() if self.foot.isVisible() else 0

    def first_focus(self) -> QWidget:
        return self.steps[self.step].first_focus()

    def shown(self) -> None:
        """The page is opened: a run under way is opened with it."""
        if self._controller.wizard is None:
            self._controller.open_running()
        self._controller.refresh()
        self.refresh()

    @property
    def step(self) -> str:
        """The key of what is shown."""
        wizard = self._controller.wizard
        if wizard is not None and wizard.step == "use" and wizard.goal == "search":
            return "use reader"
        return wizard.step if wizard is not None else "start"

    def refresh(self) -> None:
        """Show where the wizard is."""
        controller, step = self._controller, self.step
        opened = controller.wizard is not None
        for widget in (self.rail, self.foot, self.close_button, self.name):
            widget.setVisible(opened)
        self.steps[step].refresh()
        self.stack.setCurrentWidget(self.steps[step])
        if step != self._shown_step:
            self._shown_step = step
            self._clear_message()
            self._fit()
            if self.isVisible():
                self.first_focus().setFocus()
            self.steps[step].verticalScrollBar().setValue(0)
        if controller.wizard is not None:
            self.name.setText(controller.wizard.name or self.tr("New model"))
            reachable = [key for key in STEPS if controller.reachable(key)]
            self.rail.show_step(controller.wizard.step, reachable)
            self._show_foot(controller.wizard.step)

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_bar(self) -> None:
        self.name = Label("", "ui", "text2")
        self.bar.add_leading(self.name)
        self.close_button = Button(self.tr("Close"), "quiet", "x")
        self.close_button.clicked.connect(self._controller.close)
        self.bar.add_trailing(self.close_button)
        self.rail = StepRail(
            [
                ("goal", self.tr("Goal")),
                ("data", self.tr("Data")),
                ("review", self.tr("Review")),
                ("train", self.tr("Train")),
                ("compare", self.tr("Compare")),
                ("use", self.tr("Use")),
            ]
        )
        self.rail.chosen.connect(lambda key: self._controller.go(key))
        self.body.addWidget(self.rail)

    def _build_steps(self, store: ChatReader, home: Home) -> None:
        controller = self._controller
        self.start = StartStep(controller)
        self.goal = GoalStep(controller, home)
        self.data = DataStep(controller, store)
        self.review = ReviewStep(controller)
        self.train = TrainStep(controller)
        self.compare = CompareStep(controller)
        self.use = UseStep(controller, store)
        self.use_reader = UseReaderStep(controller)
        self.steps: dict[str, AnyStep] = {
            "start": self.start,
            "goal": self.goal,
            "data": self.data,
            "review": self.review,
            "train": self.train,
            "compare": self.compare,
            "use": self.use,
            "use reader": self.use_reader,
        }
        for step in self.steps.values():
            self.stack.addWidget(step)

    def _build_foot(self) -> None:
        self.foot = Foot()
        self.foot.next.setDefault(True)
        self.foot.back.clicked.connect(self._controller.back)
        self.foot.next.clicked.connect(self._go_on)
        self.foot.second.clicked.connect(self._second)
        self.foot.elsewhere.clicked.connect(self._train_elsewhere)
        self.foot.again.clicked.connect(self._controller.train_again)
        self.details = DetailsLink()
        self.details.toggled_open.connect(self.goal.set_details)
        layout = self.foot.layout()
        assert layout is not None
        layout.insertWidget(0, self.details)  # type: ignore[attr-defined]
        self.body.addWidget(self.foot)

    def _connect(self) -> None:
        controller = self._controller
        controller.changed.connect(self.refresh)
        controller.runs_changed.connect(self.start.refresh)
        controller.progressed.connect(self._progress)
        controller.failed.connect(self._show_error)
        controller.notice_raised.connect(self.toast_asked)
        controller.memory_asked.connect(lambda found: self._ask_memory(found, possible=True))
        controller.refused.connect(lambda found: self._ask_memory(found, possible=False))
        self.data.documents_asked.connect(self.documents_asked)
        self.review.toast_asked.connect(self.toast_asked)
        self.use.toast_asked.connect(self.toast_asked)

    # --- the foot -----------------------------------------------------------------------------------------------------

    def _show_foot(self, step: Step) -> None:
        controller, foot = self._controller, self.foot
        state, run_state = controller.state(), controller.run_state
        at_work = step in ("review", "train") and run_state in BUSY
        self.details.setVisible(step == "goal")
        foot.back.setVisible(step not in ("goal", "train") and not at_work)
        foot.again.setVisible(step == "compare")
        away = controller.wizard is not None and controller.wizard.goal in AWAY and not controller.wizard.words
        open_yet = controller.review is not None and run_state != "done"
        foot.elsewhere.setVisible(away and open_yet and step in ("review", "train") and not at_work)
        worse_first = step == "compare" and controller.keep_by_default
        foot.second.setVisible(step == "compare")
        teaches_search = controller.wizard is not None and controller.wizard.goal == "search"
        keep = self.tr("Keep the old reader") if teaches_search else self.tr("Keep the old model")
        first, second = state.action, keep
        if worse_first:
            first, second = second, first
        foot.next.setText(first)
        foot.second.setText(second)
        allowed = state.allowed or worse_first
        if allowed:
            foot.next.enable()
        else:
            foot.next.disable(state.reason)
        foot.second.setEnabled(step != "compare" or state.allowed or not worse_first)
        text = state.reason
        if step == "use":
            text = (
                state.reason
                if teaches_search
                else self.tr(
                    "The model can repeat what it learned. Share it only with people who may read these documents."
                )
            )
        foot.say(text, leading=step in ("train", "use"), warning=state.warning, icon=step == "use")
        foot.fit()

    def _go_on(self) -> None:
        if self.step == "compare" and self._controller.keep_by_default:
            self._controller.keep_old()
        elif self.step in ("use", "use reader"):
            self.chat_asked.emit()
        else:
            self._controller.carry_on()

    def _second(self) -> None:
        if self._controller.keep_by_default:
            self._controller.carry_on()
        else:
            self._controller.keep_old()

    def _progress(self) -> None:
        if self.isVisible():
            self.steps[self.step].progress()

    # --- messages -----------------------------------------------------------------------------------------------------

    def _show_error(self, error: AppError) -> None:
        self._clear_message()
        banner = Banner("danger", error.message, error.hint, closable=True)
        banner.closed.connect(self._clear_message)
        self._messages.setContentsMargins(24, 12, 24, 0)
        self._messages.addWidget(banner)

    def _clear_message(self) -> None:
        empty_layout(self._messages)
        self._messages.setContentsMargins(24, 0, 24, 0)

    def _train_elsewhere(self) -> None:
        if self._controller.wizard is not None:
            TrainElsewhere(self._controller.away, self._controller.wizard.id, self).open()

    def _ask_memory(self, found: Measured, *, possible: bool) -> None:
        freed = found.freed_by(self._controller.models.info)
        dialog = MemoryDialog(found, freed, memory_bytes(), possible=possible, parent=self)
        agreed = dialog.exec() == MemoryDialog.DialogCode.Accepted
        dialog.deleteLater()
        if agreed and possible:
            self._controller.train(pause_chat=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        narrow = self.width() < theme().px(NARROW)
        self.steps[self.step].set_narrow(narrow)
        self.foot.fit()
