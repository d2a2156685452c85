"""Counts what a comparison found of the changes that were planted, and what it made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from planted import Planted, Rendered

from app.text.compare.compare import Text, compare
from app.text.compare.result import Change, Comparison, Place


@dataclass
class Score:
    """What was planted and found, by kind, and what was said that is not so."""

    planted: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    invented: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, kind: str, what: str, *, hit: bool) -> None:
        self.planted[kind] = self.planted.get(kind, 0) + 1
        self.found[kind] = self.found.get(kind, 0) + hit
        if not hit:
            self.missed.append(f"{kind}: {what}")

    def share(self, *kinds: str) -> float:
        return sum(self.found.get(k, 0) for k in kinds) / max(1, sum(self.planted.get(k, 0) for k in kinds))


def compared(left: Rendered, right: Rendered) -> Comparison:
    """Run the comparison to its end."""
    steps = compare(Text(left.text, left.form, left.pages), Text(right.text, right.form, right.pages))
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


def count(score: Score, planted: Sequence[Planted], left: Rendered, right: Rendered, name: str) -> Comparison:
    """Add what one comparison found of what was planted; a change that touches nothing planted was invented."""
    result = compared(left, right)
    for one in planted:
        what = left.text[slice(*left.spans[one.left[0]])] if one.left else right.text[slice(*right.spans[one.right[0]])]
        hit = _found(result.changes, one, left, right)
        score.add(one.kind, f"{name}: {one.figures} {what[:90]!r}", hit=hit)
    for change in result.changes:
        if not any(_touches(change, one, left, right) for one in planted):
            score.invented.append(f"{name}: {change.kind} {change.words}")
    return result


def _found(changes: Sequence[Change], one: Planted, left: Rendered, right: Rendered) -> bool:
    """Whether a change, or several of one kind together, say what was planted, in the right place."""
    kinds = {"words": "changed", "column": "added"}
    said = [change for change in changes if change.kind == kinds.get(one.kind, one.kind)]
    a = [(change.left.start, change.left.end) for change in said]
    b = [(change.right.start, change.right.end) for change in said]
    if one.kind in ("number", "words"):
        there = [each for each in said if _meets(each.left, one.left, left) and _meets(each.right, one.right, right)]
        figures = [figure for each in there for figure in each.figures]
        old, new = one.figures
        return bool(there) and (one.kind == "words" or any(old in f.left and new in f.right for f in figures))
    if one.kind == "added":
        return _covers(b, one.right, right)
    if one.kind == "removed":
        return _covers(a, one.left, left)
    if one.kind == "column":
        return any(change.part == "column" and _in_table(change, one, right) for change in said)
    ways = (
        one.left,
        [i for i in one.over if i in left.spans and i in right.spans],
    )  # what was moved up, or all that it passed was moved down
    return any(_covers(a, way, left, 0.8) and _covers(b, way, right, 0.8) for way in ways)


def _in_table(change: Change, one: Planted, side: Rendered) -> bool:
    a, b = change.right.start, change.right.end
    return any(start <= a and b <= end for start, end in (side.spans[i] for i in one.right))


def _covers(found: Sequence[tuple[int, int]], ids: Sequence[int], side: Rendered, share: float = 0.999) -> bool:
    """Whether spans hold these parts together, as far as the side has them, by a share of their characters."""
    spans = [side.spans[i] for i in ids if i in side.spans]
    held = sum(b - a for a, b in spans if any(start <= a + 2 and b - 2 <= end for start, end in found))
    return bool(spans) and held >= share * sum(b - a for a, b in spans)


def _touches(change: Change, one: Planted, left: Rendered, right: Rendered) -> bool:
    """Whether a change is about something planted; a column touches its table's rows in that table only."""

    if one.kind == "column":
        return change.part == "column" and _in_table(change, one, right)
    over = one.over if change.kind == "moved" else ()
    return _meets(change.left, [*one.left, *over], left) or _meets(change.right, [*one.right, *over], right)


def _meets(place: Place, ids: Sequence[int], side: Rendered) -> bool:
    """Whether a place has something of these parts."""
    spans = [side.spans[i] for i in ids if i in side.spans]
    return any(start < place.end and place.start < end for start, end in spans)


def seeds(half: str, how_many: int) -> range:
    """Even seeds were tuned on. The odd ones from 5001 on are reported: some below were looked at on the way."""
    first = 0 if half == "tune" else 5001
    return range(first, first + 2 * how_many, 2)
