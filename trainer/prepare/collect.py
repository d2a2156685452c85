"""Stage 1: bring everything that was chosen into one shape. No row is judged here."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from trainer.context import Context, Summary
from trainer.errors import TrainerError
from trainer.prepare.files import read_file
from trainer.spec import Example, Input, Preference, RunSpec, TextDocument, read_lines, write_lines
from trainer.train.selection import check_labels, labels_of


class Problem(Struct, frozen=True):
    """Something that could not be used, named so that a person finds it."""

    where: str
    message: str


class Collected:
    """What the inputs hold, in their order."""

    def __init__(self) -> None:
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
            self.texts += read_lines(path, TextDocument)
        elif entry.kind == "file":
            rows = read_file(path)
            self.examples += rows.examples
            self.preferences += rows.preferences
            self.problems += [Problem(name, message) for message in rows.problems]
        else:
            self._add_judged(path)

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


def _check(collected: Collected, spec: RunSpec) -> None:
    """What cannot come to a good end is said now, not after the review.

    Raises:
        TrainerError: there is nothing that the recipe learns from, or its labels are too few, too many, or not all.
    """
    if not (collected.examples or collected.preferences or collected.texts):
        raise TrainerError("There is nothing to learn from.", "Add documents, examples or chats.", code="empty")
    if spec.training.rows == "texts" and not collected.texts:
        raise TrainerError("There is no text to read.", "Choose a collection with documents.", code="empty")
    if spec.training.rows == "preferences" and not collected.preferences:
        hint = "Correct some answers in your chats, or add a file with pairs."
        raise TrainerError("There is no pair of a better and a worse answer.", hint, code="empty")
    if spec.training.needs_labels:
        check_labels(collected.examples, labels_of(spec, collected.examples))


def run(context: Context) -> Summary:
    """Collect; a problem with a row is a notice, and the rest goes on."""
    collected = Collected()
    for entry in context.spec.data.inputs:
        collected.add(entry)
    for problem in collected.problems:
        context.notice(problem.message, f"Correct it in “{problem.where}” and start again, or go on without it.")
    _check(collected, context.spec)
    folder = context.stage("collect")
    write_lines(folder / "examples.jsonl", collected.examples)
    write_lines(folder / "preferences.jsonl", collected.preferences)
    write_lines(folder / "texts.jsonl", collected.texts)
    write_lines(folder / "problems.jsonl", collected.problems)
    return {
        "examples": len(collected.examples),
        "preferences": len(collected.preferences),
        "documents": len(collected.texts),
        "problems": len(collected.problems),
    }
