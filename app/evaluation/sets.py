"""Sets of questions to measure models by: ours, and a person's own files in the forms that are common.

One object a line (JSONL), a JSON list, or a table (CSV, TSV). A row that cannot be used is named with its line and its
reason, and all others count.
"""

from __future__ import annotations

import csv
import io
import json
import string
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from app.errors import AppError
from app.paths import RESOURCES
from app.text.saved_text import decode, delimiter_of

OURS = {"knowledge": "general.jsonl", "choices": "choices.jsonl", "open": "open.jsonl"}
"""name → file in resources/evaluation."""
FOLDER = RESOURCES / "evaluation"
MOST_BYTES = 64 << 20
LETTERS = string.ascii_uppercase
QUESTION = ("question", "ctx", "instruction", "prompt", "query")
CHOICES = ("choices", "endings", "options")
RIGHT = ("answer", "answerkey", "label", "gold", "correct")
REFERENCE = ("reference", "output", "target", "expected")
HINT = "A row has a question, and choices with an answer, answers, or a reference (docs/evaluation.md)."

Kind = Literal["choice", "exact", "open"]


class Item(Struct, frozen=True, kw_only=True):
    """A question: with `choices` and the place of the right one, with accepted `answers`, or for a judge."""

    id: str
    kind: Kind
    question: str
    choices: tuple[str, ...] = ()
    answer: int = -1
    answers: tuple[str, ...] = ()
    reference: str = ""


class QuestionSet(Struct, frozen=True, kw_only=True):
    """What a file holds; `problems`: a sentence for each row that is left out."""

    name: str
    items: tuple[Item, ...]
    problems: tuple[str, ...] = ()


class BadRow(Exception):
    """Why a row cannot be used."""


def read_set(name: str) -> QuestionSet:
    """One of OURS, or a file.

    Raises:
        AppError: there is none, it cannot be read, or no row of it can be used.
    """
    ours = OURS.get(name)
    path = FOLDER / ours if ours is not None else Path(name).expanduser()
    hint = f"Name a JSONL, JSON, CSV or TSV file, or one of: {', '.join(OURS)}."
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AppError(f"“{path.name}” is too large.", "Cut it to 64 MB or less.")
        text = decode(path.read_bytes())
    except FileNotFoundError as error:
        raise AppError(f"There is no file “{name}”.", hint, str(error)) from error
    except (OSError, ValueError) as error:
        raise AppError(f"“{name}” cannot be read.", hint, str(error)) from error
    items, problems = [], []
    for line, row in _rows(path, text):
        try:
            items.append(_item(row if not isinstance(row, BadRow) else _raise(row), line))
        except BadRow as bad:
            problems.append(f"Line {line}: {bad}")
    if not items:
        first = f"{problems[0]} " if problems else "It is empty. "
        raise AppError(f"“{path.name}” has no question that can be used.", first + HINT)
    return QuestionSet(name=name if ours is not None else path.name, items=tuple(items), problems=tuple(problems))


def _raise(bad: BadRow) -> Mapping[str, Any]:
    raise bad


