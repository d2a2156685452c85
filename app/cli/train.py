"""`inhouse train`: begin a training or take one up, decide, follow it, install what comes out; the core does it."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import UNSET

from app.chats.store import ChatStore
from app.cli.model_folder import model_of
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.cli.sorting import say_beside
from app.cli.train_actions import ACTIONS
from app.cli.train_author import author_changes, require_able, try_author
from app.cli.train_elsewhere import bring_adapter
from app.cli.train_review import approve_good, decide
from app.cli.train_sample import SampleLines, ask_sample
from app.core.calls import training as c
from app.errors import AppError
from app.finetune import tried
from app.finetune.author import OWN_FILE, RULES
from app.finetune.compare import Comparison
from app.finetune.durations import duration, then, time_left
from app.finetune.own import read_questions
from app.finetune.progress import LEARNING, RunProgress
from app.finetune.review import ReviewList
from app.finetune.runs import Run
from app.finetune.states import BUSY
from app.finetune.steps import before_questions
from app.finetune.wizard import ASKED, TRIED, WORDED, Changes
from app.types import InstalledModel
from app.workers.calls.models import ModelInstalled
from app.workers.failures import error_of
from app.workers.message import Data
from trainer.events import Sample, StageFinished, read_events

LISTED = {"questions": "questions", "labels": "texts with labels", "pairs": "pairs of answers", "texts": "documents"}
"""What waits for the review, by its kind."""


def command(args: argparse.Namespace, session: Session) -> int:
    """Begin, decide, plan, train or install, as the arguments say."""
    if args.list:
        return _list(args, session)
    run = _found(args.run, session) if args.run else _begun(args, session)
    if args.run and (args.author or args.find_best is not None or args.domain_words is not None):
        run = _changed(args, run, session)
    if args.try_author or (args.author not in ("", RULES, OWN_FILE) and run.state == "none"):
        trial = try_author(args, run, session)
        if args.try_author:
            return 0
        require_able(trial, run, session)
    if args.sample_question is not None:
        ask_sample(args, run, session)
    for name, action in ACTIONS.items():
        if getattr(args, name):
            return action(args, run, session)
    decided = decide(args, run, session) if args.run else False
    run = bring_adapter(args, run, session)
    if args.plan:
        return _plan(run, session)
    run = _carry_on(args, run, session, decided=decided)
    if run.state == "done" and (args.install is not None or args.use):
        _install(args, run, session)
    return 0


def _list(args: argparse.Namespace, session: Session) -> int:
    runs = session.call(c.ListRuns())
    assert isinstance(runs, c.Runs)
    for run in runs.runs:
        wizard = run.wizard
        if args.json:
            figures = {"id": run.id, "state": run.state, "folder": run.folder}
            say_json(figures if wizard is None else {**figures, "name": wizard.name, "recipe": wizard.goal})
        else:
            say(f"{run.id}  {run.state:<9}  {wizard.name if wizard is not None else run.problem}")
    return 0


def _found(named: str, session: Session) -> c.RunRecord:
    """The run of this name, folder or run.json."""
    path = Path(named)
    key = path.parent.name if path.suffix == ".json" else path.name
    runs = session.call(c.ListRuns())
    assert isinstance(runs, c.Runs)
    found = next((run for run in runs.runs if run.id == key), None)
    if found is None:
        hint = "“inhouse train --list” shows those that there are; “python -m trainer run” takes any other run.json."
        raise AppError(f"There is no run at “{named}” that Inhouse began.", hint)
    return found


def _changed(args: argparse.Namespace, run: c.RunRecord, session: Session) -> c.RunRecord:
    """Somebody else writes the questions, which are made anew then; there is another time to find settings in, or other
    domain words."""
    if run.state in BUSY:
        raise AppError("This run is under way.", f"Stop it first: inhouse train {run.id} --stop")
    changes = author_changes(args, session) if args.author else Changes()
    if args.find_best is not None and run.wizard is not None:
        changes = msgspec.structs.replace(changes, find_best=_minutes(args.find_best, run.wizard.goal))
    if args.domain_words is not None and run.wizard is not None:
        changes = msgspec.structs.replace(changes, words=_words(args.domain_words, run.wizard.goal))
    changed = session.call(c.ChangeRun(run_id=run.id, changes=changes))
    assert isinstance(changed, c.RunKept)
    return msgspec.structs.replace(changed.run, state="none")


def _minutes(given: float, goal: str) -> float:
    """The time for trying settings, where the recipe has such settings."""
    if not 0 <= given < float("inf"):
        raise AppError("--find-best wants a number of minutes.", "Write --find-best 30, or leave it out.")
    if given and goal not in TRIED:
        raise AppError("Settings are tried for the recipes teach, read, prefer and classify.", "Leave --find-best out.")
    return given


def _words(given: int, goal: str) -> int:
    """How many words may become tokens, where the recipe can learn them."""
    if given and goal not in WORDED:
        raise AppError("Domain words are for the recipes teach and read.", "Leave --domain-words out.")
    return max(0, given)


def _base(model: InstalledModel) -> str:
    if model.adapter or model.origin == "server":
        raise AppError(f"“{model.name}” has no weights of its own here, so it cannot learn.", "Choose another --base.")
    return model.id


def _begun(args: argparse.Namespace, session: Session) -> c.RunRecord:
    """A new run, as the wizard would begin it; the window shows it too."""
    chats = _chats(args, session)
    if not (args.collection or args.file or chats or args.thumbs):
        hint = "Name a run, or begin with --collection, --file, --chats or --thumbs."
        raise AppError("There is nothing to learn from.", hint)
    if args.recipe == "read" and (args.file or not args.collection):
        hint = "Name a collection with --collection; a file of questions is for the recipe teach."
        raise AppError("Reading learns from documents alone.", hint)
    words = _words(args.domain_words or 0, args.recipe)
    collections = session.collections(args.collection) if args.collection else ()
    base = _base(model_of(session, args.base)) if args.base else UNSET
    author = author_changes(args, session)
    changes = Changes(
        goal=args.recipe,
        size=args.size,
        effort=args.effort,
        base=base,
        name=args.name or UNSET,
        collections=tuple(each.id for each in collections),
        files=tuple(str(Path(file).expanduser().absolute()) for file in args.file),
        chats=chats,
        thumbs=args.thumbs,
        labels=tuple(dict.fromkeys(label for part in args.labels.split(",") if (label := part.strip()))),
        mask=not args.no_mask,
        words=words,
        find_best=_minutes(args.find_best or 0.0, args.recipe),
        own=read_questions(Path(args.ask).expanduser()) if args.ask else UNSET,
        author=author.author,
        consent=author.consent,
    )
    kept = session.call(c.BeginRun(changes=changes, by_hand=True))
    assert isinstance(kept, c.RunKept)
    tell(f"The run is in {kept.run.folder}")
    found = session.call(c.ListResources())
    assert isinstance(found, c.ResourcesFound)
    if kept.run.wizard is not None and (said := before_questions(kept.run.wizard, found.resources)):
        tell(said)
    if args.recipe in ASKED and kept.run.wizard is not None and not kept.run.wizard.own:
        tell("You ask no questions of your own (--ask FILE), so the exam will be of our wording alone.")
    return kept.run


def _chats(args: argparse.Namespace, session: Session) -> tuple[int, ...]:
    """The chats of these numbers; all of them where none is named."""
    if args.chats is None or args.chats:
        return tuple(args.chats or ())
    store = ChatStore.open_reader(session.home.chats_db)
    if store is None:
        return ()
    try:
        return tuple(chat.id for chat in store.list_chats(limit=store.count()))
    finally:
        store.close()


def _plan(run: c.RunRecord, session: Session) -> int:
    session.progress.show("Measuring what training needs here…")
    found = session.call(c.MeasureRun(run_id=run.id))
    assert isinstance(found, c.TrainingMeasured)
    measured = found.measured
    say_json({name: getattr(measured, name) for name in measured.__struct_fields__})
    return 0


# --- training ---------------------------------------------------------------------------------------------------------


def _carry_on(args: argparse.Namespace, run: c.RunRecord, session: Session, *, decided: bool) -> c.RunRecord:
    """Do what comes next, and follow it; → the run where it stands still."""
    events = _Events(args, run)
    if run.state == "none":
        run = _follow(events, session, _prepared(args, run, session))
    elif decided and run.state not in BUSY:
        return _train(args, events, run, session)
    elif run.state in ("stopped", "failed"):
        run = _follow(events, session, _kept(session, c.ResumeRun(run_id=run.id)))
    elif run.state in BUSY:
        run = _follow(events, session, run)
    if run.state == "review" and not args.run and (approve_good(args, run, session) or args.start):
        return _train(args, events, run, session)
    _say_end(args, run)
    return run


def _train(args: argparse.Namespace, events: _Events, run: c.RunRecord, session: Session) -> c.RunRecord:
    session.progress.show("Measuring what training needs here…")
    found = session.call(c.MeasureRun(run_id=run.id))
    if isinstance(found, c.TrainingMeasured) and found.measured.seconds:
        after = then(found.measured.exporting, found.measured.comparing)
        tell(f"Training takes about {duration(found.measured.seconds)}{after}.")
        if found.measured.trying:
            tell(f"Before it settings are tried, for up to {duration(found.measured.trying)}.")
        for warning in found.measured.warnings:
            tell(warning)
        wished = run.wizard is not None and run.wizard.words > 0
        if said_of_words := found.measured.words_text(wished):
            tell(said_of_words.replace("in the first step", "with --domain-words"))
    said = session.call(c.TrainRun(run_id=run.id, pause_chat=args.pause_chat))
    if isinstance(said, c.TrainingRefused):
        measured = said.measured
        hint = "Run it again with --pause-chat: the chat waits until it is done." if said.possible else measured.instead
        raise AppError(measured.reason or "There is too little memory.", hint)
    assert isinstance(said, c.RunKept)
    run = _follow(events, session, said.run)
    _say_end(args, run)
    return run


def _prepared(args: argparse.Namespace, run: c.RunRecord, session: Session) -> c.RunRecord:
    """The run at work; a new one whose data is refused is not left behind: the corrected command begins another."""
    try:
        return _kept(session, c.PrepareRun(run_id=run.id))
    except AppError:
        if not args.run:
            with suppress(AppError):
                session.call(c.DeleteRun(run_id=run.id))
        raise


def _kept(session: Session, call: c.PrepareRun | c.ResumeRun) -> c.RunRecord:
    session.progress.show("Reading your documents…")
    kept = session.call(call)
    assert isinstance(kept, c.RunKept)
    return kept.run


class _Events:
    """What a run says from now on: its own lines for machines, one sentence for people."""

    def __init__(self, args: argparse.Namespace, run: c.RunRecord) -> None:
        self._path = Path(run.folder) / "events.jsonl"
        self._as_json = args.json
        self._samples = SampleLines()
        self._offset = self._path.stat().st_size if self._path.exists() else 0
        self.last: c.RunMoved | None = None

    def take(self, moved: Data, session: Session) -> None:
        if isinstance(moved, c.RunMoved):
            self.last = moved
            session.progress.show(_sentence(moved))
            self.copy()

    def copy(self) -> None:
        """Pass the trainer's own lines on, as far as they are whole; to people its samples, one a measurement."""
        if not self._path.exists():
            return
        if not self._as_json:
            heard, self._offset = read_events(self._path, self._offset)
            for event in heard:
                if isinstance(event, StageFinished) and event.stage == "trials":
                    self._tell_trials()
                if isinstance(event, Sample) and (line := self._samples.line(event)):
                    tell(line)
            return
        self._copy_lines()

    def _tell_trials(self) -> None:
        """What was tried, once it has ended."""
        if found := Run(self._path.parent).trials:
            tell(tried.text(found))

    def _copy_lines(self) -> None:
        with self._path.open("rb") as lines:
            lines.seek(self._offset)
            said = lines.read()
        whole = said[: said.rfind(b"\n") + 1]
        self._offset += len(whole)
        sys.stdout.write(whole.decode(errors="replace"))
        sys.stdout.flush()


