"""What the window shows of trainings: the open run and all the others, kept up to date by what the core tells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.calls import training as c
from app.core.requests import Job
from app.errors import AppError
from app.finetune import machine, steps
from app.finetune.compare import Comparison
from app.finetune.progress import RunProgress
from app.finetune.review import ReviewList
from app.finetune.runs import Run, Runs
from app.finetune.states import RunState
from app.finetune.steps import Reviewed, StepState
from app.finetune.use import adapter_of
from app.finetune.wizard import STEPS, Changes, Goal, Resources, Step, Wizard
from app.gui.core_client import CoreClient
from app.gui.finetune.run_list import RunList
from app.gui.finetune.shown_run import ShownRun
from app.gui.models.controller import ModelsController
from app.paths import Home
from app.types import InstalledModel
from app.workers.message import Call


class TrainingState(QObject):
    """Holds what the open wizard shows; what a person does about it is in FinetuneController."""

    changed = Signal()
    """The open wizard, its run, or what this computer offers."""
    progressed = Signal()
    """The open run said something; at most four times a second."""
    runs_changed = Signal()
    review_decided = Signal()
    """Lines of the open list were decided, by whatever door."""
    voted = Signal()
    """A blind question of the open comparison was judged."""
    failed = Signal(object)
    """AppError"""
    notice_raised = Signal(str)
    status_changed = Signal(str, bool)
    """What stands behind the page's name in the sidebar, and whether a run is under way."""
    memory_asked = Signal(object)
    """Measured: training fits only where the chat gives its memory back."""
    refused = Signal(object)
    """Measured: it cannot fit here."""

    def __init__(
        self,
        core: CoreClient,
        home: Home,
        models: ModelsController,
        collection: Callable[[], int],
        parent: QObject | None = None,
    ) -> None:
        """`collection` tells the one that the person works with, 0 for none."""
        super().__init__(parent)
        self._core, self.models, self._collection = core, models, collection
        self.runs = Runs(home.runs)
        """To read from; what changes a run is asked of the core."""
        self.listed = RunList(core, self)
        self.resources = Resources()
        self.measuring = False
        self.opened: ShownRun | None = None
        """What the window reads of the run whose wizard is open."""
        self._status = ("", False)
        self.listed.changed.connect(self._runs_listed)
        core.told.connect(self._told)

    # --- what is so -------------------------------------------------------------------------------------------------

    @property
    def wizard(self) -> Wizard | None:
        """The open wizard."""
        return self.opened.wizard if self.opened is not None else None

    @property
    def run(self) -> Run | None:
        """The run of the open wizard, to read from."""
        return self.opened.run if self.opened is not None else None

    @property
    def progress(self) -> RunProgress:
        return self.opened.progress if self.opened is not None else RunProgress()

    @property
    def gathered(self) -> tuple[int, int]:
        """Documents read and in all, while inputs are gathered."""
        return self.opened.gathered if self.opened is not None else (0, 0)

    @property
    def review(self) -> ReviewList | None:
        return self.opened.review if self.opened is not None else None

    @property
    def comparison(self) -> Comparison | None:
        return self.opened.comparison if self.opened is not None else None

    @property
    def run_state(self) -> RunState:
        """Where the open run is."""
        return self.opened.state if self.opened is not None else "none"

    @property
    def keep_by_default(self) -> bool:
        """Whether the comparison speaks for the old model."""
        return self.comparison is not None and self.comparison.keep_by_default

    def state(self) -> StepState:
        """What the foot of the open step says."""
        assert self.wizard is not None
        if self.measuring:
            return StepState(action="Start training", allowed=False, reason="Measuring what training needs here…")
        return steps.state_of(self.wizard, self.resources, self.run_state, self.reviewed())

    def reviewed(self) -> Reviewed:
        """Counts of the list as it stands."""
        return self.opened.reviewed() if self.opened is not None else Reviewed()

    def reachable(self, step: Step) -> bool:
        opened = self.opened
        return opened is not None and machine.reachable(
            step, opened.wizard, opened.state, reviewed=opened.record.reviewed, listed=opened.review is not None
        )

    def base(self) -> InstalledModel | None:
        """The model that the open wizard starts from."""
        return self.resources.model(self.wizard.base) if self.wizard is not None else None

    def trained_base(self) -> InstalledModel | None:
        """The model that the open run was trained from; the goal may have been changed since."""
        spec = self.run.spec if self.run is not None else None
        if spec is None:
            return self.base()
        if spec.recipe == "scratch":
            return None
        return next((model for model in self.resources.models if model.path == spec.base.file), None)

    def installed(self) -> InstalledModel | None:
        """The model that came out of the open run, where it is still installed."""
        return self.models.find(self.wizard.installed) if self.wizard is not None else None

    def adapter(self) -> InstalledModel | None:
        """What the open run learned, listed as an adapter beside its base; None where it is not."""
        return adapter_of(self.run, self.models.models()) if self.run is not None else None

    # --- opening ----------------------------------------------------------------------------------------------------

    def find_running(self) -> None:
        """After the start of the window: what goes on from before."""
        self.listed.refresh()

    def open_running(self) -> None:
        """Open the run that is under way, if there is one."""
        if busy := self.listed.busy():
            self.open(busy[0])

    def begin(self, goal: Goal = "teach") -> None:
        """A new wizard."""
        self._ask(c.BeginRun(changes=Changes(goal=goal), collection_id=self._collection()), self._show)

    def open(self, key: str) -> None:
        """A run from before, where it was."""
        call = c.OpenRun(run_id=key, collection_id=self._collection())
        self._core.request(call, event=self.listed.follow, done=self._show, failed=self.failed.emit)

    # --- what the core tells ----------------------------------------------------------------------------------------

    def _ask(self, call: Call, done: Callable[[Any], object] = lambda _: None) -> Job:
        """A wish; why it is refused is shown."""
        return self._core.request(call, done=done, failed=self.failed.emit)

    def _told(self, data: object) -> None:
        match data:
            case c.RunsChanged():
                self.listed.refresh()
            case c.RunChanged():
                self.listed.put(data.run)
                self._take(data.run)
            case c.RunMoved():
                self._run_moved(data)
            case c.ReviewDecided() if self._is_open(data.run_id) and self.review is not None:
                self._read(self.review.read_new)
                self.review_decided.emit()
                self.changed.emit()
            case c.Voted() if self._is_open(data.run_id) and self.comparison is not None:
                self._read(self.comparison.read_votes)
                self.voted.emit()

    def _read(self, read: Callable[[], object]) -> None:
        """Look into the folder of the open run; what cannot be read is said."""
        try:
            read()
        except AppError as error:
            self.failed.emit(error)

    def _is_open(self, run_id: str) -> bool:
        return self.opened is not None and self.opened.record.id == run_id

    def _show(self, data: c.RunKept) -> None:
        """Open the wizard of a run."""
        self._ask(c.ListResources(), self._resources_found)
        self.listed.put(data.run)
        try:
            if data.run.wizard is None:
                raise AppError(data.run.problem)
            self.opened = ShownRun(data.run, data.run.wizard)
        except AppError as error:
            self.failed.emit(error)
            return
        self.changed.emit()
        self._tell_status()

    def _take(self, record: c.RunRecord) -> None:
        """A run is another one now."""
        if self.opened is not None and self._is_open(record.id):
            self._read(partial(self.opened.take, record))
            self.changed.emit()
        else:
            self.runs_changed.emit()
        self._tell_status()

    def _run_moved(self, moved: c.RunMoved) -> None:
        self.listed.follow(moved)
        if self.opened is not None and self._is_open(moved.run_id):
            self.opened.follow(moved)
            self.progressed.emit()
        self._tell_status()

    def _runs_listed(self) -> None:
        """One that is gone is open no more."""
        if self.opened is not None and self.opened.record.id not in self.listed.records:
            self.opened = None
            self.changed.emit()
        self.runs_changed.emit()
        self._tell_status()

    def _resources_found(self, data: c.ResourcesFound) -> None:
        self.resources = data.resources
        if self.opened is not None:
            self.changed.emit()

    def _tell_status(self) -> None:
        """A run under way comes first, else the step of the open wizard."""
        status = ("", False)
        if self.wizard is not None:
            place = STEPS.index(self.wizard.step) + 1
            status = (self.tr("Step {0} of {1}").format(place, len(STEPS)), False)
        status = self.listed.status(opened=self.wizard is not None) or status
        if status != self._status:
            self._status = status
            self.status_changed.emit(*status)
