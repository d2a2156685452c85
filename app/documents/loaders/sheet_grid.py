"""Finds the tables on a sheet: blocks of cells that empty rows or columns set apart, their titles and their headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal

import msgspec
from msgspec import Struct

from app.documents.loaders.builder import Builder
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.sheet_hidden import Left
from app.documents.loaders.sheet_names import Named
from app.errors import BadFile
from app.places import Cells
from app.text.tables import write_row

Kind = Literal["text", "number", "date"]
MAX_MERGED = 10_000
MAX_GRID = 3_000_000
"""Cells of one sheet that show something: they must fit into the memory of one file."""
SAID = 500
"""Cells of a hidden row, column or sheet that a person is told of."""
MAX_NAME = 80
"""Characters of a column's name."""
MAX_MERGED_CELL = 100
"""Cells of a named range that may be one merged cell."""
MAX_NAMES = 8
"""Named ranges that are said of one table."""
TITLES = 12
"""Rows at the top of a block that are searched for its header."""
_YEAR = re.compile(r"(?:19|20)\d\d(?:-\d\d)?")


class Cell(Struct, frozen=True):
    """What a cell shows."""

    text: str
    kind: Kind = "text"
    copied: Literal["", "right", "down"] = ""  # from the first cell of a merged range


Grid = dict[int, dict[int, Cell]]
"""Row → column → cell, from 1; cells that show nothing are not there."""


class Sheet(Struct, frozen=True, kw_only=True):
    """A sheet as it is stored."""

    name: str
    grid: Grid
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: Sequence[tuple[int, int, int, int]] = ()  # left, top, right and bottom of each merged range
    comments: Sequence[tuple[int, int, str]] = ()  # row, column and words
    named: Sequence[Named] = ()


class Table(Struct, frozen=True):
    """A block of a sheet: lines above it, the names of its columns, its rows, all as wide as `columns`."""

    columns: tuple[int, ...]
    titles: tuple[tuple[int, str], ...]  # each with its row of the sheet
    header: tuple[str, ...]  # () where the columns have no names
    head: int  # row of the sheet in which they stand
    rows: tuple[tuple[int, tuple[str, ...]], ...]  # each with its row of the sheet
    last: int  # row of the sheet


def write_sheet(builder: Builder, sheet: Sheet, hidden: Left) -> None:
    """A sheet under its name, without its hidden rows and columns, which `hidden` takes."""
    sheet = _without_wanted(sheet, hidden)
    shown = {
        row: left
        for row, cells in sheet.grid.items()
        if row not in sheet.hidden_rows
        and (left := {column: cell for column, cell in cells.items() if column not in sheet.hidden_columns})
    }
    if shown:
        _fill_merged(shown, sheet)
        builder.add("heading", squeeze(sheet.name), 1)
        ranges = _write_named_cells(builder, shown, sheet)
        _write_tables(builder, tables(shown, sheet.hidden_rows, sheet.hidden_columns), squeeze(sheet.name), ranges)
        if ranges and sheet.comments:
            builder.add("heading", squeeze(sheet.name), 1)
        for row, column, words in sheet.comments:
            if row not in sheet.hidden_rows and column not in sheet.hidden_columns:
                builder.enter(Cells(squeeze(sheet.name), (column, column), ()))
                builder.add("paragraph", words, row=row)
        builder.enter(None)


def _without_wanted(sheet: Sheet, hidden: Left) -> Sheet:
    """The sheet, in which rows and columns that are to be read all the same are hidden no more."""
    grid, rows, columns = sheet.grid, sheet.hidden_rows, sheet.hidden_columns
    rows -= {row for row in rows & grid.keys() if hidden.take("row", said({row: grid[row]}))}
    seen = [cells for row, cells in grid.items() if row not in rows]
    for column in sorted({column for cells in seen for column in cells} & columns):
        texts = (cells[column].text for cells in seen if column in cells)
        if hidden.take("column", " | ".join(islice(texts, SAID))):
            columns -= {column}
    return msgspec.structs.replace(sheet, hidden_rows=rows, hidden_columns=columns)


