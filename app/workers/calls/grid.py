"""What the documents process is asked about the sheet round a passage, and what it answers."""

from __future__ import annotations

from msgspec import Struct

from app.types import Passage
from app.workers.message import Call, Data


class ReadGrid(Call, frozen=True):
    """The sheet that a passage stands in, some rows of it round the passage; → Grid."""

    passage: Passage


class GridRow(Struct, frozen=True, array_like=True):
    """A row of a sheet and its number there."""

    number: int
    cells: tuple[str, ...]


class Grid(Data, frozen=True):
    """Rows of one table of a sheet, in its order."""

    sheet: str  # "" of a CSV file
    names: tuple[str, ...]  # of the columns; () where they have none
    rows: tuple[GridRow, ...]
    marked: tuple[int, ...]  # numbers of the rows that the passage's evidence stands in
    before: int = 0  # rows above those that are given
    after: int = 0  # and below


Calls = ReadGrid
Answers = Grid
