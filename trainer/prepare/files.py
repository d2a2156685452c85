"""Reads question/answer files: CSV, XLSX and JSONL in the shapes of Alpaca, ShareGPT, OpenAI messages and preferences.

A broken row is named by its line and set aside; the rest goes on.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from app.text.saved_text import DELIMITERS, decode, delimiter_of
from app.types import Message
from trainer.errors import TrainerError
from trainer.prepare.quality import repair
from trainer.spec import Example, Origins, Preference

TEXT = ("text", "message", "body")
"""What is sorted into labels."""
QUESTION = ("question", "prompt", "instruction", "input", "query", "user", "frage", "ask", "q", *TEXT)
ANSWER = ("answer", "response", "output", "completion", "assistant", "antwort", "reply", "a")
LABEL = ("label", "class", "category", "kategorie", "sort")
REJECTED = ("rejected", "worse", "bad answer", "rejected answer", "original answer")
CHOSEN = ("chosen", "better", "good answer", "corrected", "corrected answer")
_ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "model": "assistant",
          "bot": "assistant", "system": "system"}  # fmt: skip
MAX_FILE_BYTES = 512 * 1024**2
"""A file of examples larger than this is a corpus; it belongs among the documents."""
MANY_LINES = 10
"""A cell that takes in so many lines, each with as many columns as a row, began with a stray quotation mark."""


class RowError(ValueError):
    """What is wrong with one row, as a sentence."""


@dataclass
class Rows:
    """What a file held. `problems` are sentences that name the line."""

    examples: list[Example] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_file(path: Path) -> Rows:
    """Read a file of examples.

    Raises:
        TrainerError: it is missing, of an unknown kind, too large, or not readable at all.
    """
    readers: dict[str, Callable[[Path], Iterable[tuple[int, object]]]] = {
        ".csv": _csv_rows, ".tsv": _csv_rows, ".xlsx": _xlsx_rows, ".jsonl": _jsonl_rows, ".json": _json_rows,
    }  # fmt: skip
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise TrainerError(f"“{path.name}” is not a file of examples.", "Use CSV, XLSX, JSON or JSONL.", code="kind")
    if not path.is_file():
        raise TrainerError(f"“{path.name}” is no longer there.", "Put it back or leave it out.", str(path), "missing")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise TrainerError(f"“{path.name}” is larger than 512 MB.", "Split it into smaller files.", code="large")
    rows = Rows()
    for number, value in reader(path):
        try:
            _take(value, path, number, rows)
        except RowError as error:
            rows.problems.append(f"Line {number} of “{path.name}”: {error}")
    return rows


def _take(value: object, path: Path, number: int, rows: Rows) -> None:
    if isinstance(value, RowError):
        raise value
    if not isinstance(value, dict):
        raise RowError("it is not a row of named values.")
    fields = {str(key).strip().casefold(): item for key, item in value.items() if key is not None}
    source = Origins(document=path.name, path=str(path), row=number)
    key = f"{path.name}:{number}:{hashlib.sha256(repr(sorted(fields.items())).encode()).hexdigest()[:12]}"
    better, worse = _value(fields, CHOSEN), _value(fields, REJECTED)
    if not (better and worse) and _is_pair(fields):
        raise RowError(f"the {'worse' if better else 'better'} answer is missing.")
    if better and worse:
        turns, chosen, rejected = _preferred(fields)
        if chosen == rejected:
            raise RowError("both answers are the same.")
        rows.preferences.append(
            Preference(id=key, messages=turns, chosen=chosen, rejected=rejected, origin="file", source=source)
        )
        return
    rows.examples.append(Example(id=key, messages=_messages(fields), origin="file", source=source))


def _is_pair(fields: Mapping[str, Any]) -> bool:
    """Whether a row has places for both answers, and holds no answer of another kind."""
    answered = _conversation(fields) or _value(fields, (*ANSWER, *LABEL))
    return not answered and all(any(name in fields for name in names) for names in (CHOSEN, REJECTED))


def _preferred(fields: Mapping[str, Any]) -> tuple[tuple[Message, ...], str, str]:
    """(conversation, chosen, rejected). Either is a text, or a list of messages that ends with it (Hugging Face).

    The list's own conversation is taken where no column holds the prompt, or where it holds more than that.
    """
    (before, chosen), (_, rejected) = _answered(fields, CHOSEN), _answered(fields, REJECTED)
    asked = sum(turn.role == "user" for turn in before)
    if asked > 1 or (asked and not (_conversation(fields) or _value(fields, QUESTION))):
        return before, chosen, rejected
    return _messages(fields, with_answer=False), chosen, rejected


def _answered(fields: Mapping[str, Any], names: Iterable[str]) -> tuple[tuple[Message, ...], str]:
    """The last answer of a list of messages and what stands before it; of a text nothing stands before."""
    found = _value(fields, names)
    if not found or not isinstance(found[1], list):
        return (), _text(fields, names)
    turns = _listed(found[1])
    last = max((i for i, turn in enumerate(turns) if turn.role == "assistant" and turn.content), default=None)
    if last is None:
        raise RowError(f"“{found[0]}” holds no answer.")
    return tuple(_from_question(turns[:last])), turns[last].content


def _conversation(fields: Mapping[str, Any]) -> object:
    """The list of messages of a row; some sets of preferences keep one under `prompt`."""
    prompt = fields.get("prompt")
    named = fields.get("messages") or fields.get("conversations") or fields.get("conversation")
    return named or (prompt if isinstance(prompt, list) else None)


def _messages(fields: Mapping[str, Any], with_answer: bool = True) -> tuple[Message, ...]:
    listed = _conversation(fields)
    turns = _from_question(_listed(listed)) if listed else _columns(fields, with_answer)
    roles = [turn.role for turn in turns]
    if "user" not in roles:
        raise RowError("no question was found. Name the columns “question” and “answer”.")
    if with_answer and roles[-1] != "assistant":
        raise RowError("the answer is missing.")
    return tuple(turns)


def _listed(listed: object) -> list[Message]:
    """OpenAI: {"role", "content"}; ShareGPT: {"from", "value"}."""
    if not isinstance(listed, list):
        raise RowError("“messages” is not a list.")
    turns = []
    for entry in listed:
        if not isinstance(entry, dict):
            raise RowError("a message is not an object with a role and a text.")
        role = _ROLES.get(str(entry.get("role") or entry.get("from")).casefold())
        content = entry.get("content") if "content" in entry else entry.get("value")
        if role is None or not isinstance(content, str):
            raise RowError("a message has no role or no text.")
        turns.append(Message(role, repair(content).strip()))  # type: ignore[arg-type]
    return turns


def _from_question(turns: Sequence[Message]) -> list[Message]:
    """Without what the assistant says first: no template takes an answer before any question."""
    first = next((i for i, turn in enumerate(turns) if turn.role == "user"), len(turns))
    return [turn for i, turn in enumerate(turns) if i > first or turn.role != "assistant"]


def _columns(fields: Mapping[str, Any], with_answer: bool) -> list[Message]:
    """Question and answer columns; Alpaca's `input` is the text that its `instruction` is about."""
    question = _text(fields, QUESTION)
    about = _text(fields, ("input", "context")) if "instruction" in fields else ""
    if about and about != question:
        question = f"{question}\n\n{about}"
    answer = _text(fields, (*ANSWER, *LABEL))
    if not question:
        raise RowError(_no_question(fields))
    turns = [Message("system", system)] if (system := _text(fields, ("system",))) else []
    turns.append(Message("user", question))
    if with_answer:
        if not answer:
            labelled = any(name in fields for name in LABEL) and not any(name in fields for name in ANSWER)
            raise RowError(f"the {'label' if labelled else 'answer'} is missing.")
        turns.append(Message("assistant", answer))
    return turns


