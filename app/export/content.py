"""What a report is made of, before it has a format. Text is plain: each format escapes what it must."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Mark = Literal["", "strong", "em", "code", "added", "removed", "faint"]
Style = Literal["", "quote", "code", "bullet", "number"]


class Run(Struct, frozen=True):
    """A stretch of text in one look; `link` is an address that a click opens, `note` a footnote at its end."""

    text: str
    mark: Mark = ""
    link: str = ""
    note: str = ""


Runs = tuple[Run, ...]


class Heading(Struct, frozen=True):
    """A heading below the title, of level 1 to 4."""

    text: str
    level: int = 1


class Paragraph(Struct, frozen=True):
    """Running text, a quotation, code, or an item of a list: `level` of them lie around it, `number` is its own."""

    runs: Runs
    style: Style = ""
    level: int = 0
    number: int = 0


class Table(Struct, frozen=True):
    """Rows of cells below a row of column names; without names the first row is as the others."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Runs, ...], ...]


Block = Heading | Paragraph | Table
Value = str | int | float | None
"""What a cell of a table that is written as such holds."""


def runs(text: str, mark: Mark = "", link: str = "") -> Runs:
    """A text in one look."""
    return (Run(text, mark, link),) if text else ()


def notes_of(blocks: Iterable[Block]) -> dict[str, int]:
    """The footnotes in their order, each with its number; what is noted twice has one."""
    notes: dict[str, int] = {}
    for block in blocks:
        cells = [block.runs] if isinstance(block, Paragraph) else []
        cells += [cell for row in block.rows for cell in row] if isinstance(block, Table) else []
        for run in (run for cell in cells for run in cell if run.note):
            notes.setdefault(run.note, len(notes) + 1)
    return notes
