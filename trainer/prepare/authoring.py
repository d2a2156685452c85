"""Who writes a run's questions: the chosen model where it passes its trial, for as many facts as its pace allows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from app.errors import AppError
from trainer import events
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.prepare.ask import Author, Check
from trainer.prepare.facts import Fact
from trainer.prepare.writers import Installed, Served, Writer
from trainer.spec import MAILBOX, Trial, read_json, write_json

ELSE = "Let another model write them, your company's server, or take your own file: “Who writes the questions” in Data."
ByRule = Callable[[Fact], str]
"""A sound question of a rule to a fact, or ""."""


class Pen:
    """What writes in a run, and weighs what rules write; without an author rules do all."""

    def __init__(
        self,
        context: Context,
        check: Check,
        author: Author | None = None,
        trial: Trial | None = None,
        mine: frozenset[str] = frozenset(),
    ) -> None:
        """`mine` are the keys of the facts that the author has time for."""
        self._context, self._check, self._author, self._trial, self._mine = context, check, author, trial, mine
        self._spent, self._done = 0.0, 0

    def write(self, facts: Sequence[Fact]) -> list[list[tuple[str, str]]]:
        """For each fact the author's questions, each with the rule that it breaks or ""; none where it has no say."""
        found: list[list[tuple[str, str]]] = [[] for _ in facts]
        mine = [n for n, fact in enumerate(facts) if fact.key in self._mine]
        self._done += len(mine)
        if self._author is None or self._trial is None or not self._trial.used or not mine:
            return found
        began = time.monotonic()
        said = self._author.ask([facts[n] for n in mine], self._check)
        self._spent += time.monotonic() - began
        for n, questions in zip(mine, said, strict=True):
            found[n] = questions
        return found

    def unanswered(self, asked: Sequence[tuple[Fact, str]]) -> set[tuple[str, str]]:
        """Of rules' questions those that the author cannot answer from the passage: (key of the fact, question)."""
        mine = [(fact, question) for fact, question in asked if fact.key in self._mine]
        if self._author is None or self._trial is None or not self._trial.able or not mine:
            return set()
        began = time.monotonic()
        right = self._author.answers(mine)
        self._spent += time.monotonic() - began
        return {(fact.key, question) for (fact, question), is_right in zip(mine, right, strict=True) if not is_right}

    def tell(self, left: Sequence[Fact], total: int) -> None:
        """Say how far it is, and how long it takes yet: by the pace so far, and before that by the trial's."""
        mine, seconds = sum(fact.key in self._mine for fact in left), None
        if self._trial is not None and mine:
            beforehand = self._trial.seconds_for(1, self._context.spec.prepare.phrasings)
            seconds = round(mine * (self._spent / self._done if self._done else beforehand), 1)
        done = total - len(left)
        self._context.emit(
            events.Progress(
                stage="questions", done=done, total=total, unit="facts", seconds_left=seconds, note="Making questions"
            )
        )


def open_pen(
    context: Context, stack: contextlib.ExitStack, facts: Sequence[Fact], check: Check, by_rule: ByRule
) -> Pen:
    """The author of a run, tried once and open until the stack ends; what comes of the trial is said.

    Raises:
        TrainerError: the server that was chosen cannot be asked.
    """
    kept = context.stage("questions") / "trial.json"
    trial = read_json(kept, Trial) if kept.exists() else None
    if not facts or (trial is not None and not trial.used and not trial.able):
        return Pen(context, check)
    try:
        writer = _writer(context)
    except TrainerError:
        raise
    except AppError as error:
        context.notice("The model cannot write questions, so they are made by rule.", error.message)
        return Pen(context, check)
    if writer is None:
        return Pen(context, check)
    author = stack.enter_context(Author(writer))
    if trial is None:
        context.progress("questions", 0, len(facts), "facts", "Trying whether the model asks well")
        trial = author.try_out(facts, check, by_rule, writes=context.spec.prepare.writer != "rules")
        write_json(kept, trial)
        _say(context, trial, len(facts))
    if not trial.used and not trial.able:
        author.close()  # gigabytes, perhaps
        return Pen(context, check)
    return Pen(context, check, author, trial, _within_time(context, trial, facts))


def try_author(context: Context, facts: Sequence[Fact], check: Check, by_rule: ByRule, *, documents: int) -> Trial:
    """How well the author of a run writes, with its questions.

    Raises:
        AppError: there is no model to try, it cannot be loaded or asked, or there is nothing to ask for.
    """
    if not facts:
        raise TrainerError("In these documents nothing was found to ask for.", "Choose others.", code="no-facts")
    writer = _writer(context)
    if writer is None:
        raise TrainerError("The model's file is gone.", "Choose another one.", code="missing")
    with Author(writer) as author:
        trial = author.try_out(facts, check, by_rule, writes=context.spec.prepare.writer != "rules")
    return replace(trial, facts=len(facts), documents=documents)


def _writer(context: Context) -> Writer | None:
    """The chosen model, else the base; None where no file of it is at hand. Raises AppError: it cannot be loaded."""
    wishes, base = context.spec.prepare, context.spec.base
    if wishes.writer == "served":

        def wait(sentence: str) -> None:
            context.progress("questions", 0, 0, note=sentence)

        return Served(context.run / MAILBOX, wishes.author, wait)
    files = map(Path, filter(None, (wishes.author, base.path, base.gguf)))
    path = next((path for path in files if path.is_file()), None)
    return None if path is None else Installed(path, context.threads)


def _within_time(context: Context, trial: Trial, facts: Sequence[Fact]) -> frozenset[str]:
    """Keys of the facts that the author has time for by its pace, spread over all of them."""
    wishes = context.spec.prepare
    pace = trial.seconds_for(1, wishes.phrasings)
    room = min(len(facts), int(wishes.author_minutes * 60 / pace)) if pace > 0 else len(facts)
    return frozenset(facts[n * len(facts) // room].key for n in range(room))


def _say(context: Context, trial: Trial, facts: int) -> None:
    """What a person should know of the trial: that rules do the work, or some of it."""
    if trial.asked and not trial.used:
        share = f"{trial.passed} of {trial.asked} of its questions passed the checks"
        context.notice(f"The model is too small to ask well ({share}): questions are made by rule.", ELSE)
    pace, minutes = trial.seconds_for(1, context.spec.prepare.phrasings), context.spec.prepare.author_minutes
    room = int(minutes * 60 / pace) if pace > 0 else facts
    if room < facts:
        does = "writes" if trial.used else "weighs the questions"
        context.notice(
            f"The model {does} for {room} of {facts} facts: more takes it longer than {minutes:.0f} minutes.",
            "Rules ask for the others.",
        )