def _no_question(fields: Mapping[str, Any]) -> str:
    """That a row has no question, by its columns where these have other names."""
    if not any(fields.values()):
        return "the row is empty."
    if any(name in fields for name in QUESTION):
        return f"the {'text' if any(name in fields for name in TEXT) else 'question'} is missing."
    return f"none of its columns holds a question or a text: {', '.join(f'“{name}”' for name in fields)}."


def _text(fields: Mapping[str, Any], names: Iterable[str]) -> str:
    found = _value(fields, names)
    if not found:
        return ""
    name, value = found
    if isinstance(value, (list, dict)):
        raise RowError(f"“{name}” is not a text.")
    return repair(str(value)).strip()


def _value(fields: Mapping[str, Any], names: Iterable[str]) -> tuple[str, object] | None:
    """The first of these columns that holds something, and what it holds."""
    for name in names:
        value = fields.get(name)
        if value not in (None, [], {}) and str(value).strip():
            return name, value
    return None


# --- one reader a kind: (line, row) -----------------------------------------------------------------------------------


def _decode(path: Path) -> str:
    try:
        return decode(path.read_bytes())
    except ValueError as error:
        hint = "Save it as CSV or JSON (UTF-8) again."
        raise TrainerError(f"“{path.name}” is not a text file.", hint, str(error), "damaged") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, object]]:
    text = _decode(path)
    delimiter = delimiter_of(text, among=f"{DELIMITERS}|")
    lines = list(io.StringIO(text, newline=""))
    header: list[str] = []
    for line, row in _csv_cells(lines, delimiter):
        if isinstance(row, RowError):
            yield line, row
        elif not any(cell.strip() for cell in row):
            continue
        elif not header:
            header = row
        elif len(row) != len(header):
            yield line, RowError(f"it has {len(row)} columns, the first row has {len(header)}.")
        else:
            yield line, dict(zip(header, row, strict=True))