def _follow(events: _Events, session: Session, run: c.RunRecord) -> c.RunRecord:
    """Show what a run says until nothing works on it.

    Raises:
        AppError: it failed, was cut short, or is not followed any more (it goes on then).
    """
    try:
        kept = session.call(c.FollowRun(run_id=run.id), lambda data: events.take(data, session))
    except KeyboardInterrupt:
        hint = f"See it with “inhouse train {run.id}”, end it with “inhouse train {run.id} --stop”."
        raise AppError("The run goes on.", hint) from None
    assert isinstance(kept, c.RunKept)
    events.copy()
    failure = events.last.failure if events.last is not None else None
    if kept.run.state == "failed" and failure is not None:
        raise error_of(failure)
    if kept.run.state == "stopped":
        raise AppError("The run was interrupted.", "The same command goes on where it was.")
    return kept.run


def _sentence(moved: c.RunMoved) -> str:
    left = f", {time_left(moved.seconds_left).lower()}" if moved.seconds_left else ""
    if moved.stage in LEARNING and moved.steps:
        done, loss = f"{moved.train_fraction:.0%}, step {moved.step} of {moved.steps}", moved.loss or 0.0
        return f"{moved.sentence}, {done}, error {loss:.2f}{left}"
    if moved.to_gather:
        return f"{moved.sentence}, {moved.gathered} of {moved.to_gather}"
    if moved.stage == "trials" and moved.note:
        return f"{moved.sentence}: {moved.note}{left}"
    return f"{moved.note or moved.sentence}{left}"


