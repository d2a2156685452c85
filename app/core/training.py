"""Trainings of this data folder: begun, chosen, reviewed and deleted for every door; `running` follows the trainer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.core.authoring import Authoring
from app.core.away import Away
from app.core.calls import training as c
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.learning import Material
from app.core.models import ModelsDesk
from app.core.preparing import Preparing
from app.core.readers import ReadersDesk
from app.core.reply import Reply
from app.core.reviews import Reviews
from app.core.run_flows import RunFlows
from app.core.run_watch import RunWatch
from app.core.running import Running
from app.core.trainer import Trainer, TrainerProcess
from app.core.training_use import TrainingUse
from app.core.watched_run import WatchedRun
from app.errors import AppError
from app.finetune import machine
from app.finetune.own import of_earlier_runs
from app.finetune.review import ReviewList
from app.finetune.runs import REMOVABLE, Runs
from app.finetune.states import require
from app.finetune.trainer_command import require_trainer
from app.finetune.wizard import CHOOSING, Wizard, changed, with_defaults
from app.finetune.wizard_file import resolved
from app.workers.message import Call, Done

log = logging.getLogger(__name__)

RunHandler = Callable[[Any, WatchedRun, Reply], object]


class TrainingDesk:
    """Knows every run; the trainers themselves outlive it."""

    def __init__(
        self,
        house: House,
        models: ModelsDesk,
        documents: DocumentsDesk,
        readers: ReadersDesk,
        trainer: Trainer | None = None,
    ) -> None:
        """`trainer` is played in tests."""
        self._house, self._documents = house, documents
        self._runs = runs = Runs(house.home.runs)
        self._trainer: Trainer = trainer or TrainerProcess(house.home, house.clock)
        self._material = Material(house, documents)
        self._reviews = reviews = Reviews(house)
        self._watch = watch = RunWatch(house, runs, self._trainer)
        self._flows = flows = RunFlows(house, models, documents, watch, reviews, self._trainer)
        self._authoring = authoring = Authoring(house, models, self._material, watch)
        self._preparing = Preparing(house, documents, watch, flows, reviews, self._material, runs, readers, authoring)
        self._running = Running(house, models, watch, flows, reviews, self._preparing)
        self._away = Away(house.home, flows, reviews, self._running.launched)
        self._use = TrainingUse(house, models, watch, flows, readers)
        self._take_over()

    @property
    def is_busy(self) -> bool:
        """Whether data is gathered, something measured or installed, or a model on a server writes questions. Any
        other trainer at work needs no core."""
        return self._flows.is_busy or self._authoring.is_busy

    @property
    def trains(self) -> bool:
        """Whether a trainer is at work on a run."""
        return bool(self._watch.busy())

    def handlers(self) -> Mapping[type[Call], Handler]:
        about_a_run: dict[type[Call], RunHandler] = {
            c.OpenRun: self._open,
            c.ChangeRun: self._change,
            c.OpenStep: self._open_step,
            c.PrepareRun: lambda _, watched, reply: self._preparing.begin(watched, reply),
            c.TryAuthor: lambda _, watched, reply: self._preparing.try_author(watched, reply),
            c.StopPreparing: self._preparing.end,
            c.DecideExamples: self._decide,
            c.ApproveGood: self._approve_good,
            c.MeasureRun: self._running.measure,
            c.TrainRun: self._running.train,
            c.ResumeRun: self._running.resume,
            c.SteerRun: self._running.steer,
            c.AskSample: self._running.ask_sample,
            c.FollowRun: self._running.follow,
            c.ExportRun: self._away.export,
            c.BringAdapter: self._away.bring,
            c.InstallRun: self._use.install,
            c.UseRun: self._use.use,
            c.KeepOld: self._use.keep_old,
            c.LeaveRun: self._use.leave,
            c.RenameRun: self._use.rename,
            c.VoteAnswer: self._vote,
            c.RemoveParts: self._remove_parts,
            c.DeleteRun: self._delete,
        }
        return {
            c.ListRuns: self._list,
            c.ListResources: lambda _, reply: reply.done(c.ResourcesFound(resources=self._material.resources())),
            c.BeginRun: self._begin,
            **{kind: self._with_run(handler) for kind, handler in about_a_run.items()},
        }

    def stop(self) -> None:
        """The core ends; the trainers go on."""
        self._flows.stop()
        self._authoring.stop()
        self._watch.stop()
        self._trainer.stop()

    def _with_run(self, handler: RunHandler) -> Handler:
        """Find the run that a call is about; what the handler raises is the answer."""

        def handle(call: Any, reply: Reply) -> None:
            self._watch.one(call.run_id, lambda watched: handler(call, watched, reply), reply.failed)

        return handle

    # --- runs ---------------------------------------------------------------------------------------------------------

    def _list(self, call: c.ListRuns, reply: Reply) -> None:
        def found(runs: list[WatchedRun]) -> None:
            for watched in runs:
                self._say(watched, reply)
            reply.done(c.Runs(runs=tuple(each.record() for each in runs)))

        self._watch.all(found, reply.failed)

    def _say(self, watched: WatchedRun, reply: Reply) -> None:
        """A door that comes in the middle hears where a run at work is."""
        if watched.busy:
            reply.event(watched.moved())

    def _take_over(self) -> None:
        """At the start: follow what goes on from before, and bring runs of an earlier version up to date."""

        def found(runs: list[WatchedRun]) -> None:
            for watched in runs:
                self._resolve(watched)
            self._running.take_over(runs)
            self._authoring.look()

        self._watch.all(found, lambda error: log.warning("The runs could not be read: %s", error))

    def _resolve(self, watched: WatchedRun) -> None:
        """Ids in place of the names of an earlier version, as far as they are known by now."""
        if watched.wizard is None or watched.wizard.named is None:
            return
        collections = self._documents.collections or None
        self._watch.keep(watched, resolved(watched.wizard, self._house.registry.models(), collections))

    def _begin(self, call: c.BeginRun, reply: Reply) -> None:
        require_trainer(self._house.home)
        run = self._runs.create()
        asked = of_earlier_runs(self._runs)
        wizard = changed(Wizard(id=run.id, created_at=time.time(), own=asked), call.changes, by_hand=call.by_hand)
        run.save(self._filled(wizard, call.collection_id))
        watched = self._watch.begun(run)
        reply.done(c.RunKept(run=watched.record()))
        self._house.tell(c.RunsChanged())

    def _open(self, call: c.OpenRun, watched: WatchedRun, reply: Reply) -> None:
        self._resolve(watched)
        wizard = machine.opened(watched.kept(), watched.state)
        self._watch.keep(watched, self._filled(wizard, call.collection_id))
        self._say(watched, reply)
        reply.done(c.RunKept(run=watched.record()))

    def _change(self, call: c.ChangeRun, watched: WatchedRun, reply: Reply) -> None:
        require("change", watched.state)
        wizard = changed(watched.kept(), call.changes, by_hand=call.by_hand)
        self._watch.keep(watched, self._filled(wizard, call.collection_id))
        reply.done(c.RunKept(run=watched.record()))

    def _filled(self, wizard: Wizard, collection_id: int) -> Wizard:
        if wizard.step in CHOOSING:
            return with_defaults(wizard, self._material.resources(), collection_id)
        return wizard

    def _open_step(self, call: c.OpenStep, watched: WatchedRun, reply: Reply) -> None:
        wizard, record = watched.kept(), watched.record()
        if call.step != wizard.step and not machine.reachable(
            call.step, wizard, record.state, reviewed=record.reviewed, listed=record.listed
        ):
            raise AppError("This step cannot be opened yet.", "The ones before it come first.", call.step)
        self._watch.keep(watched, machine.at(wizard, call.step))
        reply.done(c.RunKept(run=watched.record()))

    def _remove_parts(self, call: c.RemoveParts, watched: WatchedRun, reply: Reply) -> None:
        require("remove", watched.state)
        if wrong := set(call.parts).difference(REMOVABLE):
            raise AppError(f"“{min(wrong)}” is not kept apart.", f"There are: {', '.join(REMOVABLE)}.")

        def done(_: object) -> None:
            self._reviews.forget(watched.id)
            reply.done(c.RunKept(run=watched.record()))
            self._house.tell(c.RunChanged(run=watched.record()))

        self._house.clock.thread(lambda: watched.run.remove(*call.parts), done, reply.failed)

    def _delete(self, call: c.DeleteRun, watched: WatchedRun, reply: Reply) -> None:
        require("delete", watched.state)

        def done(_: object) -> None:
            self._watch.forget(watched.id)
            self._reviews.forget(watched.id)
            reply.done(Done())
            self._house.tell(c.RunsChanged())

        self._house.clock.thread(lambda: self._runs.delete(watched.run), done, reply.failed)

    # --- the review ---------------------------------------------------------------------------------------------------

    def _decide(self, call: c.DecideExamples, watched: WatchedRun, reply: Reply) -> None:
        require("decide", watched.state)
        self._reviews.with_list(
            watched.run,
            lambda review: reply.done(
                self._reviews.decide(watched.run, review, call.ids, call.decision, call.messages)
            ),
            reply.failed,
        )

    def _approve_good(self, call: c.ApproveGood, watched: WatchedRun, reply: Reply) -> None:
        require("decide", watched.state)

        def approve(review: ReviewList) -> None:
            ids = [entry.example.id for entry in review.good(call.quality)]
            if not ids and review.left_to_continue():  # who trains next would train with these instead
                raise AppError(f"No question has a quality of {call.quality:.0%}.", "Take a lower one.")
            reply.done(self._reviews.decide(watched.run, review, ids, "approve"))

        self._reviews.with_list(watched.run, approve, reply.failed)

    def _vote(self, call: c.VoteAnswer, watched: WatchedRun, reply: Reply) -> None:
        reply.done(self._reviews.vote(call, watched.run.folder))
