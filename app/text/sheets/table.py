"""A table of a document's text as a sheet: typed columns and rows, rows that add up others told apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from decimal import Decimal
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from app.formats import tables_in
from app.text.sheets.plan import Sheet
from app.text.sheets.values import Typed, typed
from app.text.tables import row_cells, split_cells

_WORD = (
    r"(?:grand |sub-?\s?|over)?(?:totals?|sums?|summe|gesamt(?:summe|betrag)?|zwischensumme|insgesamt|average|mean|"
    r"durchschnitt|mittelwert|übertrag|carried forward)"
)
_TOTAL = re.compile(rf"{_WORD}\b[\s:=]*(?P<of>.*)|(?P<before>.+?)[\s:-]+{_WORD}[\s:=]*", re.IGNORECASE)
MIN_LABEL_WIDTH = 3
"""In a table of so many columns a row with nothing but its first cell is a label between rows."""


class SheetRows(Struct, frozen=True):
    """A sheet with its rows; `spans[i]` is where row i stands in the document's text."""

    sheet: Sheet
    columns: tuple[Typed, ...]
    spans: tuple[tuple[int, int], ...]


def sheets_of(
    text: str,
    headers: Set[str],
    names: Sequence[tuple[int, str]],
    document_id: int,
    document: str,
    form: str,
    note: str,
) -> list[SheetRows]:
    """The tables of a sheet file's text that have a header.

    Args:
        headers: the header rows of its passages, see `Passage.header`.
        names: where each sheet's heading begins, and the sheet's name, in order.
    """
    found: list[SheetRows] = []
    for start, end, header in _regions(text, headers):
        name = next((each for at, each in reversed(names) if at <= start), "")
        spans = list(_lines(text, start, end))[1:]
        cells = row_cells((text[a:b] for a, b in spans), header, named=tables_in(form) == "one")
        made = _sheet(header, cells, spans, point=tables_in(form) == "sheets")
        if made is not None:
            about = {"document_id": document_id, "document": document, "name": name, "number": len(found), "note": note}
            found.append(replace(made, sheet=replace(made.sheet, **about)))
    return found


def _regions(text: str, headers: Set[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Runs of lines without an empty one between them whose first is a header row."""
    for match in re.finditer(r"[^\n]+(?:\n[^\n]+)*", text):
        first = match[0].partition("\n")[0]
        if " ".join(first.split()) in headers:
            yield match.start(), match.end(), tuple(split_cells(first))


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^\n]+", text[start:end]):
        yield start + match.start(), start + match.end()


def _sheet(
    header: tuple[str, ...], cells: list[list[str]], spans: list[tuple[int, int]], *, point: bool
) -> SheetRows | None:
    names = _names(header)
    if len(names) < 2 or any(len(row) > len(names) for row in cells):
        return None
    plain = [at for at, row in enumerate(cells) if len(row) > 1 or len(names) < MIN_LABEL_WIDTH]
    kinds = {at: _adding(cells, at, plain, point) for at in plain}
    body = [at for at in plain if kinds[at] != "total"]
    if not body:
        return None
    columns = tuple(
        typed(each, [cells[at][column] if column < len(cells[at]) else "" for at in body], point=point)
        for column, each in enumerate(names)
    )
    sheet = Sheet(
        columns=tuple(each.column for each in columns),
        rows=len(body),
        totals=len(plain) - len(body),
        labels=len(cells) - len(plain),
        doubtful=next((_first(cells[at]) for at in body if kinds[at] == "doubtful"), ""),
    )
    return SheetRows(sheet, columns, tuple(spans[at] for at in body))


def _names(header: Sequence[str]) -> list[str]:
    """Unlike each other, case aside, as a database wants them."""
    names: dict[str, str] = {}  # by their folded form
    counts: Counter[str] = Counter()
    for at, name in enumerate(header):
        base = made = name or f"Column {at + 1}"
        while made.casefold() in names:
            counts[base.casefold()] += 1
            made = f"{base} ({counts[base.casefold()] + 1})"
        names[made.casefold()] = made
    return list(names.values())


def _first(row: Sequence[str]) -> str:
    return next((cell for cell in row if cell), "")


def _adding(
    cells: Sequence[Sequence[str]], at: int, rows: Sequence[int], point: bool
) -> Literal["", "total", "doubtful"]:
    """Whether a row adds up others: it says so, or it has lost the words of the other rows and its figures fit."""
    match = _TOTAL.fullmatch(_first(cells[at]).strip())
    if match is None:
        last = at == rows[-1] and len(rows) > 2
        return "total" if last and _fewer(cells, at, rows) and _adds_up(cells, rows, point) else ""
    of = (match["of"] or match["before"] or "").strip()
    if not of or of.isdigit() or _fewer(cells, at, rows):
        return "total"
    return "doubtful"


def _fewer(cells: Sequence[Sequence[str]], at: int, rows: Sequence[int]) -> bool:
    """Whether a row has fewer filled cells than any other."""
    filled = [sum(bool(cell) for cell in cells[other]) for other in rows if other != at]
    return bool(filled) and sum(bool(cell) for cell in cells[at]) < min(filled)


def _adds_up(cells: Sequence[Sequence[str]], rows: Sequence[int], point: bool) -> bool:
    """Whether a figure of the last row is the sum of those above it."""
    for column, cell in enumerate(cells[rows[-1]]):
        above = [cells[other][column] for other in rows[:-1] if column < len(cells[other])]
        made = typed("", [*above, cell], point=point)
        if cell and made.column.kind == "number":
            numbers = [Decimal(value or 0) for value in made.values]
            if sum(numbers[:-1]) == numbers[-1]:
                return True
    return False
