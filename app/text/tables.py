"""Tables in a text: which lines are rows, and which header each of their cells stands under.

Every loader writes a row as one line with bars between its cells, as Markdown does; a CSV file's rows name their
columns ("City: Munich; Standard: 165 €"). A passage that begins in the middle of a table is read with the header row
that its table begins with.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from app.text.marks import CODE, ESCAPED, LINK, STRESSED, without_bold

_BAR = re.compile(r"(?<!\\)\|")
_SET_APART = re.compile(r"^\||(?<!\\)\|(?=\s|$)")
"""A bar that parts cells: at the beginning of its line or before a space, and not as in "a||b" or "x|y"."""
_RULE = re.compile(r"(?=[^-]*-)(?=[^|]*\|)[\s|:=-]+")
_LINE = re.compile(r"[^\n]+")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CODE, _LINK, _STRESSED, _ESCAPED = (re.compile(each) for each in (CODE, LINK, STRESSED, ESCAPED))
_MARK = re.compile(r"[\\`*_\[<]")
_LONGEST_NAME = 1_000
"""Characters of a column's name that a row is looked through for."""
_COLONS = 3
"""Colons in a row of which the name of a column may end at one."""


class Cell(Struct, frozen=True):
    """A cell with the name of its column; `text` is without marks, the span is that in the passage."""

    header: str
    text: str
    start: int
    end: int


class Row(Struct, frozen=True):
    """A row under its headers: the smallest piece of a table that says something."""

    start: int  # span in the text, bars at its edges included
    end: int
    label: str  # its first cell that is not empty
    cells: tuple[Cell, ...]


class Table(Struct, frozen=True):
    """Rows that stand under the same headers; the header row is inside its span but is no row."""

    start: int
    end: int
    headers: tuple[str, ...]  # () where the columns have no names
    rows: tuple[Row, ...]


def tables_of(text: str, header: str = "") -> list[Table]:
    """The tables of a passage, in order.

    Args:
        text: as it is stored.
        header: the header row of the table that the passage is cut from, "" where it holds its own.
    """
    known = tuple(split_cells(header)) if header else ()
    return [table for lines in _regions(text, known) if (table := _table(text, lines, known)) is not None]


def rows_of(text: str, header: str = "") -> list[Row]:
    """The rows of all its tables, header rows left out; see `tables_of`."""
    return [row for table in tables_of(text, header) for row in table.rows]


def split_cells(row: str) -> list[str]:
    """The texts of a row's cells, without marks."""
    return [bare(text) for text, _, _ in _cells(row)]


def cell_spans(line: str) -> list[tuple[int, int]]:
    """Where the cells of a row that hold something stand in its line."""
    return [(start, end) for text, start, end in _cells(line) if text]


def is_rule(line: str) -> bool:
    """Whether a line only parts a header from its rows: "|---|---|"."""
    return bool(_RULE.fullmatch(line))


def write_row(cells: Sequence[str]) -> str:
    """A row as every loader writes it; an empty cell keeps its place, so that the others keep their headers."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    line = " | ".join(_BAR.sub(r"\\|", cell) for cell in kept)
    return f"|{line}" if kept and not kept[0] else line


def row_cells(lines: Iterable[str], headers: Sequence[str], *, named: bool) -> list[list[str]]:
    """The texts of rows by the place of their columns. `named`: their cells name their columns, as a CSV file's do."""
    names = _Names(headers if named else ())
    rows = []
    for line in lines:
        texts = {name: bare(line[a:b]) for name, a, b in names.spans(line)}
        rows.append([texts.get(name, "") for name in headers] if texts else split_cells(line))
    return rows


def show_row(row: Row) -> str:
    """ "City: Munich · Standard: 165 €": a row for people; cells without a header stand alone."""
    return " · ".join(f"{cell.header}: {cell.text}" if cell.header else cell.text for cell in row.cells if cell.text)


def bare(text: str) -> str:
    """A line of text without Markdown's inline marks, on one line."""
    if not _MARK.search(text):
        return " ".join(text.split())
    text = _BREAK.sub(" ", text)
    text = _LINK.sub(r"\g<link>", _CODE.sub(r"\g<code>", text))
    text = _STRESSED.sub(r"\g<italic>", without_bold(text))
    return " ".join(_ESCAPED.sub(r"\g<escaped>", text).split())


def _regions(text: str, known: tuple[str, ...]) -> Iterator[list[tuple[int, int]]]:
    """Runs of lines that are rows of one table: nothing stands between them."""
    region: list[tuple[int, int]] = []
    names = begin = _Names(known)
    for match in _LINE.finditer(text):
        start, end = match.span()
        barred = _is_row(match[0])
        if region and text[region[-1][1] : start].count("\n") > 1:
            yield region
            region, names = [], begin
        if barred or names.spans(match[0]):
            if not region and not known:
                names = _Names(split_cells(match[0]))  # a CSV file's rows follow the names of its columns
            region.append((start, end))
        elif region:
            yield region
            region, names = [], begin
    if region:
        yield region


