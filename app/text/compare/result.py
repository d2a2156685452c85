"""What a comparison gives: changes with their spans on both sides, and the figures that became others.

Spans are code points of the whole text of their side.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ChangeKind = Literal["number", "changed", "added", "removed", "moved"]
FigureKind = Literal["number", "date", "name"]
PartKind = Literal["heading", "sentence", "item", "row", "column"]
Span = tuple[int, int]


class Place(Struct, frozen=True):
    """Where a change stands in one text; an empty span is where the text of the other side is missing."""

    start: int
    end: int
    section: str = ""  # "4 Payment › 4.2 Deadlines"
    page: int | None = None


class Difference(Struct, frozen=True, array_like=True):
    """Words that stand instead of others; one side may be empty."""

    left: Span
    right: Span


class Figure(Struct, frozen=True):
    """A figure, date or name that is another one now; "" where it is missing."""

    kind: FigureKind
    left: str
    right: str


class Change(Struct, frozen=True, kw_only=True):
    """One difference that a reader would name."""

    kind: ChangeKind  # "number" wherever a figure or date is another one
    part: PartKind  # what it is: of several, the first
    left: Place
    right: Place
    words: str  # a sentence for a reader: "“30 days” became “14 days”."
    differences: tuple[Difference, ...] = ()
    figures: tuple[Figure, ...] = ()


class Renumbered(Struct, frozen=True):
    """A heading or clause that has another number now, and else the same words."""

    left: str
    right: str


class Comparison(Struct, frozen=True):
    """All changes, in the order of the right text; what was removed stands where it would be."""

    changes: tuple[Change, ...]
    renumbered: tuple[Renumbered, ...] = ()
