"""Builds a `Parsed` piece by piece, so that no loader counts offsets by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from app.errors import BadFile
from app.places import Cells, Place
from app.text.hidden import ASIDE, HiddenText
from app.text.parsed import Block, BlockKind, Parsed, Spot

MAX_TEXT = 50_000_000
"""Code points: about 8 million words. More than that is a data dump, and indexing it would take hours."""

_TIGHT: frozenset[tuple[BlockKind, BlockKind]] = frozenset(
    {("row", "row"), ("header_row", "row"), ("header_row", "header_row"), ("list", "list")}
)
"""Rows of a table and items of a list stand on consecutive lines; everything else is set off by an empty line."""


def separator(before: BlockKind, after: BlockKind) -> str:
    """What stands between two blocks in the text."""
    return "\n" if (before, after) in _TIGHT else "\n\n"


def check_length(length: int) -> None:
    """
    Raises:
        BadFile: the text is longer than `MAX_TEXT` (`too_large`).
    """
    if length > MAX_TEXT:
        raise BadFile(
            "The document holds more text than Inhouse can index at once.",
            "Split it into smaller files and add those.",
            f"More than {MAX_TEXT:,} characters",
            "too_large",
        )


def no_text(message: str = "The file holds no text.", hidden: Sequence[HiddenText] = ()) -> BadFile:
    """The error for a file that opens but has nothing to read."""
    if any(each.kind not in ASIDE for each in hidden):
        return BadFile(
            "All text of this file is hidden from its readers.",
            "Nothing was added to search. “inhouse hidden --read” adds it all the same.",
            hidden[0].text[:200],
            "empty",
        )
    return BadFile(message, "Nothing was added to search.", code="empty")


class Builder:
    """Collects cleaned pieces of text as blocks."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._spots: list[Spot] = []
        self._place: Place | None = None
        self._began = -1
        self._rows: list[int] = []
        self._hidden: list[HiddenText] = []
        self.title = ""

    def enter(self, place: Place | None) -> None:
        """What is added from now on stands there; `Cells` get their rows from `add`."""
        if self._place is not None and self._began >= 0:
            if isinstance(self._place, Cells):
                self._place = msgspec.structs.replace(self._place, rows=tuple(self._rows))
            self._spots.append(Spot(self._began, self._length, self._place))
        self._place, self._began, self._rows = place, -1, []

    def add(self, kind: BlockKind, text: str, level: int = 0, row: int = 0) -> None:
        """Append a block; the text must be clean already. Empty text adds nothing.

        Args:
            row: of the sheet, where the text stands in `Cells`.
        """
        if not text or text.isspace():
            return
        between = separator(self._blocks[-1].kind, kind) if self._blocks else ""
        self._put(between)
        start = self._length
        self._put(text)
        if self._began < 0:
            self._began = start
        else:
            self._rows += [0] * (between.count("\n") - 1)
        self._rows += [row] * (text.count("\n") + 1)
        self._blocks.append(Block(kind, start, self._length, level))
        if kind == "heading" and not self.title:
            self.title = text

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        check_length(self._length)

    def include(self, parsed: Parsed) -> None:
        """Append a document that was read out of this one, e.g. a chapter."""
        self.enter(None)
        if self._blocks:
            self._put("\n\n")
        start = self._length
        self._put(parsed.text)
        self.hide(parsed.hidden)
        self._blocks += [Block(each.kind, start + each.start, start + each.end, each.level) for each in parsed.blocks]

    def room(self) -> int:
        """How much more text there may be."""
        return MAX_TEXT - self._length

    def text(self) -> str:
        """What was added so far."""
        return "".join(self._parts)

    def hide(self, found: Iterable[HiddenText]) -> None:
        """Note what a part of the document left out because no reader sees it."""
        self._hidden += found

    def build(self, form: str, hidden: Sequence[HiddenText] = (), note: str = "") -> Parsed:
        """The whole document; `note` tells people what of it was not read.

        Raises:
            BadFile: nothing was added (`empty`).
        """
        self.hide(hidden)
        if not self._blocks:
            raise no_text(hidden=self._hidden)
        self.enter(None)
        return Parsed(
            form, "".join(self._parts), tuple(self._blocks), title=self.title, note=note, spots=tuple(self._spots),
            hidden=tuple(self._hidden),
        )  # fmt: skip
