"""What a report is made of, before it has a format. Text is plain: each format escapes what it must."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Mark = Literal["", "strong", "added", "removed", "faint"]


class Run(Struct, frozen=True):
    """A stretch of text in one look; `link` is an address that a click opens."""

    text: str
    mark: Mark = ""
    link: str = ""


Runs = tuple[Run, ...]


class Heading(Struct, frozen=True):
    """A heading below the title, of level 1 to 4."""

    text: str
    level: int = 1


class Paragraph(Struct, frozen=True):
    """Running text."""

    runs: Runs


class Table(Struct, frozen=True):
    """Rows of cells below a row of column names; without names the first row is as the others."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Runs, ...], ...]


Block = Heading | Paragraph | Table


def runs(text: str, mark: Mark = "", link: str = "") -> Runs:
    """A text in one look."""
    return (Run(text, mark, link),) if text else ()
