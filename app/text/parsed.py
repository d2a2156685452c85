"""What a loader makes of a file: one text, and spans into it that say how the text is built and where it stands.

All offsets are code points of `Parsed.text`; pages count from 1; boxes are PDF points from the top left of the page.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from app.places import Place
from app.text.hidden import HiddenText
from app.text.personal.kinds import Found, PersonalKind
from app.types import Box

BlockKind = Literal["heading", "paragraph", "list", "row", "header_row", "code"]


class Block(Struct, frozen=True):
    """A structural piece of the text: passages never cut inside a table row and keep headings as context.

    Blocks are in order and do not overlap. What stands in no block (a running page header) need not be searched.
    """

    kind: BlockKind
    start: int  # span in Parsed.text
    end: int
    level: int = 0  # headings: 1 to 6


class Line(Struct, frozen=True):
    """Where a line of a page stands, or a word of it that was recognised. They are in the order of the text."""

    start: int
    end: int
    page: int
    box: Box
    sure: float | None = None  # 0 to 1, of a word recognised in a picture


class Spot(Struct, frozen=True):
    """A stretch of the text that stands in a place of its own; a passage never runs over its end.

    `Cells` have a row for each line of the stretch. Spots are in order and do not overlap.
    """

    start: int
    end: int
    place: Place


class Held(Struct, frozen=True):
    """A file inside of the document (attached to a mail, a member of an archive): a document of its own."""

    name: str  # its path in there
    size: int = 0
    sha256: str = ""
    reason: str = ""  # why it cannot be read
    code: str = ""


class Parsed(Struct, frozen=True):
    """The text of one document with its structure."""

    format: str  # its key in app/formats.py
    text: str
    blocks: tuple[Block, ...]
    pages: tuple[tuple[int, int], ...] = ()  # span of each page (PDF and pictures)
    lines: tuple[Line, ...] = ()  # of these
    title: str = ""  # what the document says its title is
    note: str = ""  # for the user, e.g. "2 of 4 pages hold no readable text."
    sha256: str = ""  # of the bytes that were read
    size: int = 0  # bytes that were read
    spots: tuple[Spot, ...] = ()  # of slides, sheets, messages and members of archives
    hidden: tuple[HiddenText, ...] = ()  # what its readers do not see; it is part of `text` only where it is wanted
    masked: tuple[PersonalKind, ...] = ()  # kinds of personal data that were looked for and replaced
    personal: tuple[Found, ...] = ()  # of these, what was found: where it is masked
    scans: tuple[int, ...] = ()  # pages that are pictures of text, whether they have been recognised or not
    files: tuple[Held, ...] = ()  # inside of it


def page_at(pages: Sequence[tuple[int, int]], place: int) -> int | None:
    """The page on which a place of the text stands; None where the format has no pages."""
    return max(1, bisect.bisect_right(pages, place, key=lambda span: span[0])) if pages else None
