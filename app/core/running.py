"""Trainings on their way to a model: measured, started, steered, followed by doors, and ended."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from app.core.calls import training as c
from app.core.house import House
from app.core.models import ModelsDesk
from app.core.preparing import Preparing
from app.core.reply import Reply
from app.core.reviews import Reviews
from app.core.run_flows import PAUSED, RunFlows
from app.core.run_watch import RunWatch
from app.core.watched_run import WatchedRun
from app.errors import AppError
from app.finetune import cases, machine
from app.finetune.cases import TooLarge
from app.finetune.measured import Measured
from app.finetune.review import ReviewList
from app.finetune.sample import sample_question
from app.finetune.states import Action, require
from app.finetune.trainer_command import require_trainer
from app.types import InstalledModel
from app.workers.message import Done
from trainer.spec import Action as Wish

log = logging.getLogger(__name__)

NO_COMPARISON = AppError("No comparison is under way.", "It comes after the training itself.")
NO_WRITER = AppError("This training teaches the search, which writes no answers.", "Ask it in a chat when it is done.")
MEASURED_S = 60.0
"""So long the figures of a plan count: memory that is free now may be taken later."""
WISHES: dict[Action, Wish] = {
    "pause": "pause", "unpause": "run", "stop": "stop", "shorten": "shorten", "skip": "skip",
}  # fmt: skip
"""What a door may ask of a training under way, and how the trainer is told."""


class Running:
    """Every training from its start to its end; the trainer's process does the work."""

    def __init__(
        self,
        house: House,
        models: ModelsDesk,
        watch: RunWatch,
        flows: RunFlows,
        reviews: Reviews,
        preparing: Preparing,
    ) -> None:
        self._house, self._models, self._watch = house, models, watch
        self._flows, self._reviews, self._preparing = flows, reviews, preparing
        self._measuring: dict[str, list[Reply]] = {}
        """Run → who waits for what its training would take."""
        self._followers: list[tuple[str, Reply]] = []
        models.guard(self._needs)
        watch.moved.connect(self._moved)

    # --- measuring and starting ---------------------------------------------------------------------------------------

    def measure(self, call: c.MeasureRun, watched: WatchedRun, reply: Reply) -> None:
        """What training would take, without starting it."""
        require("train", watched.state)
        require_trainer(self._house.home)
        self._reviews.with_list(watched.run, lambda review: self._measure(watched, review, reply), reply.failed)

    def _measure(self, watched: WatchedRun, review: ReviewList, reply: Reply) -> None:
        known = self._known(watched, review)
        if known is not None:
            reply.done(c.TrainingMeasured(run_id=watched.id, measured=known))
            return
        reply.on_cancel(lambda: self._leave_measuring(watched, reply))
        if watched.id in self._measuring:  # several doors look at the same list
            self._measuring[watched.id].append(reply)
            return

        def done(measured: Measured) -> None:
            self._note(watched, review, measured)
            for each in self._measuring.pop(watched.id):
                each.done(c.TrainingMeasured(run_id=watched.id, measured=measured))

        def failed(error: AppError) -> None:
            for each in self._measuring.pop(watched.id):
                each.failed(error)

        self._measuring[watched.id] = [reply]
        self._flows.run(watched, cases.measure(watched.run, review), done, failed)

    def _leave_measuring(self, watched: WatchedRun, reply: Reply) -> None:
        """One door does not want to know any more; where none is left it is not measured."""
        waiting = self._measuring.get(watched.id, [])
        if reply in waiting:
            waiting.remove(reply)
            reply.cancelled()
            if not waiting:
                self._stop_measuring(watched)

    def _stop_measuring(self, watched: WatchedRun) -> None:
        """It is measured anew for a start, or nobody wants to know."""
        waiting = self._measuring.pop(watched.id, None)
        if waiting is not None:
            self._flows.drop(watched)
            for reply in waiting:
                reply.cancelled()

    def train(self, call: c.TrainRun, watched: WatchedRun, reply: Reply) -> None:
        """The person has seen the list: measure, and start where it fits."""
        require("train", watched.state)
        require_trainer(self._house.home)
        self._reviews.with_list(
            watched.run, lambda review: self._train(watched, review, reply, call.pause_chat), reply.failed
        )

    def _train(self, watched: WatchedRun, review: ReviewList, reply: Reply, pause_chat: bool) -> None:
        info = self._models.info
        self._stop_measuring(watched)
        known = self._known(watched, review)
        measuring = known is None

        def answered(said: object) -> None:
            nonlocal measuring
            measuring = measuring and not isinstance(said, Measured)

        def done(refused: TooLarge | None) -> None:
            if refused is None:
                self.launched(watched, reply)
            else:
                self._note(watched, review, refused.measured)
                reply.done(c.TrainingRefused(measured=refused.measured, possible=refused.possible))

        def failed(error: AppError) -> None:
            self._give_chat_back(watched)
            reply.failed(error)

        def cancel() -> None:
            if measuring and self._flows.drop(watched):  # else it is on its way
                reply.cancelled()

        reply.on_cancel(cancel)
        steps = cases.train(watched.run, review, info, pause_chat=pause_chat, known=known)
        self._flows.run(watched, steps, done, failed, review=review, answered=answered)

    def resume(self, call: c.ResumeRun, watched: WatchedRun, reply: Reply) -> None:
        """A run that was interrupted, or failed, goes on where it was; one that never began is prepared."""
        if not watched.run.started:
            self._preparing.begin(watched, reply)
            return
        require("resume", watched.state)
        require_trainer(self._house.home)
        self._flows.run(watched, cases.resume(watched.run), lambda _: self.launched(watched, reply), reply.failed)

    def launched(self, watched: WatchedRun, reply: Reply) -> None:
        """The trainer's process works on it."""
        self._reviews.forget(watched.id)
        self._watch.launched(watched)
        reply.done(c.RunKept(run=watched.record()))

    def _known(self, watched: WatchedRun, review: ReviewList) -> Measured | None:
        """What a plan found out a moment ago, where it was for as many examples as now."""
        if watched.measured is None:
            return None
        count, at, measured = watched.measured
        fresh = self._house.clock.now() - at < MEASURED_S
        return measured if fresh and count == _planned(review) else None

    def _note(self, watched: WatchedRun, review: ReviewList, measured: Measured) -> None:
        watched.measured = (_planned(review), self._house.clock.now(), measured)

    # --- steering and following ---------------------------------------------------------------------------------------

    def steer(self, call: c.SteerRun, watched: WatchedRun, reply: Reply) -> None:
        """Pause, go on, stop and keep the best, or shorten or skip the comparison."""
        require(call.action, watched.state)
        if call.action in ("shorten", "skip") and watched.machine.progress.stage != "compare":
            raise NO_COMPARISON
        watched.run.ask(WISHES[call.action])
        reply.done(Done())

    def ask_sample(self, call: c.AskSample, watched: WatchedRun, reply: Reply) -> None:
        """The trainer answers it at its next step, and whenever it measures."""
        require("ask a sample", watched.state)
        if watched.kept().goal == "search":
            raise NO_WRITER
        watched.run.ask_sample(sample_question(call.question))
        reply.done(c.RunKept(run=watched.record()))
        self._house.tell(c.RunChanged(run=watched.record()))

    def follow(self, call: c.FollowRun, watched: WatchedRun, reply: Reply) -> None:
        """Tell a door of one run until nothing works on it."""
        if not watched.busy:
            reply.done(c.RunKept(run=watched.record()))
            return
        entry = (watched.id, reply)
        self._followers.append(entry)

        def leave() -> None:
            self._followers.remove(entry)
            reply.cancelled()

        reply.on_cancel(leave)
        reply.event(watched.moved())

    def _moved(self, watched: WatchedRun) -> None:
        for entry in [each for each in self._followers if each[0] == watched.id]:
            entry[1].event(watched.moved())
            if not watched.busy:
                self._followers.remove(entry)
                entry[1].done(c.RunKept(run=watched.record()))
        if not watched.busy:
            self._give_chat_back(watched)

    # --- the chat's memory --------------------------------------------------------------------------------------------

    def take_over(self, runs: Iterable[WatchedRun]) -> None:
        """A new core: trainings that took the chat's memory still need it, or have ended meanwhile."""
        for watched in runs:
            if watched.wizard is not None and watched.wizard.chat_paused:
                if watched.busy:
                    self._models.suspend(PAUSED)
                else:
                    self._watch.keep(watched, machine.chat_back(watched.wizard))

    def _give_chat_back(self, watched: WatchedRun) -> None:
        """The memory is free again, unless another training has it: the chat comes back."""
        wizard = watched.wizard
        if wizard is None or not wizard.chat_paused:
            return
        self._watch.keep(watched, machine.chat_back(wizard))
        others = (each.wizard for each in self._watch.busy() if each.id != watched.id)
        if any(each is not None and each.chat_paused for each in others):
            return
        try:
            self._models.give_back()
        except AppError as error:
            log.info("The chat's model was not loaded again: %s", error)

    def _needs(self, model: InstalledModel) -> AppError | None:
        """Why a model has to stay: a training reads its file to the end."""
        for watched in self._watch.busy():
            spec = watched.run.spec
            paths = [spec.base.path, spec.base.file] if spec is not None else []
            gathers = watched.machine.gathering is not None and watched.kept().base == model.id
            if gathers or Path(model.path) in map(Path, paths):
                return AppError(f"A training starts from “{model.name}”.", "Wait until it is done, or stop it first.")
        return None


def _planned(review: ReviewList) -> int:
    """For how many examples a plan of this list counts."""
    return review.trainable() or len(review.left_to_continue())
