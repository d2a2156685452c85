"""The sheet round a passage as rows and cells, put together from the stored passages: what the source panel shows."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from app.documents.migrations import PLACES
from app.documents.pages import document_of, standing
from app.documents.store import Store
from app.errors import AppError
from app.formats import tables_in
from app.places import Cells, Place, cells_of
from app.text.plain import mark_of
from app.text.tables import row_cells, split_cells
from app.workers.calls.grid import Grid, GridRow, ReadGrid

AROUND = 300
"""Rows that are shown above and below the evidence; a sheet may have a million."""


def read_grid(store: Store, call: ReadGrid) -> Grid:
    """
    Raises:
        AppError: the document is gone, reads differently now, or the passage stands in no sheet.
    """
    document = document_of(store, call.passage.document_id)
    passage = standing(store, call.passage)
    start, end = (passage.start + offset for offset in mark_of(passage))
    text, _ = store.text(document.id)
    stretches = [(a, b, header, cells) for a, b, header, place in _stretches(store, document.id)
                 if (cells := cells_of(place)) is not None]  # fmt: skip
    here, header = next(((cells, header) for a, b, header, cells in stretches if a <= start < b), (None, ""))
    if here is None:
        raise AppError("This passage stands in no sheet.", "Its text is shown instead.")
    rows: dict[int, str] = {}
    marked: dict[int, None] = {}
    for a, b, above, cells in stretches:
        if _table(cells) != _table(here) or (header and above != header):
            continue  # another table, maybe one below it on the same sheet
        at = a
        for number, line in zip(cells.rows, text[a:b].split("\n"), strict=False):
            if number and line:
                rows.setdefault(number, line)
            if number and at < end and start < at + len(line):
                marked[number] = None
            at += len(line) + 1
    named = tables_in(document.format) == "one"
    return _grid(here.sheet, rows, tuple(marked), tuple(split_cells(header)) if header else (), header, named)


def _stretches(store: Store, document_id: int) -> list[tuple[int, int, str, Place]]:
    """Span, header row and place of a document's passages that stand in a place, in order."""
    if store.version < PLACES:
        return []  # an older index that may only be read
    rows = store.db.execute(
        'SELECT start, "end", header, place FROM passages WHERE document_id = ? AND place NOT NULL ORDER BY id',
        (document_id,),
    )
    return [(row[0], row[1], row[2], msgspec.msgpack.decode(row[3], type=Place)) for row in rows]


def _table(cells: Cells) -> Cells:
    """What is the same for all rows of one table."""
    return replace(cells, rows=())


def _grid(
    sheet: str, rows: dict[int, str], marked: tuple[int, ...], names: tuple[str, ...], header: str, named: bool
) -> Grid:
    numbers = [number for number in sorted(rows) if " ".join(rows[number].split()) != header]
    first = next((at for at, number in enumerate(numbers) if number in marked), 0)
    begin, stop = max(0, first - AROUND), first + AROUND
    cells = row_cells([rows[number] for number in numbers[begin:stop]], names, named=named)
    shown = tuple(GridRow(number, tuple(row)) for number, row in zip(numbers[begin:stop], cells, strict=True))
    return Grid(sheet, names, shown, marked, begin, max(0, len(numbers) - stop))
