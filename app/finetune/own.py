"""The person's own questions: read from a file, kept from round to round, and handed to the trainer for the exam."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from app.errors import AppError
from app.finetune.runs import Runs
from app.finetune.wizard import FEWEST, MOST, OwnQuestion
from app.types import Message
from trainer.spec import HELD_OUT, Example

LIMIT = 50
"""Of a file."""


def as_examples(questions: Iterable[OwnQuestion]) -> list[Example]:
    """For the trainer: held out, and of the exam alone."""
    made = []
    for number, each in enumerate(questions, 1):
        answer = (Message("assistant", each.answer),) if each.answer else ()
        turns = (Message("user", each.question), *answer)
        made.append(Example(id=f"own-{number}", messages=turns, split=HELD_OUT))
    return made


def read_questions(path: Path) -> tuple[OwnQuestion, ...]:
    """Questions of a file: a CSV with columns “question” and “answer”, or a question a line, its answer behind a “|”.

    Raises:
        AppError: it cannot be read, holds no question or too many.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        hint = "Use a text file (UTF-8) with a question a line, its answer behind a “|”, or a CSV."
        raise AppError(f"“{path.name}” cannot be read.", hint, str(error)) from error
    of_lines = [_of_line(line) for line in text.splitlines()]
    rows = _of_table(text) if path.suffix.casefold() == ".csv" else of_lines
    found = tuple(OwnQuestion(q.strip(), a.strip()) for q, a in rows if q.strip())
    if not found:
        raise AppError(f"“{path.name}” holds no question.", "Write a question a line, its answer behind a “|”.")
    if len(found) > LIMIT:
        hint = f"{FEWEST} to {MOST} are enough, {LIMIT} the most."
        raise AppError(f"“{path.name}” holds {len(found)} questions.", hint)
    return found


def _of_line(line: str) -> tuple[str, str]:
    question, _, answer = line.partition("|")
    return question, answer


def _of_table(text: str) -> list[tuple[str, str]]:
    first = text.partition("\n")[0]
    table = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=first.count))
    rows = [{str(key).strip().casefold(): value or "" for key, value in row.items()} for row in table]
    return [(str(row.get("question", "")), str(row.get("answer", ""))) for row in rows]


def of_earlier_runs(runs: Runs) -> tuple[OwnQuestion, ...]:
    """Those of the newest run that has some: the exam stays the same from round to round."""
    for run in runs.list():
        try:
            if own := run.load().own:
                return own
        except AppError:
            continue  # it cannot be read; the list of runs says so
    return ()
