"""The fine-tune wizard without widgets: what a person does, as calls to the core. What comes of it is in `state`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QObject

from app.core.calls import training as c
from app.core.requests import Job
from app.errors import AppError
from app.finetune import steps
from app.finetune.review import Decision
from app.finetune.wizard import CHOOSING, STEPS, Changes, Goal, Step
from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient
from app.gui.finetune.author_trial import AuthorTrying
from app.gui.finetune.away import Away
from app.gui.finetune.kept_heads import KeptHeads
from app.gui.finetune.state import TrainingState
from app.gui.finetune.training_time import TrainingTime
from app.gui.models.controller import ModelsController
from app.paths import Home
from app.types import Message


class FinetuneController(TrainingState):
    """The wizard that is open, and every run as the core tells of it."""

    def __init__(
        self,
        core: CoreClient,
        home: Home,
        models: ModelsController,
        collections: KnownCollections,
        collection: Callable[[], int] = lambda: 0,
        parent: QObject | None = None,
    ) -> None:
        """`collection` tells the one that the person works with, 0 for none."""
        super().__init__(core, home, models, collection, parent)
        self._job: Job | None = None
        """What was asked for and ends when the person turns away: gathering or measuring."""
        self._time = TrainingTime(core, self)
        self.trying = AuthorTrying(core, self)
        self.trying.failed.connect(self.failed)
        self.heads = KeptHeads(core, self)
        self.away = Away(core)
        core.welcomed.connect(lambda _: self._welcomed())
        collections.changed.connect(self.refresh)
        models.models_changed.connect(self.refresh)

    # --- opening and closing -----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """What this computer offers may have changed, ratings in chats too."""
        if self.wizard is not None:
            self._ask(c.ListResources(), self._resources_found)
            if self.wizard.step in CHOOSING:
                self._ask(c.OpenRun(run_id=self.wizard.id, collection_id=self._collection()))

    def close(self) -> None:
        """Back to the list; a run under way goes on."""
        self._turn_away()
        self.opened = None
        self.changed.emit()
        self._tell_status()

    def delete(self, key: str) -> None:
        """Delete a run with its data; a model that was installed from it stays."""
        self._ask(c.DeleteRun(run_id=key))

    def stop(self) -> None:
        """The window closes; the trainer does not."""
        self._time.stop()

    # --- choosing ---------------------------------------------------------------------------------------------------

    def change(self, **values: Any) -> None:
        """Change what is chosen."""
        self._change(Changes(**values))

    def choose_goal(self, goal: Goal) -> None:
        if self.wizard is not None and self.wizard.goal != goal:
            self._change(Changes(goal=goal, name=""))  # the default is another

    def choose_data(self, **values: Any) -> None:
        """Collections, files, chats or thumbs, by hand."""
        self._change(Changes(**values), by_hand=True)

    def choose_author(self, author: str) -> None:
        """Who writes the questions; what somebody else was trying is left."""
        self.trying.stop()
        self._change(Changes(author=author))

    def go(self, step: Step) -> None:
        """Open a step that can be reached; who leaves the review while it is measured does not want to train yet."""
        if self.wizard is not None and step != self.wizard.step and self.reachable(step):
            self._turn_away()
            self._ask(c.OpenStep(run_id=self.wizard.id, step=step))

    def back(self) -> None:
        """The step before."""
        if self.wizard is not None and (place := STEPS.index(self.wizard.step)):
            self.go(STEPS[place - 1])

    def carry_on(self) -> None:
        """The primary button: do what the open step is for, and open the next."""
        if self.wizard is None or not self.state().allowed:
            return
        after = steps.NEXT[self.wizard.step]
        if after == "prepare":
            self.prepare()
        elif after == "train":
            self.train()
        elif after == "use":
            self.use()
        elif after in ("data", "compare"):
            self.go(after)

    def train_again(self) -> None:
        """Back to the list of this run, or to choosing where that was deleted."""
        self.go("review" if self.review is not None else "data")

    # --- the run ----------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Gather the data, then let the trainer clean it and make questions."""
        if self.wizard is not None:
            self.trying.stop()
            self._job = self._ask(c.PrepareRun(run_id=self.wizard.id))

    def stop_preparing(self) -> None:
        """End gathering, or the trainer while it prepares; what it has done so far stands."""
        if self.wizard is not None:
            self._ask(c.StopPreparing(run_id=self.wizard.id))

    def train(self, *, pause_chat: bool = False) -> None:
        """The person has seen the list: measure what it needs here, and start."""
        if self.wizard is None or self.measuring:
            return
        self._turn_away()
        self.measuring = True
        self.changed.emit()
        call = c.TrainRun(run_id=self.wizard.id, pause_chat=pause_chat)
        self._job = self._core.request(call, done=self._trained, failed=self._not_trained, cancelled=self._measured)

    def resume(self) -> None:
        """A run that was interrupted, or failed, goes on where it was."""
        if self.wizard is not None:
            self._ask(c.ResumeRun(run_id=self.wizard.id))

    def pause(self) -> None:
        self._steer("pause")

    def unpause(self) -> None:
        self._steer("unpause")

    def stop_training(self) -> None:
        """Stop and keep the best so far."""
        self._steer("stop")

    def shorten_comparison(self) -> None:
        """A verdict from what has been asked by now."""
        self._steer("shorten")

    def skip_comparison(self) -> None:
        """Nobody will know whether it is better, and it is done at once."""
        self._steer("skip")

    def ask_sample(self, question: str) -> None:
        """The question whose answer is shown while the model learns; "" for none."""
        if self.wizard is not None:
            self._ask(c.AskSample(run_id=self.wizard.id, question=question))

    # --- reviewing, comparing and using -----------------------------------------------------------------------------

    def decide(self, ids: tuple[str, ...], decision: Decision, messages: tuple[Message, ...] | None = None) -> None:
        """Decide about lines of the list; every door sees it."""
        if self.wizard is not None and ids:
            self._ask(c.DecideExamples(run_id=self.wizard.id, ids=ids, decision=decision, messages=messages))

    def approve_good(self, quality: float) -> None:
        """Approve every open line of at least this quality, 0 to 1."""
        if self.wizard is not None:
            self._ask(c.ApproveGood(run_id=self.wizard.id, quality=quality))

    def vote(self, pair_id: str, choice: c.Choice) -> None:
        """Which answer of a blind question is better."""
        if self.wizard is not None:
            self._ask(c.VoteAnswer(run_id=self.wizard.id, pair_id=pair_id, choice=choice))

    def use(self) -> None:
        """Install the file that passed, and swap it into the running chat."""
        if self.wizard is not None:
            self._core.request(c.UseRun(run_id=self.wizard.id), failed=self._not_used)

    def use_adapter(self) -> None:
        """Use what was learned on the model that was taught, without the merged file."""
        if self.wizard is not None:
            self._ask(c.UseRun(run_id=self.wizard.id, adapter=True))

    def use_again(self) -> None:
        """The new model once more, after going back."""
        self.use()

    def go_back(self) -> None:
        """The model in use before, at once."""
        if self.wizard is not None:
            self._core.request(c.LeaveRun(run_id=self.wizard.id), failed=self._not_used)

    def keep_old(self) -> None:
        """The new model is not used; the run stays in the list."""
        if self.wizard is not None:
            self._ask(c.KeepOld(run_id=self.wizard.id), lambda _: self._old_kept())

    def rename(self, name: str) -> None:
        """Another name for the run, and for its model."""
        if self.wizard is not None:
            self._ask(c.RenameRun(run_id=self.wizard.id, name=name))

    def remove_parts(self, *parts: str) -> None:
        """Delete some of the run's folders."""
        if self.wizard is not None:
            self._ask(c.RemoveParts(run_id=self.wizard.id, parts=parts))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _welcomed(self) -> None:
        """Another core, perhaps: what is shown may be old."""
        self._measured()
        self.listed.refresh()
        if self.wizard is not None:
            self.open(self.wizard.id)

    def _change(self, changes: Changes, *, by_hand: bool = False) -> None:
        if self.wizard is not None:
            self._ask(
                c.ChangeRun(run_id=self.wizard.id, changes=changes, collection_id=self._collection(), by_hand=by_hand)
            )

    def _steer(self, action: Literal["pause", "unpause", "stop", "shorten", "skip"]) -> None:
        if self.wizard is not None:
            self._ask(c.SteerRun(run_id=self.wizard.id, action=action))

    def _turn_away(self) -> None:
        """Who leaves a step does not want what it was measuring or gathering for."""
        self._time.stop()
        self.trying.stop()
        job, self._job = self._job, None
        if job is not None and job.active:
            job.cancel()
        self.measuring = False

    def _measured(self) -> None:
        if self.measuring:
            self.measuring = False
            self.changed.emit()

    def _trained(self, said: c.RunKept | c.TrainingRefused) -> None:
        self._measured()
        if isinstance(said, c.TrainingRefused):
            (self.memory_asked if said.possible else self.refused).emit(said.measured)

    def _not_trained(self, error: AppError) -> None:
        self._measured()
        self.failed.emit(error)

    def _not_used(self, error: AppError) -> None:
        """What became of a switch is told by the models; only what came before it is shown here."""
        if self.wizard is not None and self.wizard.step != "use":
            self.failed.emit(error)

    def _old_kept(self) -> None:
        self.notice_raised.emit(self.tr("The old model stays. The run is kept, and you can train again with changes."))
        self.close()