def said(grid: Mapping[int, Mapping[int, Cell]]) -> str:
    """The first cells, as a person is told of them."""
    return " | ".join(islice((cell.text for cells in grid.values() for cell in cells.values()), SAID))


def check_cells(count: int, name: str) -> None:
    """
    Raises:
        BadFile: a sheet of so many filled cells would not fit into the memory of one file (`too_large`).
    """
    if count > MAX_GRID:
        raise BadFile(
            f"The sheet “{name}” has more than {MAX_GRID:,} filled cells.",
            "Split it into smaller files and add those.",
            code="too_large",
        )


def _fill_merged(grid: Grid, sheet: Sheet) -> None:
    """A merged text counts for each row and column that it spans; a number only where it stands."""
    for left, top, right, bottom in sheet.merged[:MAX_MERGED]:
        first = grid.get(top, {}).get(left)
        if first is None or first.kind != "text" or (right - left + 1) * (bottom - top + 1) > MAX_MERGED:
            continue
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if row in grid and column not in grid[row] and column not in sheet.hidden_columns:
                    grid[row][column] = Cell(first.text, "text", "right" if column > left else "down")


def _write_named_cells(builder: Builder, shown: Grid, sheet: Sheet) -> list[Named]:
    """Cells that have a name, each as the name with what it shows; → names of more than one cell."""
    ranges: list[Named] = []
    for named in sheet.named:
        if named.size > MAX_MERGED_CELL:
            ranges.append(named)
            continue
        filled = [(row, column) for row, column in named.cells() if column in shown.get(row, {})]
        own = [(row, column) for row, column in filled if not shown[row][column].copied]
        if len(own) == 1:
            row, column = own[0]
            builder.enter(Cells(squeeze(sheet.name), (column, column), ()))
            builder.add("paragraph", f"{named.name}: {shown[row][column].text}", row=row)
        elif own:
            ranges.append(named)
    builder.enter(None)
    return ranges


def _write_tables(builder: Builder, tables: Iterator[Table], sheet: str, ranges: list[Named]) -> None:
    """Each table as titles, a header row and rows, in the cells of its sheet; where people named it, under its name."""
    under = ""
    for table in tables:
        builder.enter(None)
        names = ", ".join([each.name for each in ranges if _reaches(each, table)][:MAX_NAMES])
        if names != under:
            builder.add("heading", names or sheet, 2 if names else 1)
            under = names
        builder.enter(Cells(sheet, (table.columns[0], table.columns[-1]), ()))
        for row, title in table.titles:
            builder.add("paragraph", title, row=row)
        if table.header:
            builder.add("header_row", write_row(table.header), row=table.head)
        for row, texts in table.rows:
            builder.add("row", write_row(texts), row=row)
    builder.enter(None)


def _reaches(named: Named, table: Table) -> bool:
    first = min([table.head, *(row for row, _ in table.titles)], default=table.head)
    across = named.left <= table.columns[-1] and named.right >= table.columns[0]
    return across and named.top <= table.last and named.bottom >= first


def tables(grid: Grid, hidden_rows: frozenset[int], hidden_columns: frozenset[int]) -> Iterator[Table]:
    """The tables of a sheet, from top to bottom. Rows that follow an empty one without a header of their own go on."""
    before: Table | None = None
    for rows, columns in _blocks(grid, hidden_rows, hidden_columns):
        block = [[grid[row].get(column) for column in columns] for row in rows]
        begin, end, header = _header(block)
        gap = rows[0] - before.last - 1 if before else 0
        if before and before.header and not header and gap <= 1 and set(columns) <= set(before.columns):
            more = [[grid[row].get(column) for column in before.columns] for row in rows]
            longer = before.rows + tuple(zip(rows, map(_texts, more), strict=True))
            before = msgspec.structs.replace(before, rows=longer, last=rows[-1])
            continue
        if before:
            yield before
        numbered = list(zip(rows, block, strict=True))
        before = _table(numbered[:begin], numbered[end:], header, rows[max(0, end - 1)], columns)
    if before:
        yield before


