"""Reads question/answer files: CSV, XLSX and JSONL in the shapes of Alpaca, ShareGPT, OpenAI messages and preferences.

A broken row is named by its line and set aside; the rest goes on.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from trainer.errors import TrainerError
from trainer.prepare.quality import repair
from trainer.spec import Example, Origins, Preference, Turn

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
    chosen, rejected = _text(fields, CHOSEN), _text(fields, REJECTED)
    if chosen and rejected:
        turns = _messages(fields, with_answer=False)
        rows.preferences.append(
            Preference(id=key, messages=turns, chosen=chosen, rejected=rejected, origin="file", source=source)
        )
        return
    rows.examples.append(Example(id=key, messages=_messages(fields), origin="file", source=source))


def _messages(fields: Mapping[str, Any], with_answer: bool = True) -> tuple[Turn, ...]:
    listed = fields.get("messages") or fields.get("conversations") or fields.get("conversation")
    turns = _listed(listed) if listed else _columns(fields, with_answer)
    roles = [turn.role for turn in turns]
    if "user" not in roles:
        raise RowError("no question was found. Name the columns “question” and “answer”.")
    if with_answer and roles[-1] != "assistant":
        raise RowError("the answer is missing.")
    return tuple(turns)


def _listed(listed: object) -> list[Turn]:
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
        turns.append(Turn(role, repair(content).strip()))  # type: ignore[arg-type]
    return turns


def _columns(fields: Mapping[str, Any], with_answer: bool) -> list[Turn]:
    """Question and answer columns; Alpaca's `input` is the text that its `instruction` is about."""
    question = _text(fields, QUESTION)
    about = _text(fields, ("input", "context"))
    if "instruction" in fields and about and about != question:
        question = f"{question}\n\n{about}"
    answer = _text(fields, (*ANSWER, *LABEL))
    if not question:
        raise RowError("the question is missing." if any(fields.values()) else "the row is empty.")
    turns = [Turn("system", system)] if (system := _text(fields, ("system",))) else []
    turns.append(Turn("user", question))
    if with_answer:
        if not answer:
            raise RowError("the answer is missing.")
        turns.append(Turn("assistant", answer))
    return turns


def _text(fields: Mapping[str, Any], names: Iterable[str]) -> str:
    for name in names:
        value = fields.get(name)
        if value is not None and str(value).strip():
            return repair(str(value)).strip()
    return ""


# --- one reader a kind: (line, row) -----------------------------------------------------------------------------------


def _decode(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", errors="replace")


def _csv_rows(path: Path) -> Iterator[tuple[int, object]]:
    text = _decode(path)
    if "\0" in text:
        raise TrainerError(f"“{path.name}” is not a CSV file.", "Save it as CSV (UTF-8) again.", code="damaged")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, RowError(f"a quotation mark is missing or misplaced ({error}).")
            continue
        if not any(cell.strip() for cell in row):
            continue
        if not header:
            header = row
        elif len(row) != len(header):
            yield line, RowError(f"it has {len(row)} columns, the first row has {len(header)}.")
        else:
            yield line, dict(zip(header, row, strict=True))


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
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                if not any(cell not in (None, "") for cell in row):
                    continue
                if not header:
                    header = [str(cell or "") for cell in row]
                else:
                    yield number, dict(zip(header, row, strict=False))
    finally:
        book.close()


def _jsonl_rows(path: Path) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(_decode(path).splitlines(), 1):
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
