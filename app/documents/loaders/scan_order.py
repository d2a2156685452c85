"""The order in which the lines found in a picture are read: columns one after the other, rows of a table across."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from app.types import Box

_BINS = 64
"""Places across the page at which a gutter between two columns is looked for."""
_COLUMN_LINES = 4  # lines on each side that make two columns of text
_COLUMN_CHARS = 18  # of its middle line: cells of a table are shorter
_DEPTH = 4  # columns within columns
_SAME_ROW = 0.5  # of a line's height


def reading_order(boxes: Sequence[Box], lengths: Sequence[int]) -> list[list[int]]:
    """Rows of indices, in reading order; the pieces of a row from left to right. `lengths` are in characters."""
    every = sorted(range(len(boxes)), key=lambda at: (_middle(boxes[at]), boxes[at].left))
    return _ordered(boxes, lengths, every, _DEPTH)


def _ordered(boxes: Sequence[Box], lengths: Sequence[int], inside: list[int], depth: int) -> list[list[int]]:
    found = _columns(boxes, lengths, inside) if depth else None
    if found is None:
        return _rows(boxes, inside)
    first, last, gutter = found
    middle = inside[first:last]
    parts = (
        inside[:first],
        [at for at in middle if boxes[at].right <= gutter],
        [at for at in middle if boxes[at].right > gutter],
        inside[last:],
    )
    return [row for part in parts for row in _ordered(boxes, lengths, part, depth - 1)]


def _columns(boxes: Sequence[Box], lengths: Sequence[int], inside: list[int]) -> tuple[int, int, float] | None:
    """The stretch of lines, sorted from top to bottom, that a gutter parts best, and where it is."""
    if len(inside) < 2 * _COLUMN_LINES:
        return None
    left, right = min(boxes[at].left for at in inside), max(boxes[at].right for at in inside)
    best: tuple[int, int, int, float] | None = None
    for bin_ in range(1, _BINS):
        gutter = left + (right - left) * bin_ / _BINS
        start = 0
        for end in range(len(inside) + 1):
            if end < len(inside) and not boxes[inside[end]].left < gutter < boxes[inside[end]].right:
                continue
            weight = _parted(boxes, lengths, inside[start:end], gutter)
            if weight and (best is None or weight > best[0]):
                best = (weight, start, end, gutter)
            start = end + 1
    return best[1:] if best else None


def _parted(boxes: Sequence[Box], lengths: Sequence[int], lines: list[int], gutter: float) -> int:
    """How many lines stand on the thinner side of a gutter, where both sides are running text; else 0."""
    if len(lines) < 2 * _COLUMN_LINES:
        return 0
    before = [lengths[at] for at in lines if boxes[at].right <= gutter]
    after = [lengths[at] for at in lines if boxes[at].right > gutter]
    fewer = min(len(before), len(after))
    if fewer < _COLUMN_LINES or min(median(before), median(after)) < _COLUMN_CHARS:
        return 0
    return fewer


def _rows(boxes: Sequence[Box], inside: list[int]) -> list[list[int]]:
    rows: list[list[int]] = []
    for at in inside:
        height = boxes[at].bottom - boxes[at].top
        if rows and abs(_middle(boxes[at]) - _middle(boxes[rows[-1][-1]])) < _SAME_ROW * height:
            rows[-1].append(at)
        else:
            rows.append([at])
    return [sorted(row, key=lambda at: boxes[at].left) for row in rows]


def _middle(box: Box) -> float:
    return (box.top + box.bottom) / 2
