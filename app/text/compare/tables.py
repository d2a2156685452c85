"""Rows of two versions of a table, cell by cell, and the columns that only one of them has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from app.text.compare.result import Span

_BAR = re.compile(r"(?<!\\)\|")
_NAME = re.compile(r"([^:]{1,60}): ")


class Cell(Struct, frozen=True):
    """A cell of a row; its name where the row says it ("City: Munich")."""

    start: int
    end: int
    text: str
    name: str = ""


class Columns(Struct, frozen=True):
    """Which cell of a row stands below which column: pairs of columns, and those of one side alone."""

    pairs: tuple[tuple[int, int], ...]
    removed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()


def row_cells(text: str, start: int, end: int) -> list[Cell]:
    """The cells of a row that was written with bars, or as "City: Munich; Standard: 165 €"."""
    named = not _BAR.search(text, start, end)
    found, at = [], start
    stops = [*re.finditer("; ", text[start:end])] if named else [*_BAR.finditer(text[start:end])]
    for stop_start, stop_end in [*((m.start() + start, m.end() + start) for m in stops), (end, end)]:
        found.append(_cell(text, at, stop_start, named=named))
        at = stop_end
    if not named and len(found) > 1:
        found = found[not found[0].text : len(found) - (not found[-1].text)]
    return found


def _cell(text: str, start: int, end: int, *, named: bool) -> Cell:
    raw = text[start:end]
    left, right = start + len(raw) - len(raw.lstrip()), start + len(raw.rstrip())
    left = min(left, right)
    name = _NAME.match(text, left, right) if named else None
    if name:
        left = name.end()
    return Cell(left, right, " ".join(text[left:right].split()), name[1] if name else "")


def match_columns(rows: Sequence[tuple[Sequence[Cell], Sequence[Cell]]]) -> Columns | None:
    """How the columns of two tables belong together, by what stands in them; None where rows do not say so.

    Args:
        rows: the cells of each two rows that belong together, header rows included.
    """
    if any(cell.name for left, right in rows for cell in (*left, *right)):
        return None  # such rows are matched by the names of their cells
    widths = [(len(left), len(right)) for left, right in rows]
    if not widths:
        return None
    most = max(set(widths), key=lambda each: (widths.count(each), each))
    n, m = most
    if n == m or len(rows) < 2 or widths.count(most) <= len(rows) / 2:
        return None
    kept = [pair for pair, width in zip(rows, widths, strict=True) if width == most]
    score = [[sum(left[i].text == right[j].text for left, right in kept) for j in range(m)] for i in range(n)]
    pairs = _best(score, n, m)
    left_only = tuple(i for i in range(n) if i not in {i for i, _ in pairs})
    right_only = tuple(j for j in range(m) if j not in {j for _, j in pairs})
    if len(pairs) < min(n, m):
        return None
    return Columns(tuple(pairs), left_only, right_only)


def pair_cells(left: Sequence[Cell], right: Sequence[Cell], columns: Columns | None) -> list[tuple[Cell, Cell]] | None:
    """The cells of two rows that belong together; None where the rows must be compared as running words."""
    if columns:
        widths = len(columns.pairs) + len(columns.removed), len(columns.pairs) + len(columns.added)
        if (len(left), len(right)) == widths:
            return [(left[i], right[j]) for i, j in columns.pairs]
    if len(left) == len(right) and [cell.name for cell in left] == [cell.name for cell in right]:
        return list(zip(left, right, strict=True))
    return None


def gap_before(cells: Sequence[Cell], column: int, end: int) -> Span:
    """Where a column would stand that this row lacks."""
    at = cells[column].start if column < len(cells) else end
    return at, at


def _best(score: Sequence[Sequence[int]], n: int, m: int) -> list[tuple[int, int]]:
    """The pairs of columns, in order, under which most cells are equal; the narrower table keeps all of its columns."""
    best = [[(-1, 0)] * (m + 1) for _ in range(n + 1)]
    for i in range(n + 1):
        for j in range(m + 1):
            if not i and not j:
                best[i][j] = (0, 0)
                continue
            options = []
            if i and j:
                options.append((best[i - 1][j - 1][0] + score[i - 1][j - 1], 3))
            if i and n > m:
                options.append((best[i - 1][j][0], 1))
            if j and m > n:
                options.append((best[i][j - 1][0], 2))
            options = [each for each in options if each[0] >= 0]
            best[i][j] = max(options, default=(-1, 0))
    pairs, i, j = [], n, m
    while i or j:
        step = best[i][j][1]
        if not step:
            return []
        if step == 3:
            pairs.append((i - 1, j - 1))
        i, j = i - (step in (1, 3)), j - (step in (2, 3))
    return pairs[::-1]
