"""A table as it is exported: one row a document, every value with a link to its page, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from app.cited import where
from app.extraction.records import Cell, Row, Table

NOT_STATED = "not stated"
BY_HAND = "corrected by hand"


class Sheet(Struct, frozen=True):
    """Columns, rows and the links of cells, both counted from 0."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: dict[tuple[int, int], str]


def sheet_of(table: Table, rows: Sequence[Row]) -> Sheet:
    """The values first, then where each of them stands."""
    columns = (
        "Document",
        *(field.name for field in table.fields),
        *(f"{field.name}: source" for field in table.fields),
    )
    made: list[tuple[str, ...]] = []
    links: dict[tuple[int, int], str] = {}
    for at, row in enumerate(rows):
        cells = [row.cells.get(field.key, Cell()) for field in table.fields]
        made.append((row.document, *(shown(row, cell) for cell in cells), *(source_of(cell) for cell in cells)))
        if address := _address(row.path):
            links[at, 0] = address
            for column, cell in enumerate(cells, 1):
                if cell.passage is not None and cell.state == "found":
                    links[at, column] = address + (f"#page={cell.passage.page}" if cell.passage.page else "")
    return Sheet(columns, tuple(made), links)


def shown(row: Row, cell: Cell) -> str:
    """A cell in words."""
    return cell.shown or (row.problem if row.problem and cell.state != "by_hand" else NOT_STATED)


def source_of(cell: Cell) -> str:
    """Where the value stands: “page 3: The notice period is three months.”; of one put there by hand, that it was."""
    if cell.state == "by_hand":
        return BY_HAND
    if cell.passage is None:
        return ""
    stands = where(cell.passage)
    return (f"{stands}: " if stands else "") + evidence_of(cell)


def evidence_of(cell: Cell) -> str:
    """The sentence or row that says it, on one line."""
    if cell.passage is None:
        return ""
    start, end = cell.passage.best or (0, len(cell.passage.text))
    return " ".join(cell.passage.text[start:end].split())


def _address(path: str) -> str:
    return Path(path).as_uri() if path and Path(path).is_absolute() else ""
