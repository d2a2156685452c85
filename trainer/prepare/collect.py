"""Stage 1: bring everything that was chosen into one shape. No row is judged here."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from app.errors import AppError
from trainer.context import Context, Summary
from trainer.errors import TrainerError, as_trainer_error
from trainer.prepare import model_text
from trainer.prepare.files import read_file
from trainer.prepare.learnable import Chosen, check
from trainer.spec import (
    EXCLUDED,
    Checked,
    Example,
    Input,
    Preference,
    RunSpec,
    TextDocument,
    read_lines,
    read_spec,
    write_lines,
)

PRINTS = "inputs/prints.jsonl"
"""Where the app leaves what its chats' answers are known by, in the run's folder."""
APPROVE = "Where it is right, approve it on the Documents page (“Show it”), then prepare again."


class Problem(Struct, frozen=True):
    """Something that could not be used, named so that a person finds it."""

    where: str
    message: str


class Collected:
    """What the inputs hold, in their order; what a model wrote, by these prints among others, is excluded."""

    def __init__(self, prints: frozenset[int] = frozenset()) -> None:
        self._prints = prints
        self.examples: list[Example] = []
        self.preferences: list[Preference] = []
        self.texts: list[TextDocument] = []
        self.problems: list[Problem] = []

    def add(self, entry: Input) -> None:
        """Read one input.

        Raises:
            TrainerError: the file is gone or not readable at all; broken rows become problems instead.
        """
        path = Path(entry.path)
        name = entry.name or path.name
        if not path.is_file():
            hint = "Put it back, or take it out of this run."
            raise TrainerError(f"“{name}” is no longer there.", hint, str(path), "missing")
        if entry.kind == "documents":
            self.texts += [part for each in read_lines(path, TextDocument) for part in model_text.apart(each)]
        elif entry.kind == "file":
            rows = read_file(path)
            self.examples += model_text.unapproved(rows.examples, self._prints)
            self.preferences += model_text.unapproved(rows.preferences, self._prints)
            self.problems += [Problem(name, message) for message in rows.problems]
        else:
            self._add_judged(path)

    @property
    def by_model(self) -> tuple[int, int]:
        """In how many documents, and in how many answers, a model's text was left out."""
        texts = sum(each.excluded for each in self.texts)
        pairs = sum(each.split == EXCLUDED for each in self.preferences)
        return texts, pairs + sum(each.excluded for each in self.examples)

    def _add_judged(self, path: Path) -> None:
        """Chats and thumbs: an example a line, or a preference where a better answer was given."""
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if not line.strip():
                continue
            try:
                if b'"chosen":' in line:
                    self.preferences.append(msgspec.json.decode(line, type=Preference))
                else:
                    self.examples.append(msgspec.json.decode(line, type=Example))
            except msgspec.DecodeError as error:
                self.problems.append(Problem(path.name, f"Line {number} cannot be read ({error})."))


def command(folder: Path) -> int:
    """`python -m trainer check RUN.json`: print what is wrong with the data, a `Checked` as one line of JSON.

    A run that cannot be read goes to stderr as a sentence. Returns the exit status.
    """
    try:
        context = Context(read_spec(folder / "run.json"), folder, lambda _: None)
    except (AppError, OSError) as error:
        sys.stderr.write(f"{as_trainer_error(error)}\n")
        return 1
    try:
        _check(_collected(context), context.spec)
        found = Checked()
    except (AppError, OSError) as error:
        wrong = as_trainer_error(error)
        found = Checked(message=wrong.message, hint=wrong.hint, detail=wrong.detail)
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    return 0


def _collected(context: Context) -> Collected:
    collected = Collected(model_text.read_prints(context.run / PRINTS))
    for entry in context.spec.data.inputs:
        collected.add(entry)
    return collected


def _check(collected: Collected, spec: RunSpec) -> None:
    problems = [problem.message for problem in collected.problems]
    check(Chosen(collected.examples, collected.preferences, collected.texts, problems), spec)


def run(context: Context) -> Summary:
    """Collect; a problem with a row is a notice, and the rest goes on."""
    collected = _collected(context)
    for problem in collected.problems:
        context.notice(problem.message, f"Correct it in “{problem.where}” and start again, or go on without it.")
    by_model = _say_left_out(context, collected)
    _check(collected, context.spec)
    folder = context.stage("collect")
    write_lines(folder / "examples.jsonl", collected.examples)
    write_lines(folder / "preferences.jsonl", collected.preferences)
    write_lines(folder / "texts.jsonl", collected.texts)
    write_lines(folder / "problems.jsonl", collected.problems)
    (context.run / PRINTS).unlink(missing_ok=True)  # a chat that is deleted later is not to live on here
    return {
        "examples": len(collected.examples),
        "preferences": len(collected.preferences),
        "documents": len(collected.texts),
        "problems": len(collected.problems),
        "by_model": by_model,
    }


def _say_left_out(context: Context, collected: Collected) -> int:
    """Say how much of a model's text was left out; → in how many documents and answers."""
    texts, answers = collected.by_model
    if texts:
        what = "One document holds" if texts == 1 else f"{texts} documents hold"
        hint = "Take it back in the list." if context.spec.training.rows == "texts" else APPROVE
        context.notice(f"{what} text that an AI model wrote. It was left out.", hint)
    if answers:
        what = "One answer in your files was" if answers == 1 else f"{answers} answers in your files were"
        context.notice(f"{what} written by an AI model in your chats, and left out.", "Take back what is right.")
    return texts + answers
