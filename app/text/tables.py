"""Tables in a text: which lines are rows, and which header each of their cells stands under.

Every loader writes a row as one line with bars between its cells, as Markdown does; a CSV file's rows name their
columns ("City: Munich; Standard: 165 €"). A passage that begins in the middle of a table is read with the header row
that its table begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

_BAR = re.compile(r"(?<!\\)\|")
_SET_APART = re.compile(r"^\||(?<!\\)\|(?=\s|$)")
"""A bar that parts cells: at the beginning of its line or before a space, and not as in "a||b" or "x|y"."""
_RULE = re.compile(r"(?=[^-]*-)(?=[^|]*\|)[\s|:=-]+")
_LINE = re.compile(r"[^\n]+")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+[\"'(][^)\n]*)?\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_STRESSED = re.compile(r"(?<![\w*])([*_])(?=[^\s*_])([^*_\n]+?)(?<=[^\s*_])\1(?![\w*])")
_CODE = re.compile(r"`([^`\n]+)`")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")


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


def write_row(cells: Sequence[str]) -> str:
    """A row as every loader writes it; an empty cell keeps its place, so that the others keep their headers."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    line = " | ".join(_BAR.sub(r"\\|", cell) for cell in kept)
    return f"|{line}" if kept and not kept[0] else line


def row_cells(line: str, headers: Sequence[str], *, named: bool) -> list[str]:
    """The texts of a row by the place of their columns. `named`: its cells name their columns, as a CSV file's do."""
    found = _named(line, headers) if named else []
    if not found:
        return split_cells(line)
    texts = {name: bare(line[a:b]) for name, a, b in found}
    return [texts.get(name, "") for name in headers]


def show_row(row: Row) -> str:
    """ "City: Munich · Standard: 165 €": a row for people; cells without a header stand alone."""
    return " · ".join(f"{cell.header}: {cell.text}" if cell.header else cell.text for cell in row.cells if cell.text)


def bare(text: str) -> str:
    """A line of text without Markdown's inline marks, on one line."""
    text = _BREAK.sub(" ", text)
    for marks, kept in ((_CODE, r"\1"), (_LINK, r"\1"), (_STRONG, r"\2"), (_STRESSED, r"\2"), (_ESCAPED, r"\1")):
        text = marks.sub(kept, text)
    return " ".join(text.split())


def _regions(text: str, known: tuple[str, ...]) -> Iterator[list[tuple[int, int]]]:
    """Runs of lines that are rows of one table: nothing stands between them."""
    region: list[tuple[int, int]] = []
    names = known
    for match in _LINE.finditer(text):
        start, end = match.span()
        barred = _is_row(match[0])
        if region and text[region[-1][1] : start].count("\n") > 1:
            yield region
            region, names = [], known
        if barred or (names and _named(match[0], names)):
            if not region and not names:
                names = tuple(split_cells(match[0]))  # a CSV file's rows follow the names of its columns
            region.append((start, end))
        elif region:
            yield region
            region, names = [], known
    if region:
        yield region


def _is_row(line: str) -> bool:
    if not _SET_APART.search(line.strip()):
        return False
    filled = sum(1 for cell in _cells(line) if cell[0])
    return bool(_RULE.fullmatch(line)) or filled > 1 or (filled == 1 and line.lstrip().startswith("|"))


def _table(text: str, lines: list[tuple[int, int]], known: tuple[str, ...]) -> Table | None:
    """The table of these lines; None where only its rule or its header row is there."""
    written = [not _RULE.fullmatch(text, a, b) for a, b in lines]
    headers, body = known, [line for line, kept in zip(lines, written, strict=True) if kept]
    if not body:
        return None
    first = tuple(split_cells(text[slice(*body[0])]))
    ruled = len(lines) > 1 and written[0] and not written[1]
    names_next = len(body) > 1 and bool(_named(text[slice(*body[1])], first))
    if ruled or names_next or (known and first == known):
        headers, body = first, body[1:]
    if headers and len(body) > 1 and (below := _second_header(split_cells(text[slice(*body[0])]), headers)):
        headers, body = below, body[1:]
    rows = tuple(_row(text, a, b, headers) for a, b in body)
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


def _row(text: str, start: int, end: int, headers: tuple[str, ...]) -> Row:
    line = text[start:end]
    cells: list[Cell] = []
    if headers and (named := _named(line, headers)):
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


def _named(line: str, headers: Sequence[str]) -> list[tuple[str, int, int]]:
    """Name and value's span of each cell of "City: Munich; Standard: 165 €"; [] for any other line."""
    begins: list[tuple[str, int, int]] = []  # name, where it and where its value begins
    at = 0
    for name in headers:
        mark = f"{name}: "
        place = 0 if not begins and line.startswith(mark) else line.find(f"; {mark}", at) + 2 if name else 1
        if name and (place > 1 or (place == 0 and not begins)):
            begins.append((name, place, place + len(mark)))
            at = place + len(mark)
    if not begins or begins[0][1] != 0:
        return []
    ends = [begin - 2 for _, begin, _ in begins[1:]] + [len(line)]
    return [(name, value, max(value, end)) for (name, _, value), end in zip(begins, ends, strict=True)]
