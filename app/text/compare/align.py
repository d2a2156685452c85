"""Finds which pieces of two texts belong together: the same ones first, then the similar, then what was moved.

Pieces that each text has once are anchors (Cohen's patience diff); the heaviest run of them that keeps its order stays,
the others were moved. Between anchors the same is done again, and what is left is paired by its words.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Generator, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from operator import eq

from msgspec import Struct
from rapidfuzz.distance import Indel

from app.text.compare.units import Unit

SIMILAR, ALIKE, ALONE = 0.5, 0.75, 0.9
"""From how much likeness on a piece in its place was changed, and not removed and another one added; a piece beside a
moved one went with it; and a piece alone was moved and changed. Chosen on even seeds (docs/compare.md)."""
_MOVED_WORDS = 3  # a shorter piece alone is not called moved: "None."
_GAP = 3_000  # pairs of pieces that are all tried
_EXACT = 4_000_000  # pairs of pieces for difflib
_RARE = 6  # a word in so many pieces at most tells which belong together
_NUMBER = re.compile(r"\d+")


class Pair(Struct, frozen=True):
    """Pieces left[i0:i1] and right[j0:j1] that belong together."""

    i0: int
    i1: int
    j0: int
    j1: int
    moved: bool = False


def align(left: Sequence[Unit], right: Sequence[Unit]) -> Iterator[list[Pair] | None]:
    """The pairs, by their left piece, last; None before that, so that others get their turn."""
    return _Aligner(left, right).steps()


class _Aligner:
    def __init__(self, left: Sequence[Unit], right: Sequence[Unit]) -> None:
        self._left, self._right = left, right
        self._pairs: list[Pair] = []
        self._moved: list[tuple[int, int]] = []

    def steps(self) -> Iterator[list[Pair] | None]:
        a, b = [unit.tokens for unit in self._left], [unit.tokens for unit in self._right]
        unique = _unique(a, b, range(len(a)), range(len(b)))
        kept = heaviest([(i, j, len(a[i])) for i, j in unique])
        held = set(kept)
        away = {(i, j) for i, j in unique if (i, j) not in held and len(a[i]) >= _MOVED_WORDS}
        self._moved = sorted(pair for pair in away if not self._is_lone_row(*pair, away))
        yield None
        same = sorted(self._same(a, b, *self._rest(), kept))
        self._pairs = [Pair(i, i + 1, j, j + 1) for i, j in same]
        self._extend({i for i, _ in same}, {j for _, j in same})
        yield None
        for lefts, rights in _gaps(*self._rest(), same):
            yield from self._similar(lefts, rights)
        yield from self._find_moved()
        self._pairs += [Pair(i, i + 1, j, j + 1, moved=True) for i, j in self._moved]
        yield sorted(self._pairs, key=lambda pair: (pair.i0, pair.j0))

    def _is_lone_row(self, i: int, j: int, away: set[tuple[int, int]]) -> bool:
        """A header may stand above several tables, and above one less on either side: its own table comes first."""
        return self._left[i].kind == "row" and not {(i - 1, j - 1), (i + 1, j + 1)} & away

    def _rest(self) -> tuple[list[int], list[int]]:
        """What was not moved, of either side."""
        away_left, away_right = {i for i, _ in self._moved}, {j for _, j in self._moved}
        lefts = [i for i in range(len(self._left)) if i not in away_left]
        return lefts, [j for j in range(len(self._right)) if j not in away_right]

    # --- the same -----------------------------------------------------------------------------------------------------

    def _same(
        self,
        a: Sequence[Hashable],
        b: Sequence[Hashable],
        lefts: Sequence[int],
        rights: Sequence[int],
        anchors: Sequence[tuple[int, int]],
    ) -> Iterator[tuple[int, int]]:
        """Pieces that are the same and keep their order; `anchors` are some of them."""
        work = [(lefts, rights, anchors)]
        while work:
            lefts, rights, anchors = work.pop()
            yield from anchors
            for gap_left, gap_right in _gaps(lefts, rights, anchors):
                first = 0
                while first < min(len(gap_left), len(gap_right)) and a[gap_left[first]] == b[gap_right[first]]:
                    yield gap_left[first], gap_right[first]
                    first += 1
                gap_left, gap_right = gap_left[first:], gap_right[first:]
                last = 0
                while last < min(len(gap_left), len(gap_right)) and a[gap_left[-1 - last]] == b[gap_right[-1 - last]]:
                    last += 1
                    yield gap_left[-last], gap_right[-last]
                gap_left, gap_right = gap_left[: len(gap_left) - last], gap_right[: len(gap_right) - last]
                if not gap_left or not gap_right:
                    continue
                found = heaviest([(i, j, 1) for i, j in _unique(a, b, gap_left, gap_right)])
                if found:
                    work.append((gap_left, gap_right, found))
                elif len(gap_left) * len(gap_right) <= _EXACT:
                    matcher = SequenceMatcher(None, [a[i] for i in gap_left], [b[j] for j in gap_right], autojunk=False)
                    for block in matcher.get_matching_blocks():
                        for k in range(block.size):
                            yield gap_left[block.a + k], gap_right[block.b + k]

    # --- the similar --------------------------------------------------------------------------------------------------

    def _similar(self, lefts: Sequence[int], rights: Sequence[int]) -> Iterator[None]:
        """Pair what is left between two anchors; of a large gap only what is plainly alike."""
        if not lefts or not rights:
            return
        if len(lefts) * len(rights) <= _GAP:
            self._pair_up(lefts, rights)
            yield
            return
        alike = yield from self._candidates(lefts, rights, ALIKE)
        found = heaviest([(i, j, int(100 * score)) for score, i, j in alike])
        self._pairs += [Pair(i, i + 1, j, j + 1) for i, j in found]
        if found:
            for gap_left, gap_right in _gaps(lefts, rights, found):
                if len(gap_left) * len(gap_right) <= _GAP:
                    self._pair_up(gap_left, gap_right)
                    yield

    def _pair_up(self, lefts: Sequence[int], rights: Sequence[int]) -> None:
        """The best pairs in order, two pieces on one side also with one of the other: a sentence may be cut in two."""
        n, m = len(lefts), len(rights)
        if n == m == 1 and self._left[lefts[0]].kind == self._right[rights[0]].kind == "heading":
            self._pairs.append(Pair(lefts[0], lefts[0] + 1, rights[0], rights[0] + 1))  # a section was renamed
            return
        best = [[0.0] * (m + 1) for _ in range(n + 1)]
        step = [[(0, 0)] * (m + 1) for _ in range(n + 1)]
        for p in range(n + 1):
            for q in range(m + 1):
                for di, dj in ((1, 0), (0, 1), (1, 1), (2, 1), (1, 2)):
                    if di > p or dj > q:
                        continue
                    gain = 0.0
                    if di and dj:
                        score = self._likeness(lefts[p - di : p], rights[q - dj : q])
                        if score < SIMILAR:
                            continue
                        gain = score - SIMILAR + 0.05
                    total = best[p - di][q - dj] + gain
                    if total > best[p][q] or step[p][q] == (0, 0):
                        best[p][q], step[p][q] = total, (di, dj)
        p, q = n, m
        while p or q:
            di, dj = step[p][q]
            if di and dj:
                self._pairs.append(Pair(lefts[p - di], lefts[p - 1] + 1, rights[q - dj], rights[q - 1] + 1))
            p, q = p - di, q - dj

    def _likeness(self, lefts: Sequence[int], rights: Sequence[int]) -> float:
        """0 to 1, from the pieces' words."""
        if lefts[-1] - lefts[0] >= len(lefts) or rights[-1] - rights[0] >= len(rights):
            return 0.0  # something between them was moved away
        if len(lefts) == len(rights) == 1:
            return likeness(self._left[lefts[0]], self._right[rights[0]])
        joined = [*(self._left[i] for i in lefts)], [*(self._right[j] for j in rights)]
        if any(unit.kind in ("row", "heading") for side in joined for unit in side):
            return 0.0
        a, b = ([word for unit in side for word in unit.tokens] for side in joined)
        return _score(a, b)

    # --- what was moved -----------------------------------------------------------------------------------------------

    def _find_moved(self) -> Iterator[None]:
        """Among what is on one side only, what is alike elsewhere; and the neighbours of what was moved."""
        taken_left = {i for pair in self._pairs for i in range(pair.i0, pair.i1)}
        taken_right = {j for pair in self._pairs for j in range(pair.j0, pair.j1)}
        self._extend(taken_left, taken_right)
        lefts, rights = _lone(self._left, taken_left), _lone(self._right, taken_right)
        alike = yield from self._candidates(lefts, rights, ALONE)
        for _, i, j in sorted(alike, reverse=True):
            if i not in taken_left and j not in taken_right and self._is_moved(i, j, ALONE):
                self._moved.append((i, j))
                taken_left.add(i)
                taken_right.add(j)
        self._extend(taken_left, taken_right)

    def _extend(self, taken_left: set[int], taken_right: set[int]) -> None:
        """What stands beside something moved on both sides went along with it."""
        taken_left.update(i for i, _ in self._moved)
        taken_right.update(j for _, j in self._moved)
        work = list(self._moved)
        while work:
            i, j = work.pop()
            for d in (-1, 1):
                a, b = i + d, j + d
                if not (0 <= a < len(self._left) and 0 <= b < len(self._right)) or a in taken_left or b in taken_right:
                    continue
                if self._is_moved(a, b, ALIKE):
                    self._moved.append((a, b))
                    taken_left.add(a)
                    taken_right.add(b)
                    work.append((a, b))

    def _is_moved(self, i: int, j: int, least: float) -> bool:
        """Figures count in full here: two sentences may differ in little else and be strangers to each other."""
        a, b = self._left[i], self._right[j]
        return likeness(a, b) >= least and Indel.normalized_similarity(a.tokens, b.tokens) >= least

    def _candidates(
        self, lefts: Sequence[int], rights: Sequence[int], least: float
    ) -> Generator[None, None, list[tuple[float, int, int]]]:
        """Pairs that share a rare word and are alike by at least `least`; at most three for each left piece."""
        places: dict[str, list[int]] = defaultdict(list)
        for j in rights:
            for word in set(self._right[j].tokens):
                places[word].append(j)
        found: list[tuple[float, int, int]] = []
        for at, i in enumerate(lefts):
            near = (places[word] for word in set(self._left[i].tokens) if 0 < len(places.get(word, ())) <= _RARE)
            shared = Counter(itertools.chain.from_iterable(near))
            scored = sorted(
                ((likeness(self._left[i], self._right[j]), i, j) for j, _ in shared.most_common(12)), reverse=True
            )
            found += [each for each in scored[:3] if each[0] >= least]
            if at % 200 == 0:
                yield
        return found