def _table(
    above: list[tuple[int, list[Cell | None]]],
    body: list[tuple[int, list[Cell | None]]],
    header: tuple[str, ...],
    head: int,
    columns: list[int],
) -> Table:
    last = (body or above)[-1][0] if body or above else head
    titles = [(number, _title(row)) for number, row in above]
    while not header and len(columns) > 1 and body and _own(body[0][1]) <= 1:
        number, row = body.pop(0)
        titles.append((number, _title(row)))
    rows = tuple((number, _texts(row)) for number, row in body)
    return Table(tuple(columns), tuple(titles), header, head, rows, last)


def _texts(row: list[Cell | None]) -> tuple[str, ...]:
    return tuple(cell.text if cell and cell.copied != "right" else "" for cell in row)


def _title(row: list[Cell | None]) -> str:
    return " ".join(text for text in _texts(row) if text)


def _own(row: list[Cell | None]) -> int:
    """Cells that hold something themselves."""
    return sum(cell is not None and not cell.copied for cell in row)


# --- headers ----------------------------------------------------------------------------------------------------------


def _header(block: list[list[Cell | None]]) -> tuple[int, int, tuple[str, ...]]:
    """The header's first row, the first row below it, and the names; (0, 0, ()) where the block has none."""
    width = max(map(_own, block))
    for at, row in enumerate(block[:TITLES]):
        if at + 1 >= len(block):
            break
        below = block[at + 1]
        merged = _own(row) > 1 and any(cell and cell.copied == "right" for cell in row)
        if merged and _names(below) and at + 2 < len(block):
            pairs = zip(row, below, strict=True)
            return at, at + 2, tuple(" ".join(dict.fromkeys(c.text for c in pair if c)) for pair in pairs)
        if _names(row) and _own(row) >= max(2 if width > 1 else 1, 0.6 * width):
            return at, at + 1, tuple(cell.text if cell else "" for cell in row)
    return 0, 0, ()


def _names(row: list[Cell | None]) -> bool:
    """Names: text that is short; years and months beside it name columns too."""
    cells = [cell for cell in row if cell]
    words = [cell for cell in cells if cell.kind == "text"]
    others = [cell for cell in cells if cell.kind != "text"]
    short = all(len(cell.text) <= MAX_NAME for cell in cells)
    return bool(words) and short and all(_YEAR.fullmatch(cell.text) for cell in others)


# --- blocks -----------------------------------------------------------------------------------------------------------


def _blocks(
    grid: Grid, hidden_rows: frozenset[int], hidden_columns: frozenset[int]
) -> Iterator[tuple[list[int], list[int]]]:
    """Rows and columns of each block."""
    for band in _runs(sorted(grid), hidden_rows):
        columns = sorted({column for row in band for column, cell in grid[row].items() if cell.copied != "right"})
        for part in _apart(grid, band, list(_runs(columns, hidden_columns))):
            rows = [row for row in band if any(column in grid[row] for column in part)]
            yield rows, part


def _runs(numbers: list[int], hidden: frozenset[int]) -> Iterator[list[int]]:
    """Numbers that follow each other; hidden ones are no gap."""
    run: list[int] = []
    for number in numbers:
        if run and any(between not in hidden for between in range(run[-1] + 1, number)):
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _apart(grid: Grid, band: list[int], runs: list[list[int]]) -> Iterator[list[int]]:
    """Columns of the tables in a band: an empty column parts two tables where they begin or end in other rows or
    repeat a name, else it is there for the eye."""
    current: list[int] = []
    for run in runs:
        if current and (_extent(grid, band, current) != _extent(grid, band, run) or _repeats(grid, band, current, run)):
            yield current
            current = []
        current = current + run
    if current:
        yield current


def _extent(grid: Grid, band: list[int], columns: list[int]) -> tuple[int, int]:
    rows = [row for row in band if any(column in grid[row] for column in columns)]
    return rows[0], rows[-1]


def _repeats(grid: Grid, band: list[int], left: list[int], right: list[int]) -> bool:
    first = grid[band[0]]
    return bool({first[c].text for c in left if c in first} & {first[c].text for c in right if c in first})