def _say_end(args: argparse.Namespace, run: c.RunRecord) -> None:
    if args.json:
        return
    if run.state == "review":
        review = ReviewList(Path(run.folder))
        say(f"{len(review.entries)} {LISTED[review.kind]} wait for your review in {run.folder}.")
        _tell_notices(run)
        then = "--start" if review.trainable() else "--approve-above 0.6"
        tell(f"Open them under Fine-tune, or read them with --questions; then train: inhouse train {run.id} {then}")
        return
    found = Comparison(Path(run.folder)).result
    say(found.judgement.sentence if found is not None else "Done. The models were not compared.")
    if found is not None and found.head is not None:
        say_beside(run.id, found)


def _tell_notices(run: c.RunRecord) -> None:
    """What the trainer warned of while it prepared: that rules wrote the questions, say."""
    progress = RunProgress()
    progress.take(Run(Path(run.folder)).events()[0])
    for notice in progress.notices:
        tell(f"{notice.message} {notice.hint}".strip())


def _install(args: argparse.Namespace, run: c.RunRecord, session: Session) -> None:
    if args.use and args.adapter:
        session.call(c.UseRun(run_id=run.id, adapter=True), session.show_switch)
        tell(f"What it learned is in use now. Back to the one before: inhouse train {run.id} --back")
        say_json({"installed": session.model().name, "path": session.model().adapter})
        return
    installed = session.call(c.InstallRun(run_id=run.id, name=args.install or ""))
    if isinstance(installed, c.RunKept):
        _installed_reader(args, installed.run, session)
        return
    assert isinstance(installed, ModelInstalled)
    model: InstalledModel = installed.model
    if args.use:
        session.call(c.UseRun(run_id=run.id), session.show_switch)
        tell(f"“{model.name}” is in use now. Back to the one before: inhouse train {run.id} --back")
    else:
        tell(f"Installed as “{model.name}”. Use it with: inhouse models use “{model.name}”")
    say_json({"installed": model.name, "path": model.path})


def _installed_reader(args: argparse.Namespace, run: c.RunRecord, session: Session) -> None:
    """A run that taught the search gives a reader in place of a model."""
    name = run.wizard.name if run.wizard is not None else run.id
    if args.use:
        session.progress.show("Loading the reader…")
        session.call(c.UseRun(run_id=run.id))
        tell(f"“{name}” reads now. Back to the one before: inhouse train {run.id} --back")
    else:
        tell(f"Installed as “{name}”. Use it with: inhouse reader use “{name}”")
    say_json({"installed": name, "reader": run.id})
