"""In which order a person reads what stands free on a slide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")
_MAX_CUT = 200  # shapes: more of them are a drawing, read from top to bottom
_SLACK = 0.05  # of a shape's size: boxes are drawn by hand, and their edges overlap a little


class Box(NamedTuple):
    """Where a shape stands on its slide, in any unit of length."""

    left: float
    top: float
    right: float
    bottom: float

    def is_beside(self, width: float, height: float) -> bool:
        """Whether no part of it is on a slide of this size."""
        return self.right < 0 or self.bottom < 0 or self.left >= width or self.top >= height


def in_reading_order(items: Iterable[tuple[Item, Box | None]]) -> list[Item]:
    """Columns from left to right, each from top to bottom; what has no place comes first."""
    free: list[Item] = []
    placed: list[tuple[Item, Box]] = []
    for item, box in items:
        if box is None:
            free.append(item)
        else:
            placed.append((item, box))
    return free + [item for item, _ in _cut(placed)]


def _cut(items: list[tuple[Item, Box]]) -> list[tuple[Item, Box]]:
    """The recursive XY cut of Nagy and Seth (1984): along gaps between columns first, then between rows."""
    if 1 < len(items) <= _MAX_CUT:
        for low, high in ((0, 2), (1, 3)):
            parts = _parts(items, low, high)
            if len(parts) > 1:
                return [each for part in parts for each in _cut(part)]
    return sorted(items, key=lambda each: (each[1].top, each[1].left))


def _parts(items: list[tuple[Item, Box]], low: int, high: int) -> list[list[tuple[Item, Box]]]:
    """The items parted where a straight line crosses none of them."""
    spans = sorted((*_span(box, low, high), at) for at, (_, box) in enumerate(items))
    parts: list[list[tuple[Item, Box]]] = []
    reach = float("-inf")
    for begin, end, at in spans:
        if not parts or begin >= reach:
            parts.append([])
        parts[-1].append(items[at])
        reach = max(reach, end)
    return parts


def _span(box: Box, low: int, high: int) -> tuple[float, float]:
    slack = (box[high] - box[low]) * _SLACK
    return box[low] + slack, box[high] - slack