def likeness(left: Unit, right: Unit) -> float:
    """How much two pieces are alike, 0 to 1. A row counts by its first cell as much as by all."""
    if left.tokens == right.tokens:
        return 1.0
    if (left.kind == "row") != (right.kind == "row"):
        return 0.0
    if (left.kind == "heading") != (right.kind == "heading"):
        same = [word.casefold() for word in left.tokens] == [word.casefold() for word in right.tokens]
        return 1.0 if same else 0.0
    if left.kind == "row":
        plain = float(Indel.normalized_similarity(left.tokens, right.tokens))
        return max(0.8 * plain, (plain + float(Indel.normalized_similarity(left.label, right.label))) / 2)
    return _score(left.tokens, right.tokens)


def _score(a: Sequence[str], b: Sequence[str]) -> float:
    """Mean of the likeness of the words and of the words with all figures taken as equal."""
    most = 2 * min(len(a), len(b)) / (len(a) + len(b))
    if _begins_or_ends(a, b):
        return max(SIMILAR, most)  # more was written before or behind it
    if most < SIMILAR:
        return 0.0
    plain = Indel.normalized_similarity(a, b)
    masked = Indel.normalized_similarity([_masked(word) for word in a], [_masked(word) for word in b])
    return float(plain + masked) / 2


