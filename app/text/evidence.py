"""What a passage says, one piece at a time: a sentence, or a table's row with its headers.

A claim is supported by one such piece. What stands round it says what it is about (title, headings, and for a sentence
the one before), but no figure of it counts.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from msgspec import Struct

from app.text.sentences import sentences
from app.text.tables import Row, Table, tables_of
from app.types import Passage


class Piece(Struct, frozen=True):
    """A sentence or a row: its span in the passage, its text, and what has to be known to understand it."""

    start: int
    end: int
    text: str  # of a row with the name of each column before its cell
    before: str = ""  # the sentence before it, which says who "they" are
    row: Row | None = None
    table: Table | None = None


def pieces_of(text: str, header: str = "") -> list[Piece]:
    """The sentences and rows of a passage, in order; header rows are in the rows below them.

    Args:
        text: of the passage.
        header: the header row of the table that it is cut from, see `tables_of`.
    """
    found: list[Piece] = []
    at = 0
    for table in tables_of(text, header):
        found += _sentences(text, at, table.start)
        found += [Piece(row.start, row.end, _said(row), row=row, table=table) for row in table.rows]
        at = table.end
    return [*found, *_sentences(text, at, len(text))]


def heading_of(passage: Passage) -> str:
    """What a passage is about, as the reader is told: its headings, or else the document's name."""
    return passage.heading or re.sub(r"[-_\s]+", " ", PurePath(passage.document).stem).strip()


def pieces_of_passage(passage: Passage) -> list[Piece]:
    """The same of a passage as search gives it."""
    return pieces_of(passage.text, passage.header)


def _sentences(text: str, start: int, end: int) -> list[Piece]:
    found: list[Piece] = []
    before = ""
    for a, b in sentences(text[start:end]):
        sentence = text[start + a : start + b]
        found.append(Piece(start + a, start + b, sentence, before))
        before = sentence
    return found


def _said(row: Row) -> str:
    return " ".join(f"{cell.header} {cell.text}".strip() for cell in row.cells)
