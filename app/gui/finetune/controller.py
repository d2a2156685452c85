"""The fine-tune wizard without widgets: opens runs, starts and follows the trainer, installs what came out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from app.chats.store import ChatStore
from app.errors import AppError
from app.finetune import plan
from app.finetune.compare import Comparison
from app.finetune.plan import BUSY, Facts, Reviewed, Stand, Step, StepState, Wizard
from app.finetune.progress import RunProgress
from app.finetune.review import ReviewList
from app.finetune.runs import Run, Runs, missing_libraries
from app.finetune.use import earlier_examples, prepare_install
from app.gui.documents.controller import DocumentsController
from app.gui.finetune.run_watch import RunWatch
from app.gui.finetune.trainer_process import Follower, Measured
from app.gui.finetune.training_data import Gathering, count_ratings
from app.gui.hardware import memory_bytes
from app.gui.models.controller import ModelsController
from app.gui.worker_client import WorkerClient
from app.paths import Home
from app.types import InstalledModel
from trainer.spec import Input, Recipe

log = logging.getLogger(__name__)
SAVE_MS = 300


class FinetuneController(QObject):
    """Owns the wizard that is open and every run that is under way."""

    changed = Signal()
    """The open wizard, its run, or what this computer offers."""
    progressed = Signal()
    """The open run said something; at most four times a second."""
    runs_changed = Signal()
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
        home: Home,
        models: ModelsController,
        documents: DocumentsController,
        client: WorkerClient,
        store: ChatStore,
        collection: Callable[[], str] = lambda: "",
        parent: QObject | None = None,
    ) -> None:
        """`client` is the documents process; `collection` tells the one that the chat asks."""
        super().__init__(parent)
        self._home, self._models, self._documents = home, models, documents
        self._client, self._store, self._collection = client, store, collection
        self.runs = Runs(home.runs)
        self.wizard: Wizard | None = None
        self.facts = Facts()
        self.review: ReviewList | None = None
        self.comparison: Comparison | None = None
        self.gathered: tuple[int, int] = (0, 0)
        """Documents read and in all, while inputs are gathered."""
        self.measuring = False
        self._run: Run | None = None
        self._watch = RunWatch(home, self.runs, self)
        self._watch.moved.connect(self._moved)
        self._gathering: Gathering | None = None
        self._memory = 0
        self._ratings = (0, 0)  # liked and corrected: counting them reads every judged answer
        self._last_stand: Stand = "none"
        self._status = ("", False)
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._save_timer.timeout.connect(self._save)
        documents.collections_changed.connect(self._world_changed)
        models.models_changed.connect(self._world_changed)
        models.guard(self._needs)

    # --- what is so -------------------------------------------------------------------------------------------------

    @property
    def run(self) -> Run | None:
        """The run of the open wizard."""
        return self._run

    @property
    def progress(self) -> RunProgress:
        follower = self._watch.get(self._run)
        return follower.progress if follower is not None else RunProgress()

    @property
    def stand(self) -> Stand:
        """Where the open run is."""
        if self._gathering is not None and self._gathering.active:
            return "preparing"
        follower = self._watch.get(self._run)
        return follower.stand if follower is not None else "none"

    @property
    def keep_by_default(self) -> bool:
        """Whether the comparison speaks for the old model."""
        return self.comparison is not None and self.comparison.keep_by_default

    @property
    def models(self) -> ModelsController:
        return self._models

    def state(self) -> StepState:
        """What the foot of the open step says."""
        assert self.wizard is not None
        if self.measuring:
            return StepState(action="Start training", allowed=False, reason="Measuring what training needs here…")
        return plan.state_of(self.wizard, self.facts, self.stand, self.reviewed())

    def reviewed(self) -> Reviewed:
        """Counts of the list as it stands."""
        review = self.review
        if review is None:
            return Reviewed()
        return Reviewed(
            open=review.count("open"),
            approved=review.count("approved"),
            trainable=review.trainable(),
            good=len(review.good()),
            decided=review.decided,
        )

    def reachable(self, step: Step) -> bool:
        if self.wizard is None or self._run is None:
            return False
        if step == "review" and self.stand == "done" and self.review is None:
            return False  # its data was deleted
        return plan.reachable(step, self.wizard, self.stand, reviewed=self._run.reviewed)

    def stand_of(self, run: Run) -> Stand:
        """Where any run is."""
        return self._watch.follow(run).stand

    def base(self) -> InstalledModel | None:
        """The model that the open wizard starts from."""
        name = self.wizard.base if self.wizard else ""
        return next((model for model in self.facts.models if model.name == name), None)

    def trained_base(self) -> InstalledModel | None:
        """The model that the open run was trained from; the goal may have been changed since."""
        spec = self._run.spec if self._run is not None else None
        if spec is None:
            return self.base()
        return next((model for model in self.facts.models if model.path == spec.base.path), None)

    def installed(self) -> InstalledModel | None:
        """The model that came out of the open run, where it is still installed."""
        name = self.wizard.installed if self.wizard else ""
        return next((model for model in self._models.models() if name and model.name == name), None)

    # --- opening ----------------------------------------------------------------------------------------------------

    def find_running(self) -> None:
        """After the start of the window: follow what goes on from before."""
        for follower in self._watch.find_busy(self._run):
            wizard = self._read(follower.run)
            if wizard is not None and wizard.chat_paused:
                self._models.suspend(_paused())
        self._tell_status()

    def open_running(self) -> None:
        """Open the run that is under way, if there is one."""
        if busy := self._watch.busy():
            self.open(busy[0].run.id)

    def refresh(self) -> None:
        """What this computer offers may have changed, ratings in chats too."""
        if self.wizard is not None:
            self._ratings = count_ratings(self._store.feedback())
            self._world_changed()

    def begin(self, goal: Recipe = "teach") -> None:
        """A new wizard."""
        try:
            run = self.runs.create()
            wizard = Wizard(id=run.id, goal=goal, created_at=time.time())
            run.save(wizard)
        except AppError as error:
            self.failed.emit(error)
            return
        self._open(run, wizard)
        self.runs_changed.emit()

    def open(self, key: str) -> None:
        """A run from before, where it was."""
        run = self.runs.get(key)
        wizard = self._read(run) if run is not None else None
        if run is not None and wizard is not None:
            self._open(run, wizard)

    def close(self) -> None:
        """Back to the list; a run under way goes on."""
        self._save()
        self._stop_measuring()
        if self._gathering is not None:
            self._gathering.cancel()
        self.wizard, self._run, self.review, self.comparison = None, None, None, None
        self.changed.emit()
        self._tell_status()

    def delete(self, key: str) -> None:
        """Delete a run with its data; a model that was installed from it stays."""
        run = self.runs.get(key)
        if run is None:
            return
        if self.stand_of(run) in BUSY:
            self.failed.emit(AppError("This run is under way.", "Stop it first, then delete it."))
            return
        if self._run is not None and self._run.id == key:
            self.close()
        self._watch.forget(key)
        try:
            self.runs.delete(run)
        except AppError as error:
            self.failed.emit(error)
        self.runs_changed.emit()

    def stop(self) -> None:
        """The window closes; the trainer does not."""
        self._save()
        self._watch.close()

    def _open(self, run: Run, wizard: Wizard) -> None:
        self._run = run
        self._ratings = count_ratings(self._store.feedback())
        self._refresh_facts()
        self.wizard = wizard
        follower = self._watch.follow(run)
        self._last_stand = follower.stand
        if follower.stand == "none" and self.wizard.step not in ("goal", "data"):
            self.wizard = msgspec.structs.replace(wizard, step="data")  # it was closed while data was gathered
        if self.wizard.step in ("goal", "data"):
            self.wizard = plan.with_defaults(self.wizard, self.facts, self._collection())
        self._load_results()
        self.changed.emit()
        self._tell_status()

    def _read(self, run: Run) -> Wizard | None:
        try:
            return run.load()
        except AppError as error:
            self.failed.emit(error)
            return None

    # --- choosing ---------------------------------------------------------------------------------------------------

    def change(self, **values: Any) -> None:
        """Change what is chosen; it is on disk soon after."""
        if self.wizard is None:
            return
        self.wizard = msgspec.structs.replace(self.wizard, **values)
        if self.wizard.step in ("goal", "data"):
            self.wizard = plan.with_defaults(self.wizard, self.facts, self._collection())
        self._save_timer.start()
        self.changed.emit()

    def choose_goal(self, goal: Recipe) -> None:
        if self.wizard is None or self.wizard.goal == goal:
            return
        self.wizard = plan.with_defaults(plan.choose_goal(self.wizard, goal), self.facts, self._collection())
        self.change()

    def follow_collection(self, name: str, new_name: str) -> None:
        """A collection is called otherwise now, or is gone (""): what is not prepared yet takes the new name."""
        self._save()
        for run in self.runs.list():
            wizard = self._read(run)
            if wizard is None or name not in wizard.collections:
                continue
            names = tuple(new_name if each == name else each for each in wizard.collections)
            wizard = msgspec.structs.replace(wizard, collections=tuple(filter(None, names)))
            if self.wizard is not None and run.id == self.wizard.id:
                self.wizard = wizard
            try:
                run.save(wizard)
            except AppError as error:
                self.failed.emit(error)
        self.changed.emit()

    def choose_data(self, **values: Any) -> None:
        """Collections, files, chats or thumbs, by hand."""
        self.change(touched=True, **values)

    def go(self, step: Step) -> None:
        """Open a step that can be reached; who leaves the review while it is measured does not want to train yet."""
        if self.wizard is not None and (step == self.wizard.step or self.reachable(step)):
            if step != self.wizard.step:
                self._stop_measuring()
            self.change(step=step)
            self._tell_status()

    def back(self) -> None:
        """The step before."""
        if self.wizard is not None:
            place = plan.STEPS.index(self.wizard.step)
            if place:
                self.go(plan.STEPS[place - 1])

    def carry_on(self) -> None:
        """The primary button: do what the open step is for, and open the next."""
        if self.wizard is None or not self.state().allowed:
            return
        if self.wizard.step == "goal":
            self.change(step="data")
        elif self.wizard.step == "data":
            self.prepare()
        elif self.wizard.step == "review":
            self.measure()
        elif self.wizard.step == "train":
            self.change(step="compare")
        elif self.wizard.step == "compare":
            self.use()
        self._tell_status()

    # --- the run ----------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Gather the data, then let the trainer clean it and make questions."""
        if self.wizard is None or self._run is None or self.stand in BUSY:
            return
        self._save()
        try:
            self._run.remove("reviewed")  # the same specification over other data needs another look
        except AppError as error:
            self.failed.emit(error)
            return
        self.gathered = (0, 0)
        self.review = None
        gathering = Gathering(
            self._run,
            self.wizard,
            self._store,
            self._client,
            self._gathered,
            self._gather_failed,
            self._gather_moved,
            self,
        )
        self._gathering = gathering
        self.change(step="review")
        gathering.start()
        self.changed.emit()

    def stop_preparing(self) -> None:
        """End gathering, or the trainer while it prepares; what it has done so far stands."""
        follower = self._watch.get(self._run)
        if self._gathering is not None and self._gathering.active:
            self._gathering.cancel()
        elif follower is not None and self.stand == "preparing":
            follower.kill()
        self.change(step="data")

    def measure(self) -> None:
        """Approve what Continue stands for, then ask the trainer what it needs here before it starts."""
        if self.wizard is None or self._run is None or self.review is None or self.measuring:
            return
        try:
            if not self.review.decided and not self.review.trainable():
                self.review.decide([entry.example.id for entry in self.review.good()], "approve")
            self._name_labels()
        except AppError as error:
            self.failed.emit(error)
            return
        self.measuring = True
        self.changed.emit()
        self._watch.trainer.plan(self._run, self._measured)

    def _needs(self, model: InstalledModel) -> AppError | None:
        """Why a model has to stay: a training reads its file to the end."""
        for follower in self._watch.find_busy(self._run):
            spec = follower.run.spec
            if spec is not None and Path(spec.base.path) == Path(model.path):
                return AppError(f"A training starts from “{model.name}”.", "Wait until it is done, or stop it first.")
        return None

    def _stop_measuring(self) -> None:
        self._watch.trainer.cancel_plan()
        self.measuring = False

    def _name_labels(self) -> None:
        """Sort into labels needs to know them: those that stand in the data, where the person named none."""
        spec = self._run.spec if self._run is not None else None
        if self._run is None or self.review is None or spec is None:
            return
        if spec.recipe != "classify" or spec.data.labels:
            return
        entries = [entry for entry in self.review.entries if entry.state == "approved"]
        labels = plan.labels_of(entry.example.answer for entry in entries)
        self._run.write_spec(msgspec.structs.replace(spec, data=msgspec.structs.replace(spec.data, labels=labels)))

    def train(self, *, pause_chat: bool = False) -> None:
        """The person has seen the list: start."""
        if self.wizard is None or self._run is None:
            return
        if pause_chat:
            self._models.suspend(_paused())
        try:
            self._run.mark_reviewed()
            self.change(step="train", chat_paused=pause_chat, kept_old=False, installed="", went_back=False)
            self._save()
            self._watch.launch(self._run)
        except AppError as error:
            self._give_chat_back()
            self.failed.emit(error)

    def resume(self) -> None:
        """A run that was interrupted, or failed, goes on where it was."""
        if self._run is None or self.stand in BUSY:
            return
        if not self._run.started:
            self.prepare()
            return
        try:
            self._watch.launch(self._run)
        except AppError as error:
            self.failed.emit(error)

    def pause(self) -> None:
        self._ask("pause")

    def unpause(self) -> None:
        self._ask("run")

    def stop_training(self) -> None:
        """Stop and keep the best so far."""
        self._ask("stop")

    def _ask(self, action: Literal["run", "pause", "stop"]) -> None:
        if self._run is None:
            return
        try:
            self._run.ask(action)
        except AppError as error:
            self.failed.emit(error)

    def _gather_moved(self, done: int, total: int) -> None:
        self.gathered = (done, total)
        self.progressed.emit()

    def _gather_failed(self, error: AppError) -> None:
        self.change(step="data")
        self.failed.emit(error)

    def _gathered(self, inputs: tuple[Input, ...]) -> None:
        model = self.base()
        if self.wizard is None or self._run is None:
            return
        try:
            if model is None:
                raise AppError(f"“{self.wizard.base}” is no longer installed.", "Choose another model to start from.")
            spec = plan.build_spec(self.wizard, model, inputs, earlier=earlier_examples(model, self.runs))
            self._run.write_spec(spec)
            self._watch.launch(self._run)
        except AppError as error:
            self._gather_failed(error)

    def _measured(self, found: Measured | None, said: str) -> None:
        self.measuring = False
        self.changed.emit()
        if found is None:
            self.failed.emit(AppError("What training needs could not be measured.", said or "Try again."))
            return
        if found.fits:
            self.train()
            return
        info = self._models.info
        freed = info.memory_bytes if info is not None else 0
        enough_disk = found.disk_bytes <= found.disk_available
        if enough_disk and freed and found.memory_bytes <= found.memory_available + freed:
            self.memory_asked.emit(found)
        else:
            self.refused.emit(found)

    # --- comparing and using ----------------------------------------------------------------------------------------

    def use(self) -> None:
        """Install the file that passed, and swap it into the running chat."""
        if self.wizard is None or self._run is None:
            return
        try:
            name = self.wizard.installed
            if name not in {model.name for model in self._models.models()}:
                scores = (self.comparison or Comparison(self._run.folder)).scores()
                base = self.trained_base()
                wizard = msgspec.structs.replace(self.wizard, base=base.name if base else self.wizard.base)
                model = prepare_install(self._run, wizard, self._home.models, base, scores)
                name = self._models.install(model).name
            self.change(installed=name, name=name, step="use", kept_old=False, went_back=False)
            self._save()
        except AppError as error:
            self.failed.emit(error)
            return
        self._models.switch_to(name)
        self._tell_status()

    def keep_old(self) -> None:
        """The new model is not used; the run stays in the list."""
        self.change(kept_old=True)
        self._save()
        self.notice_raised.emit(self.tr("The old model stays. The run is kept, and you can train again with changes."))
        self.close()

    def go_back(self) -> None:
        """The model in use before, at once."""
        self.change(went_back=True)
        self._models.go_back()

    def use_again(self) -> None:
        """The new model once more, after going back."""
        if self.wizard is not None:
            self.change(went_back=False)
            self._models.switch_to(self.wizard.installed)

    def rename(self, name: str) -> None:
        """Another name for the new model; raises AppError where it is taken."""
        if self.wizard is None:
            return
        if self.wizard.installed:
            renamed = self._models.rename(self.wizard.installed, name).name
            self.change(name=renamed, installed=renamed)
        else:
            self.change(name=name)

    def train_again(self) -> None:
        """Back to the list of this run, or to choosing where that was deleted."""
        self.change(step="review" if self.review is not None else "data")

    def remove_parts(self, *parts: str) -> None:
        """Delete some of the run's folders."""
        if self._run is None:
            return
        try:
            self._run.remove(*parts)
        except AppError as error:
            self.failed.emit(error)
        if self.review is not None and not self.review.ready:
            self.review = None
        self.changed.emit()

    # --- inside -----------------------------------------------------------------------------------------------------

    def _moved(self, follower: Follower) -> None:
        if follower.stand not in BUSY:
            self._run_ended(follower)
        if follower is self._watch.get(self._run):
            if follower.stand != self._last_stand:
                self._last_stand = follower.stand
                self._load_results()
                self.changed.emit()
            self.progressed.emit()
        elif follower.stand not in BUSY:
            self.runs_changed.emit()
        self._tell_status()

    def _run_ended(self, follower: Follower) -> None:
        """The memory is free again: the chat comes back."""
        if self.wizard is not None and follower is self._watch.get(self._run):
            if self.wizard.chat_paused:
                self.change(chat_paused=False)
                self._give_chat_back()
            return
        wizard = self._read(follower.run)
        if wizard is not None and wizard.chat_paused:
            follower.run.save(msgspec.structs.replace(wizard, chat_paused=False))
            self._give_chat_back()

    def _give_chat_back(self) -> None:
        if self._models.info is None:
            self._models.restart_engine()

    def _load_results(self) -> None:
        """The list and the comparison, as far as the run has come."""
        if self._run is None:
            return
        try:
            if self.review is None and self.stand not in ("none", "preparing"):
                review = ReviewList(self._run.folder)
                self.review = review if review.ready else None
            self.comparison = Comparison(self._run.folder) if self.stand == "done" else None
        except AppError as error:
            self.failed.emit(error)

    def _world_changed(self) -> None:
        if self.wizard is not None:
            self._refresh_facts()
            self._follow_rename()
            self.changed.emit()

    def _follow_rename(self) -> None:
        """The model of the open run may be called otherwise now; it is known by its run."""
        if self.wizard is None or not self.wizard.installed or self.installed() is not None:
            return
        ours = [model for model in self._models.models() if model.lineage.get("run_id") == self.wizard.id]
        if ours:
            name = max(ours, key=lambda model: model.added_at).name
            self.wizard = msgspec.structs.replace(self.wizard, installed=name, name=name)
            self._save_timer.start()

    def _refresh_facts(self) -> None:
        self._memory = self._memory or memory_bytes()
        liked, corrected = self._ratings
        active = self._models.active
        self.facts = Facts(
            models=tuple(model for model in self._models.models() if Path(model.path).exists()),
            active=active.name if active else "",
            collections=tuple(self._documents.totals),
            liked=liked,
            corrected=corrected,
            chats=self._store.count(),
            memory_bytes=self._memory,
            missing=missing_libraries(),
        )
        if self.wizard is not None and self.wizard.step in ("goal", "data"):
            self.wizard = plan.with_defaults(self.wizard, self.facts, self._collection())

    def _save(self) -> None:
        self._save_timer.stop()
        if self.wizard is None or self._run is None:
            return
        try:
            self._run.save(self.wizard)
        except AppError as error:
            self.failed.emit(error)

    def _tell_status(self) -> None:
        """A run under way comes first, else the step of the open wizard."""
        status = ("", False)
        if self.wizard is not None:
            place = plan.STEPS.index(self.wizard.step) + 1
            status = (self.tr("Step {0} of {1}").format(place, len(plan.STEPS)), False)
        status = self._watch.status(opened=self.wizard is not None) or status
        if status != self._status:
            self._status = status
            self.status_changed.emit(*status)


def _paused() -> AppError:
    return AppError("The chat is paused while a model is trained.", "It comes back when the training is done.")