def _is_row(line: str) -> bool:
    if not _SET_APART.search(line.strip()):
        return False
    filled = sum(1 for cell in _cells(line) if cell[0])
    return is_rule(line) or filled > 1 or (filled == 1 and line.lstrip().startswith("|"))


def _table(text: str, lines: list[tuple[int, int]], known: tuple[str, ...]) -> Table | None:
    """The table of these lines; None where only its rule or its header row is there."""
    written = [not _RULE.fullmatch(text, a, b) for a, b in lines]
    headers, body = known, [line for line, kept in zip(lines, written, strict=True) if kept]
    if not body:
        return None
    first = tuple(split_cells(text[slice(*body[0])]))
    ruled = len(lines) > 1 and written[0] and not written[1]
    names_next = len(body) > 1 and bool(_Names(first).spans(text[slice(*body[1])]))
    if ruled or names_next or (known and first == known):
        headers, body = first, body[1:]
    if headers and len(body) > 1 and (below := _second_header(split_cells(text[slice(*body[0])]), headers)):
        headers, body = below, body[1:]
    names = _Names(headers)
    rows = tuple(_row(text, a, b, headers, names) for a, b in body)
    return Table(lines[0][0], lines[-1][1], headers, rows)


def _second_header(cells: Sequence[str], headers: Sequence[str]) -> tuple[str, ...]:
    """Headers of two rows as one: "Partner, under 40". () where this row is none: it begins as the first one does, as
    a cell over both rows is written, and a name reaches over the columns that have none."""
    if not headers[0] or cells[0] != headers[0] or "" not in headers:
        return ()
    names, above = [headers[0]], ""
    for at, cell in enumerate(cells[1:], 1):
        above = (headers[at] if at < len(headers) else "") or above
        names.append(f"{above}, {cell}" if above and cell and above != cell else cell or above)
    return tuple(names)


def _row(text: str, start: int, end: int, headers: tuple[str, ...], names: _Names) -> Row:
    line = text[start:end]
    cells: list[Cell] = []
    if named := names.spans(line):
        cells = [Cell(name, bare(line[a:b]), start + a, start + b) for name, a, b in named]
    else:
        for at, (raw, a, b) in enumerate(_cells(line)):
            cells.append(Cell(headers[at] if at < len(headers) else "", bare(raw), start + a, start + b))
    left, right = len(line) - len(line.lstrip()), len(line.rstrip())
    label = next((cell.text for cell in cells if cell.text), "")
    return Row(start + left, start + right, label, tuple(cells))


def _cells(line: str) -> list[tuple[str, int, int]]:
    """Each cell's text and span in the line; a bar at an edge parts nothing."""
    left, right = len(line) - len(line.lstrip()), len(line.rstrip())
    bars = [match.start() for match in _BAR.finditer(line, left, right)]
    begin, finish = left, right
    if bars and bars[0] == left:
        begin = bars.pop(0) + 1
    if bars and bars[-1] == right - 1:
        finish = bars.pop()
    found = []
    for a, b in zip([begin, *(bar + 1 for bar in bars)], [*bars, finish], strict=True):
        piece = line[a:b]
        start = a + len(piece) - len(piece.lstrip())
        found.append((piece.strip(), start, max(start, a + len(piece.rstrip()))))
    return found


class _Names:
    """The names of a table's columns, ready to be looked for in rows that say them: "City: Munich; Standard: 165 €"."""

    def __init__(self, headers: Sequence[str]) -> None:
        self._columns: dict[str, list[int]] = {}
        for column, name in enumerate(headers):
            if name:
                self._columns.setdefault(name, []).append(column)
        self._longest = min(max(map(len, self._columns), default=0), _LONGEST_NAME)

    def spans(self, line: str) -> list[tuple[str, int, int]]:
        """Name and value's span of each cell of such a row; [] for any other line."""
        begins: list[tuple[str, int, int]] = []  # name, where it and where its value begins
        column, place = -1, 0 if self._columns else -1
        while place >= 0:
            name, found = self._at(line, place, column)
            if name:
                column = found
                begins.append((name, place, place + len(name) + 2))
            elif not begins:
                break
            stop = line.find("; ", begins[-1][2] if name else place)
            place = stop + 2 if stop >= 0 else -1
        if not begins:
            return []
        ends = [begin - 2 for _, begin, _ in begins[1:]] + [len(line)]
        return [(name, value, max(value, end)) for (name, _, value), end in zip(begins, ends, strict=True)]

    def _at(self, line: str, place: int, column: int) -> tuple[str, int]:
        """The name that stands at a place, and its column, which comes after `column`; "" where none does."""
        colon = place - 1
        for _ in range(_COLONS):
            colon = line.find(": ", colon + 1, place + self._longest + 2)
            if colon < 0:
                break
            columns = self._columns.get(line[place:colon], [])
            after = bisect.bisect_right(columns, column)
            if after < len(columns):
                return line[place:colon], columns[after]
        return "", column
