"""CSV and its relatives: every row is written out with its column names, so that a row alone can be understood."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from app.documents.loaders.builder import Builder
from app.documents.loaders.decode import decode
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean
from app.errors import BadFile
from app.places import Cells
from app.text.parsed import Parsed

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 60
_MAX_FIELD = 4_000_000
_MAX_NAME = 80  # characters of a column's name
_NUMBER = re.compile(r"[-+(]?[^\w\s]?\s?[\d.,'\s]*\d[\d.,'\s%)]*\s?\D{0,3}")
_FIELD_END = re.compile(r"; (?=[^;]*: )")
"""What parts the cells of a row that is written out: inside a cell it would make others."""
_SPACE = re.compile(r"\s+")


def load_table(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read delimited text; `password` is unused.

    Raises:
        BadFile: binary (`damaged`), without text (`empty`) or too long (`too_large`).
    """
    hidden = HiddenTexts(read_hidden)
    rows = _read(clean(hidden.shown(decode(data))))
    builder = Builder()
    width = _usual_width(rows)
    builder.enter(Cells("", (1, max(1, width)), ()))
    body = iter(rows.items())
    header: list[str] = []
    for number, row in body:
        if len(row) < width or (width > 1 and _filled(row) <= 1):
            builder.add("paragraph", "; ".join(filter(None, row)), row=number)  # a title above the table
            continue
        if width > 1 and _is_header(row, len(rows)):
            header = row
            builder.add("header_row", " | ".join(filter(None, row)), row=number)
        else:
            builder.add("row", write_named(row, []), row=number)
        break
    for number, row in body:
        builder.add("row", write_named(row, header), row=number)
    return builder.build("csv", hidden.found())


def _read(text: str) -> dict[int, list[str]]:
    """The rows that hold something, by their number as a spreadsheet shows it."""
    csv.field_size_limit(_MAX_FIELD)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    rows = {}
    try:
        for number, row in enumerate(reader, 1):
            cells = [_SPACE.sub(" ", cell).strip() for cell in row]
            if any(cells):
                rows[number] = cells
    except csv.Error as error:
        raise BadFile(
            f"Line {reader.line_num} of the table cannot be read.",
            "A quotation mark is probably missing there. Correct it, or export the table again.",
            str(error),
            "damaged",
        ) from error
    return rows


def _delimiter(text: str) -> str:
    """The one that parts the first lines into the same number of cells most often; more cells win a tie."""
    first = text.splitlines()
    if first and first[0].lower().startswith("sep=") and len(first[0]) == 5:
        return first[0][4]
    sample = "\n".join(line for line in first[:_SAMPLE_LINES])
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        rows = [row for row in _lenient(sample, delimiter) if row]
        widths = Counter(map(len, rows))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]))
        stray = sum('"' in cell for row in rows for cell in row)  # quotation marks that this mark leaves in the middle
        score = 0.0 if width < 2 else (count - min(stray, count) / 2) / widths.total() + min(width, 50) / 1000
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _lenient(sample: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(sample), delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return []


def _usual_width(rows: dict[int, list[str]]) -> int:
    widths = Counter(map(len, rows.values()))
    return max(widths.items(), key=lambda item: (item[1], item[0]))[0] if widths else 0


def _filled(row: list[str]) -> int:
    return sum(1 for cell in row if cell)


def _is_header(row: list[str], count: int) -> bool:
    """Names: filled, different from each other, no numbers, and short beside what stands below them."""
    names = [cell for cell in row if cell]
    if count < 2 or len(names) < max(1, len(row) - 1) or len(set(names)) < len(names):
        return False
    return not any(len(name) > _MAX_NAME or _NUMBER.fullmatch(name) for name in names)


def write_named(row: list[str], header: list[str]) -> str:
    """A row that can be understood alone: "City: Munich; Standard: 165 €".

    Cells beyond the header stand alone, empty ones are left out.
    """
    named = []
    for position, cell in enumerate(row):
        name = header[position] if position < len(header) else ""
        if cell:
            cell = _FIELD_END.sub(", ", cell) if header else cell
            named.append(f"{name}: {cell}" if name else cell)
    return "; ".join(named)