def _rows(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Each row with its line, from 1 (of a JSON list its place); a BadRow in the place of one that cannot be read."""
    if path.suffix.lower() in (".csv", ".tsv"):
        yield from _table(text, delimiter_of(text))
    elif path.suffix.lower() == ".json":
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise AppError(f"“{path.name}” is not valid JSON.", HINT, str(error)) from error
        yield from enumerate(found if isinstance(found, list) else [found], 1)
    else:
        for line, row in enumerate(text.split("\n"), 1):
            if row.strip():
                yield line, _parsed(row)


def _parsed(row: str) -> Any:
    try:
        return json.loads(row)
    except (ValueError, RecursionError):
        return BadRow("it is not valid JSON.")


def _table(text: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    """Rows by the names of the first line; without a “question” there as in MMLU: question, choices, letter."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names: list[str] | None = None
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if names is None:
                head = [cell.strip().lower() for cell in row]
                if any(name in head for name in QUESTION):
                    names = head
                    continue
                names = ["question", *LETTERS[: len(row) - 2].lower(), "answer"] if len(row) >= 4 else []
            if not names:
                heads = ", ".join(cell.strip() for cell in row)
                yield reader.line_num, BadRow(f"none of its columns is called question: {heads[:80]}.")
                return
            if len(row) > len(names):
                yield reader.line_num, BadRow(f"it has {len(row)} columns, {len(names)} are expected.")
            else:
                yield reader.line_num, dict(zip(names, row, strict=False))
    except csv.Error as error:
        yield reader.line_num, BadRow(f"it is not a row of a table: {error}.")


def _item(row: Any, line: int) -> Item:
    """Raises BadRow."""
    if not isinstance(row, Mapping):
        raise BadRow("it is not an object with names.")
    fields = {str(key).strip().lower(): value for key, value in row.items() if value not in (None, "")}
    asked = _first(fields, QUESTION)
    if isinstance(asked, Mapping):  # ARC's older form
        fields = {**fields, "choices": asked.get("choices")}
        asked = asked.get("stem")
    if not isinstance(asked, str) or not asked.strip():
        raise BadRow("it has no question.")
    question, id_ = asked.strip(), str(fields.get("id", line))
    if isinstance(more := fields.get("input"), str) and "instruction" in fields and more.strip():
        question = f"{question}\n\n{more.strip()}"  # Alpaca's form
    texts, labels = _choices(fields)
    if texts:
        right = _place(_first(fields, RIGHT), texts, labels)
        return Item(id=id_, kind="choice", question=question, choices=texts, answer=right)
    accepted = _answers(fields.get("answers", fields.get("answer")))
    if accepted:
        return Item(id=id_, kind="exact", question=question, answers=accepted)
    reference = _first(fields, REFERENCE)
    return Item(id=id_, kind="open", question=question, reference=reference if isinstance(reference, str) else "")


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((fields[name] for name in names if name in fields), None)


def _choices(fields: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The choices and what they are called: a list, texts with labels, or columns A, B, C …"""
    found = _first(fields, CHOICES)
    if isinstance(found, Mapping) and "text" in found:
        texts, labels = found["text"], found.get("label", ())
    elif isinstance(found, Mapping):
        texts, labels = list(found.values()), list(found)
    elif isinstance(found, list) and found and all(isinstance(each, Mapping) for each in found):
        texts, labels = [each.get("text") for each in found], [each.get("label", "") for each in found]
    elif isinstance(found, list):
        texts, labels = found, ()
    elif isinstance(found, str):
        texts, labels = [part.strip() for part in found.split("|")], ()
    else:
        names = [name for name in LETTERS.lower() if name in fields]
        texts, labels = [fields[name] for name in names], [name.upper() for name in names]
    if not isinstance(texts, list) or not texts:
        return (), ()
    if len(texts) < 2 or not all(isinstance(each, str | int | float) and str(each).strip() for each in texts):
        raise BadRow("it needs at least two choices, each with some text.")
    if len({str(each).strip() for each in texts}) < len(texts):
        raise BadRow("two of its choices are the same.")
    return tuple(str(each).strip() for each in texts), tuple(str(each).strip() for each in labels)


def _place(right: Any, texts: tuple[str, ...], labels: tuple[str, ...]) -> int:
    """Where the right choice stands: by its label, its letter, its text, or its place from 0."""
    if right is None:
        raise BadRow("it has choices, but does not say which one is right.")
    if not isinstance(right, int):
        said = str(right).strip()
        for names in (labels, tuple(LETTERS[: len(texts)]), texts):
            if said in names:
                return names.index(said)
        if said.upper() in LETTERS[: len(texts)]:
            return LETTERS.index(said.upper())
        right = int(said) if said.isdecimal() else -1
    if isinstance(right, bool) or not 0 <= right < len(texts):
        raise BadRow("its answer is none of its choices.")
    return int(right)


def _answers(found: Any) -> tuple[str, ...]:
    """Accepted answers; of a worked solution what stands behind “####”, as GSM8K writes it."""
    listed = found if isinstance(found, list) else str(found).split("|") if found is not None else []
    return tuple(text for each in listed if (text := str(each).rpartition("####")[2].strip()))
