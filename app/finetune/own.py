"""The person's own questions: read from a file, kept from round to round, and handed to the trainer for the exam."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from app.errors import AppError
from app.finetune.runs import Runs
from app.finetune.wizard import FEWEST, MOST, OwnQuestion
from app.text.saved_text import decode, table_rows
from app.types import Message
from trainer.spec import HELD_OUT, Example

LIMIT = 50
"""Of a file."""
LONGEST = 1000
"""Characters of a question: more is a document, which no model of a usual size could be asked."""
MOST_BYTES = 1 << 20
COLUMNS = (("question", "frage"), ("answer", "antwort"))
FORM = "Write a question a line, its answer behind a “|”, or a CSV with the columns “question” and “answer”."


def as_examples(questions: Iterable[OwnQuestion]) -> list[Example]:
    """For the trainer: held out, and of the exam alone. What is asked twice counts once."""
    made = []
    for number, each in enumerate(_once(questions), 1):
        answer = (Message("assistant", each.answer),) if each.answer else ()
        turns = (Message("user", each.question), *answer)
        made.append(Example(id=f"own-{number}", messages=turns, split=HELD_OUT))
    return made


def read_questions(path: Path) -> tuple[OwnQuestion, ...]:
    """Questions of a text file as any usual program saves it, in the forms that FORM names.

    Raises:
        AppError: it cannot be read, holds no question or too many, or a line of it is no question.
    """
    text = _text(path)
    rows = _of_table(path, text) if path.suffix.casefold() in (".csv", ".tsv") else _of_lines(text)
    read = [OwnQuestion(" ".join(asked.split()), " ".join(answer.split())) for asked, answer in rows if asked.strip()]
    for each in read:
        if not any(char.isalnum() for char in each.question) or each.question[0] in "{[":
            raise AppError(f"“{each.question[:60]}” in “{path.name}” is no question.", FORM)
        if len(each.question) > LONGEST:
            raise AppError(f"A question in “{path.name}” is longer than {LONGEST:,} characters.", FORM)
    found = _once(read)
    if not found:
        raise AppError(f"“{path.name}” holds no question.", FORM)
    if len(found) > LIMIT:
        hint = f"{FEWEST} to {MOST} are enough, {LIMIT} the most."
        raise AppError(f"“{path.name}” holds {len(found)} questions.", hint)
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AppError(f"“{path.name}” is too large for a file of questions.", FORM)
        return decode(path.read_bytes())
    except FileNotFoundError as error:
        raise AppError(f"There is no file “{path.name}”.", "Check its name and folder.", str(path)) from error
    except (OSError, ValueError) as error:
        raise AppError(f"“{path.name}” cannot be read as text.", FORM, str(error)) from error


def _once(questions: Iterable[OwnQuestion]) -> tuple[OwnQuestion, ...]:
    """Each question once, whatever its case and spaces; the first that has an answer counts."""
    found: dict[str, OwnQuestion] = {}
    for each in questions:
        key = " ".join(each.question.casefold().split()).rstrip("?？؟ ")
        if key not in found or (each.answer and not found[key].answer):
            found[key] = each
    return tuple(found.values())


def _of_lines(text: str) -> list[tuple[str, str]]:
    lines = [line.partition("|") for line in text.splitlines()]
    return [(question, answer) for question, _, answer in lines]


def _of_table(path: Path, text: str) -> list[tuple[str, str]]:
    """Columns by their names in the first row; else the first two. Raises AppError: it is no table."""
    try:
        rows = list(table_rows(text))
    except csv.Error as error:
        raise AppError(f"In “{path.name}” a quotation mark is missing or misplaced.", FORM, str(error)) from error
    names = [cell.strip().casefold() for cell in rows[0]] if rows else []
    asked, answered = (next((at for at, name in enumerate(names) if name in known), -1) for known in COLUMNS)
    if asked < 0:
        asked, answered = 0, 1
    else:
        rows, answered = rows[1:], answered if answered >= 0 else len(names)
    return [(row[asked] if asked < len(row) else "", row[answered] if answered < len(row) else "") for row in rows]


def of_earlier_runs(runs: Runs) -> tuple[OwnQuestion, ...]:
    """Those of the newest run that has some: the exam stays the same from round to round."""
    for run in runs.list():
        try:
            if own := run.load().own:
                return own
        except AppError:
            continue  # it cannot be read; the list of runs says so
    return ()
