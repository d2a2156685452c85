"""Tables of fields: one row a document, one cell a field, each cell with the sentence or row that says it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from app.text.fields.field import Field
from app.types import Document, Passage

MOST_DOCUMENTS = 1000
READER = 2
"""Counts up when fields are read otherwise: cells of before are then read again."""

CellState = Literal["found", "not_stated", "by_hand"]
Phase = Literal["done", "running", "paused", "interrupted"]


class Cell(Struct, frozen=True, kw_only=True):
    """What a document says to a field."""

    text: str = ""
    """Word for word as it stands in `passage`; "" where it is not stated."""
    passage: Passage | None = None
    """Its `best` is the sentence or row that says it."""
    chance: float = 0.0
    basis: str = ""
    """What was asked of which version of the document: see `basis`."""
    by_hand: str | None = None
    """What a person put in its place; it is kept when the table is filled again."""

    @property
    def shown(self) -> str:
        """What stands in the table; "" where it is not stated."""
        return self.text if self.by_hand is None else self.by_hand

    @property
    def state(self) -> CellState:
        return "by_hand" if self.by_hand is not None else "found" if self.text else "not_stated"


class Row(Struct, frozen=True, kw_only=True):
    """A document with its cells by the fields' keys."""

    document_id: int
    document: str
    path: str = ""
    cells: dict[str, Cell] = {}
    problem: str = ""
    """Why it could not be asked, for the user."""


class Table(Struct, frozen=True, kw_only=True):
    """What is asked of the documents of a collection, and how far that is."""

    id: int = 0
    name: str
    collection_id: int
    fields: tuple[Field, ...]
    template: str = ""
    """Key of the template that it was made from."""
    phase: Phase = "done"
    done: int = 0  # documents that are through, of the run under way or the last one
    total: int = 0
    created_at: float = 0.0
    updated_at: float = 0.0


def basis(field: Field, document: Document) -> str:
    """By what a cell is known to be still true: the field, the document's version and the way of reading."""
    asked = msgspec.json.encode([READER, document.id, document.indexed_at, field])
    return f"{READER}:{hashlib.sha256(asked).hexdigest()[:24]}"


def is_outdated(row: Row) -> bool:
    """Whether an older reader read any of its cells; filling the table again reads them anew."""
    return any(
        cell.basis and cell.by_hand is None and not cell.basis.startswith(f"{READER}:") for cell in row.cells.values()
    )


def due(fields: Sequence[Field], document: Document, row: Row | None) -> tuple[Field, ...]:
    """The fields that must be asked of a document: what is new or changed. What was put there by hand stays."""
    cells = row.cells if row is not None and not row.problem else {}
    return tuple(
        field
        for field in fields
        if (cell := cells.get(field.key)) is None or (cell.by_hand is None and cell.basis != basis(field, document))
    )


def corrected(row: Row, key: str, text: str | None) -> Row:
    """A row with a cell put right by hand; None takes back what was put there, "" says that it is not stated."""
    by_hand = None if text is None else " ".join(text.split())
    cell = msgspec.structs.replace(row.cells.get(key, Cell()), by_hand=by_hand)
    return msgspec.structs.replace(row, cells={**row.cells, key: cell})


def with_corrections(row: Row, stored: Row | None) -> Row:
    """A row that was read, with what a person put right in the stored one meanwhile."""
    by_hand = {key: cell.by_hand for key, cell in (stored.cells if stored else {}).items() if cell.by_hand is not None}
    cells = {key: msgspec.structs.replace(row.cells.get(key, Cell()), by_hand=text) for key, text in by_hand.items()}
    return msgspec.structs.replace(row, cells={**row.cells, **cells}) if cells else row