def _begins_or_ends(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether the longer one begins or ends with the shorter, of two words or more."""
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    size = len(short)
    return size > 1 and (all(map(eq, short, long)) or all(map(eq, short, long[-size:])))


@lru_cache(50_000)
def _masked(word: str) -> str:
    return _NUMBER.sub("0", word)


def heaviest(weighted: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """The pairs (i, j) of the heaviest selection in which both rise; by a Fenwick tree of prefix maxima."""
    if not weighted:
        return []
    ordered = sorted(weighted, key=lambda each: (each[0], -each[1]))
    ranks = sorted({j for _, j, _ in ordered})
    tree: list[tuple[int, int]] = [(0, -1)] * (len(ranks) + 1)
    before: list[int] = []
    best = (0, -1)
    for at, (_, j, weight) in enumerate(ordered):
        rank = bisect.bisect_left(ranks, j)
        top, k = (0, -1), rank
        while k:
            top = max(top, tree[k])
            k &= k - 1
        before.append(top[1])
        here = (top[0] + weight, at)
        best = max(best, here)
        k = rank + 1
        while k <= len(ranks):
            tree[k] = max(tree[k], here)
            k += k & -k
    found = []
    at = best[1]
    while at >= 0:
        found.append(ordered[at][:2])
        at = before[at]
    return found[::-1]


def _lone(pieces: Sequence[Unit], taken: set[int]) -> list[int]:
    """Long enough pieces that are still free and that the text has once: what is said often is not moved."""
    counts = Counter(unit.tokens for unit in pieces)
    return [
        at
        for at, unit in enumerate(pieces)
        if at not in taken and len(unit.tokens) >= _MOVED_WORDS and counts[unit.tokens] == 1
    ]


def _unique(
    a: Sequence[Hashable], b: Sequence[Hashable], lefts: Sequence[int], rights: Sequence[int]
) -> list[tuple[int, int]]:
    """Pairs of equal pieces of which each side has just one."""
    counts_left, counts_right = Counter(a[i] for i in lefts), Counter(b[j] for j in rights)
    where = {b[j]: j for j in rights if counts_right[b[j]] == 1}
    return [(i, where[a[i]]) for i in lefts if counts_left[a[i]] == 1 and a[i] in where]


def _gaps(
    lefts: Sequence[int], rights: Sequence[int], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """What lies between the pairs, which are in order on both sides."""
    p = q = 0
    for i, j in (*pairs, (None, None)):
        end_p = len(lefts) if i is None else bisect.bisect_left(lefts, i)
        end_q = len(rights) if j is None else bisect.bisect_left(rights, j)
        if end_p > p or end_q > q:
            yield lefts[p:end_p], rights[q:end_q]
        p, q = end_p + 1, end_q + 1
