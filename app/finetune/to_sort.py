"""Texts of files that are to be sorted into labels, and the list of what came of it as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from app.errors import AppError
from app.export.saving import save
from app.text.saved_text import delimiter_of

COLUMNS = ("text", "message", "body", "question", "prompt")
"""Names of the column that holds the text; without any of these it is the first one."""
TABLES, TEXTS = (".csv", ".tsv"), (".txt", ".md", ".text")
LARGEST = 64 * 1024**2
HEADER = ("from", "text", "label", "probability")


class ToSort(Struct, frozen=True):
    """A text and where it comes from: "letters.csv, line 4"."""

    source: str
    text: str


class Found(Struct, frozen=True):
    """A text with the label that it was given."""

    source: str
    text: str
    label: str
    probability: float


def read_texts(path: Path) -> list[ToSort]:
    """A text file as one text, each row of a CSV as one, or each text file of a folder.

    Raises:
        AppError: it cannot be read, is of another kind, or holds no text.
    """
    try:
        files = sorted(each for each in path.rglob("*") if each.suffix.casefold() in TEXTS) if path.is_dir() else [path]
        found = [
            text for each in files for text in _texts(each, each.relative_to(path).as_posix() if path.is_dir() else "")
        ]
    except (OSError, csv.Error) as error:
        raise AppError(f"“{path.name}” cannot be read.", "Check the file, then try again.", str(error)) from error
    if not found:
        hint = "Use a text file (.txt, .md), a CSV with a column “text”, or a folder of text files."
        raise AppError(f"“{path.name}” holds no text to sort.", hint)
    return found


def _texts(path: Path, name: str) -> list[ToSort]:
    kind = path.suffix.casefold()
    if kind not in (*TABLES, *TEXTS):
        hint = "Use a text file (.txt, .md), a CSV with a column “text”, or a folder of text files."
        raise AppError(f"Texts of “{path.name}” cannot be sorted.", hint)
    if path.stat().st_size > LARGEST:
        raise AppError(f"“{path.name}” is larger than 64 MB.", "Split it into smaller files.")
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    if kind in TEXTS:
        return [ToSort(name or path.name, text.strip())] if text.strip() else []
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    names = {str(each).strip().casefold(): each for each in table.fieldnames or ()}
    column = next((names[each] for each in COLUMNS if each in names), next(iter(names.values()), ""))
    rows = [(table.line_num, (row.get(column) or "").strip()) for row in table]
    return [ToSort(f"{path.name}, line {line}", said) for line, said in rows if said]


def write_found(path: Path, found: Sequence[Found]) -> None:
    """The list as a CSV that a spreadsheet opens: where from, text, label, probability.

    Raises:
        AppError: it cannot be written there.
        NoSpace: the disk is full.
    """
    if path.suffix.casefold() != ".csv":
        raise AppError(f"Inhouse does not write files called “{path.name}” here.", "Choose a name that ends in .csv.")
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(HEADER)
    table.writerows((each.source, _plain(each.text), _plain(each.label), each.probability) for each in found)
    save(path, out.getvalue().encode("utf-8-sig"))


def _plain(text: str) -> str:
    """A text that a spreadsheet takes for no formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
