"""Data of runs on its way to the review: gathered by the core, then cleaned and made into questions by the trainer."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from app.core.authoring import Authoring
from app.core.calls import training as c
from app.core.documents import DocumentsDesk
from app.core.house import House
from app.core.learning import Material
from app.core.readers import ReadersDesk
from app.core.reply import Reply
from app.core.reviews import Reviews
from app.core.run_flows import RunFlows
from app.core.run_watch import TAIL_S, RunWatch
from app.core.watched_run import WatchedRun
from app.errors import AppError
from app.finetune import cases, machine
from app.finetune.author import OWN_FILE, RULES, Author, author_of
from app.finetune.author_trial import try_author
from app.finetune.machine import Gathered
from app.finetune.plan import ReaderStart, makes_questions
from app.finetune.runs import Runs
from app.finetune.states import require
from app.finetune.trainer_command import require_trainer
from app.finetune.wizard import Wizard, writes
from app.models.model_files import files_of
from app.types import InstalledModel


class Preparing:
    """Each run that is prepared, and the door that wanted it."""

    def __init__(
        self,
        house: House,
        documents: DocumentsDesk,
        watch: RunWatch,
        flows: RunFlows,
        reviews: Reviews,
        material: Material,
        runs: Runs,
        readers: ReadersDesk,
        authoring: Authoring,
    ) -> None:
        self._house, self._documents, self._watch, self._flows = house, documents, watch, flows
        self._reviews, self._material, self._runs = reviews, material, runs
        self._readers, self._authoring = readers.kept, authoring
        self._replies: dict[str, Reply] = {}
        """Who waits for the data of a run to be gathered."""

    def begin(self, watched: WatchedRun, reply: Reply) -> None:
        """Gather, then start the trainer, which stops at the review.

        Raises:
            AppError: the run is at work, training is not installed, or the base is gone or comes in several files.
        """
        require("prepare", watched.state)
        require_trainer(self._house.home)
        wizard = self._with_what_is_there(watched.kept())
        gathered = Gathered()
        start = self._start_of(wizard)
        author = self._author_of(wizard)
        steps = cases.prepare(watched.run, wizard, start, self._runs, self._material, gathered, author)
        watched.machine.gathering = gathered
        self._reviews.forget(watched.id)
        self._replies[watched.id] = reply
        reply.on_cancel(lambda: self.stop(watched))
        self._flows.run(
            watched,
            steps,
            lambda _: self._launched(watched),
            lambda error: self._failed(watched, error),
            answered=self._teller(watched),
        )
        self._watch.tell(watched)

    def try_author(self, watched: WatchedRun, reply: Reply) -> None:
        """Let the author write questions of a few documents; what comes of it stands in the wizard.

        Raises:
            AppError: the run is at work, or the author cannot be used.
        """
        require("prepare", watched.state)
        require_trainer(self._house.home)
        wizard = self._with_what_is_there(watched.kept())
        if wizard.author in (RULES, OWN_FILE):
            raise AppError("Only a model is tried.", "Choose one that writes the questions.")
        start, author = self._start_of(wizard), self._author_of(wizard)
        steps = try_author(watched.run, wizard, start, author, writes(wizard))
        folder = watched.run.folder / cases.TRIAL

        def done(_: object) -> None:
            self._authoring.end_trial(folder)
            reply.done(c.RunKept(run=watched.record()))

        def failed(error: AppError) -> None:
            self._authoring.end_trial(folder)
            reply.failed(error)

        def leave() -> None:
            self._flows.drop(watched)
            self._authoring.end_trial(folder)
            reply.cancelled()

        self._authoring.begin_trial(folder, wizard)
        reply.on_cancel(leave)
        self._flows.run(watched, steps, done, failed)

    def end(self, call: c.StopPreparing, watched: WatchedRun, reply: Reply) -> None:
        """Stop gathering, or the trainer while it prepares."""
        require("stop preparing", watched.state)

        def ended() -> None:
            self._watch.keep(watched, machine.at(watched.kept(), "data"))
            self._watch.tell(watched)
            reply.done(c.RunKept(run=watched.record()))

        if watched.machine.gathering is not None:
            self.stop(watched)
            reply.done(c.RunKept(run=watched.record()))
        else:
            self._watch.kill(watched, ended, reply.failed)

    def stop(self, watched: WatchedRun) -> None:
        """Forget what is being gathered; the run is where its data is chosen."""
        if watched.machine.gathering is None:
            return
        self._flows.drop(watched)
        watched.machine.gathering = None
        self._watch.keep(watched, machine.at(watched.kept(), "data"))
        self._watch.tell(watched)
        self._replies.pop(watched.id).cancelled()

    def _launched(self, watched: WatchedRun) -> None:
        watched.machine.gathering = None
        self._watch.launched(watched)
        self._replies.pop(watched.id).done(c.RunKept(run=watched.record()))

    def _failed(self, watched: WatchedRun, error: AppError) -> None:
        watched.machine.gathering = None
        self._watch.tell(watched)
        self._replies.pop(watched.id).failed(error)

    def _teller(self, watched: WatchedRun) -> Callable[[object], None]:
        """Tells the doors how far gathering is, a few times a second."""
        told = 0.0

        def answered(_: object) -> None:
            nonlocal told
            now = self._house.clock.now()
            if now - told >= TAIL_S:
                told = now
                self._house.tell(watched.moved())

        return answered

    def _with_what_is_there(self, wizard: Wizard) -> Wizard:
        """Without the collections that are gone."""
        ids = {each.id for each in self._documents.collections}
        if not ids:
            return wizard  # not known yet, or there are none: then the documents process says so
        return msgspec.structs.replace(wizard, collections=tuple(key for key in wizard.collections if key in ids))

    def _start_of(self, wizard: Wizard) -> InstalledModel | ReaderStart | None:
        """What training goes on from: the chosen model, or the reader in use, whose questions a model may write; a new
        model needs none, and has the chosen one write for it where there is one."""
        if wizard.goal == "search":
            reader = self._readers.active()
            model = next((each for each in self._house.registry.models() if each.id == wizard.base), None)
            return ReaderStart(reader, self._readers.folder(reader.id), model.path if model is not None else "")
        if wizard.goal == "scratch":
            return next((each for each in self._house.registry.models() if each.id == wizard.base), None)
        return self._base_of(wizard)

    def _author_of(self, wizard: Wizard) -> Author:
        """Who writes the questions. Raises AppError: it is gone, or may not see the documents."""
        if not makes_questions(wizard):
            return Author()
        found = self._material.resources()
        return author_of(wizard.author, wizard.consent, found.models, found.served)

    def _base_of(self, wizard: Wizard) -> InstalledModel:
        base = next((each for each in self._house.registry.models() if each.id == wizard.base), None)
        if base is None:
            raise AppError("The model to start from is no longer installed.", "Choose another one.", wizard.base)
        if (count := len(files_of(base))) > 1:
            raise AppError(
                f"“{base.name}” comes in {count} files, and training reads one.",
                "Choose another model, or get the same one in a single file.",
            )
        return base
