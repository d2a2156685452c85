"""What was recognised in the picture of a page: lines, words, their boxes and how sure they are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from app.documents.loaders.hygiene import clean
from app.types import Box


class Word(Struct, frozen=True, array_like=True):
    """A recognised word."""

    start: int  # span in the line's text
    end: int
    box: Box  # points of the page as it is shown
    sure: float  # 0 to 1


class ScanLine(Struct, frozen=True, array_like=True):
    """A recognised line, or a part of one where a gap stood in it."""

    text: str
    height: float  # points
    words: tuple[Word, ...]


class Scan(Struct, frozen=True):
    """Everything recognised on one page."""

    lines: tuple[ScanLine, ...]
    width: float  # points of the page as it is shown
    height: float
    turn: int = 0  # quarter turns clockwise that make its text upright
    skew: float = 0.0  # radians that its lines still rise then

    @property
    def sure(self) -> float | None:
        """Mean over its characters, 0 to 1; None where there is no text."""
        words = [word for line in self.lines for word in line.words]
        weight = sum(word.end - word.start for word in words)
        return sum(word.sure * (word.end - word.start) for word in words) / weight if weight else None


Scans = Mapping[int, Scan]
"""By page, from 1."""


def scan_line(text: str, words: list[tuple[str, float, Box]], box: Box, sure: float, height: float) -> ScanLine | None:
    """A line from what a recogniser says; words that it cannot place are spread over the line's box."""
    text = " ".join(clean(text).split())
    placed: list[Word] = []
    at = 0
    for said, word_sure, word_box in words:
        start = text.find(said, at) if said else -1
        if start < 0 or text[at:start].strip():
            placed = []
            break
        at = start + len(said)
        placed.append(Word(start, at, word_box, word_sure))
    if not text:
        return None
    if not placed or text[at:].strip():
        placed = [_spread(match, len(text), box, sure) for match in re.finditer(r"\S+", text)]
    return ScanLine(text, height, tuple(placed))


def _spread(match: re.Match[str], length: int, box: Box, sure: float) -> Word:
    step = (box.right - box.left) / length
    part = Box(box.left + match.start() * step, box.top, box.left + match.end() * step, box.bottom)
    return Word(match.start(), match.end(), part, sure)