def _csv_cells(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | RowError]]:
    """(line, cells): a stray quotation mark costs its own line, not all those up to the next mark."""
    at = columns = 0
    while at < len(lines):
        reader = csv.reader((lines[i] for i in range(at, len(lines))), delimiter=delimiter, strict=True)
        try:
            cells = next(reader)
        except csv.Error as error:
            at += 1
            yield at, RowError(_csv_problem(error))
            continue
        end = at + reader.line_num
        if _swallowed(lines[at + 1 : end - 1], delimiter, columns, MANY_LINES if len(cells) == columns else 1):
            at += 1
            yield at, RowError(f"a quotation mark is missing or misplaced: it takes in the lines up to {end}.")
            continue
        columns = columns or len(cells)
        yield at + 1, cells
        at = end


def _csv_problem(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"a cell of it is longer than {csv.field_size_limit():,} characters."
    return f"a quotation mark is missing or misplaced ({error})."


def _swallowed(inside: Sequence[str], delimiter: str, columns: int, least: int) -> bool:
    """Whether the lines inside a row are rows themselves."""
    lines = [line for line in inside if line.strip()]
    return columns > 1 and len(lines) >= least and all(line.count(delimiter) == columns - 1 for line in lines)


def _xlsx_rows(path: Path) -> Iterator[tuple[int, object]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, OSError, KeyError, ValueError, TypeError, SyntaxError) as error:
        raise TrainerError(
            f"“{path.name}” cannot be opened.", "Save it as XLSX again.", str(error), "damaged"
        ) from error
    try:
        for sheet in book.worksheets:
            header: list[str] = []
            sheet.reset_dimensions()  # what a sheet says of its own size is often wrong
            for number, cells in enumerate(sheet.iter_rows(), 1):
                row = [_shown(cell) for cell in cells]
                if not any(cell not in (None, "") for cell in row):
                    continue
                if not header:
                    header = [str(cell or "") for cell in row]
                else:
                    yield number, dict(zip(header, row, strict=False))
    finally:
        book.close()


def _shown(cell: Any) -> object:
    """A cell's value as the sheet shows it: 0.2 may stand there as 20 %, and a day has no midnight."""
    value = cell.value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", _precision(value))
    if isinstance(value, time):
        return value.isoformat(_precision(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        code = _number_format(cell)
        if "%" in code and abs(value) < 1e15:
            return _percent(value, code)
    return value


def _number_format(cell: Any) -> str:
    """How a sheet shows a number, without the signs that stand for themselves."""
    try:
        return re.sub(r'"[^"]*"|\\.', "", cell.number_format)
    except IndexError:  # the book does not hold the style that the cell names
        return ""


def _precision(value: datetime | time) -> str:
    return "seconds" if value.second else "minutes"


def _percent(share: float, code: str) -> str:
    """As "0.0#%" says: rounded to the places, of which those marked # are left out where they are zero."""
    match = re.search(r"\.([0#?]+)", code)
    places = match[1] if match else ""
    text = str((Decimal(str(share)) * 100).quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP))
    for _ in range(places.count("#")):
        text = text.removesuffix("0")
    return f"{text.removesuffix('.')} %"


def _jsonl_rows(path: Path) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(io.StringIO(_decode(path), None), 1):  # U+2028 ends no line
        if line.strip():
            yield number, _parsed(line)


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return RowError(f"it is not JSON ({error}).")


def _json_rows(path: Path) -> Iterator[tuple[int, object]]:
    value = _parsed(_decode(path))
    if isinstance(value, RowError) or not isinstance(value, list):
        yield from _jsonl_rows(path)  # many exports call JSON lines .json
        return
    yield from enumerate(value, 1)
