"""Compares two texts: cut into pieces, aligned, and each difference made one change with its words."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence

from msgspec import Struct

from app.errors import AppError
from app.text.compare.align import Pair, align
from app.text.compare.inner import differences, figures
from app.text.compare.result import (
    Change,
    ChangeKind,
    Comparison,
    Difference,
    Figure,
    Place,
    Renumbered,
    Span,
)
from app.text.compare.tables import Cell, Columns, gap_before, match_columns, pair_cells, row_cells
from app.text.compare.units import Unit, units
from app.text.compare.words import changed_words, column_words, moved_words, one_sided_words
from app.text.parsed import page_at

MOST_CHARS = 5_000_000
"""Of one text: 1,600 pages. The words of both are held in memory."""
_STEP = 200  # pairs between two signs of life
_NEAR = 3  # pieces between two that were moved together


class Text(Struct, frozen=True):
    """One side: the text of a document, its format ("pdf"), and the span of each page."""

    text: str
    format: str
    pages: tuple[tuple[int, int], ...] = ()


def compare(left: Text, right: Text) -> Generator[float, None, Comparison]:
    """The changes from `left` to `right`; yields how much of the work is done, 0 to 1. Deterministic.

    Raises:
        AppError: a text is longer than `MOST_CHARS`.
    """
    if max(len(left.text), len(right.text)) > MOST_CHARS:
        raise AppError(
            f"Texts of more than {MOST_CHARS:,} characters cannot be compared at once.", "Split them into parts."
        )
    old = yield from _cut(left, 0.0)
    new = yield from _cut(right, 0.2)
    pairs: list[Pair] = []
    for found in align(old.units, new.units):
        pairs = found or pairs
        yield 0.5
    writer = _Writer(old, new, pairs)
    for done in writer.steps():
        yield 0.5 + 0.5 * done
    return writer.result()


def _cut(text: Text, done: float) -> Generator[float, None, _Side]:
    """The pieces of a text; a fifth of the work."""
    pieces = []
    for unit in units(text.text, text.format, text.pages):
        pieces.append(unit)
        if len(pieces) % _STEP == 0:
            yield done + 0.2 * unit.end / len(text.text)
    return _Side(text, pieces)


class _Side:
    """A text with its pieces and their sections."""

    def __init__(self, text: Text, pieces: list[Unit]) -> None:
        self.text, self.pages, self.units = text.text, text.pages, pieces
        self._paths: dict[int, str] = {-1: ""}
        stack: list[tuple[int, str]] = []
        for at, unit in enumerate(pieces):
            if unit.kind == "heading":
                while stack and stack[-1][0] >= unit.level:
                    stack.pop()
                stack.append((unit.level, self.read(unit.start, unit.end).strip("# ")))
                names = [name for _, name in stack]
                if (
                    len(names) > 1
                    and pieces[0].kind == "heading"
                    and names[0] == self.read(pieces[0].start, pieces[0].end)
                ):
                    names = names[1:]  # the document's own title says nothing
                self._paths[at] = " › ".join(names)

    def read(self, start: int, end: int) -> str:
        """A stretch on one line."""
        return " ".join(self.text[start:end].split())

    def shown(self, first: Unit, end: int) -> str:
        """What is quoted of the stretch from a piece on: of rows the first, its cells with commas."""
        if first.kind != "row":
            return self.text[first.body : end]
        return ", ".join(filter(None, (cell.text for cell in row_cells(self.text, first.start, first.end))))

    def place(self, start: int, end: int, unit: int) -> Place:
        """A span with the section that piece number `unit` stands in."""
        section = self._paths[self.units[unit].section] if 0 <= unit < len(self.units) else ""
        return Place(start, end, section, page_at(self.pages, start))


class _Writer:
    """Makes changes of the pairs and of what has no pair."""

    def __init__(self, left: _Side, right: _Side, pairs: Sequence[Pair]) -> None:
        self._left, self._right, self._pairs = left, right, pairs
        self._found: list[tuple[int, int, Change]] = []
        """Each with its place in both texts, to sort by."""
        self._renumbered: list[Renumbered] = []
        staying = [pair for pair in pairs if not pair.moved]
        self._lefts, self._rights = [pair.i0 for pair in staying], [pair.j0 for pair in staying]
        self._staying = staying

    def steps(self) -> Iterator[float]:
        """Work through the pairs; → how much is done."""
        columns = self._columns()
        for at, pair in enumerate(self._pairs):
            self._compare_pair(pair, columns)
            if at % _STEP == 0:
                yield at / len(self._pairs)
        self._moves()
        self._one_sided()

    def result(self) -> Comparison:
        """All of it, in the order of the right text."""
        ordered = sorted(self._found, key=lambda each: each[:2])
        return Comparison(tuple(change for _, _, change in ordered), tuple(self._renumbered))

    def _add(self, change: Change) -> None:
        self._found.append((change.right.start, change.left.start, change))

    # --- pairs --------------------------------------------------------------------------------------------------------

    def _compare_pair(self, pair: Pair, columns: dict[tuple[int, int], Columns | None]) -> None:
        lefts, rights = self._left.units[pair.i0 : pair.i1], self._right.units[pair.j0 : pair.j1]
        a, b = lefts[0], rights[0]
        if a.label != b.label and a.kind == b.kind != "row":
            self._renumbered.append(Renumbered(a.label or "–", b.label or "–"))
        spans = (a.body, lefts[-1].end), (b.body, rights[-1].end)
        if [word for unit in lefts for word in unit.tokens] == [word for unit in rights for word in unit.tokens]:
            return
        if a.kind == b.kind == "row":
            found, changed = self._compare_rows(a, b, columns.get((a.block, b.block)))
        else:
            found = differences(self._left.text, spans[0], self._right.text, spans[1])
            changed = figures(self._left.text, spans[0], self._right.text, spans[1], found)
        if not found:
            return
        kind: ChangeKind = "number" if any(figure.kind != "name" for figure in changed) else "changed"
        subject = _first_cell(self._right.text, b) if b.kind == "row" else ""
        self._add(
            Change(
                kind=kind,
                part=b.kind,
                left=self._left.place(a.start, spans[0][1], pair.i0),
                right=self._right.place(b.start, spans[1][1], pair.j0),
                words=changed_words(self._left.text, self._right.text, found, changed, subject),
                differences=found,
                figures=changed,
            )
        )

    def _compare_rows(
        self, a: Unit, b: Unit, columns: Columns | None
    ) -> tuple[tuple[Difference, ...], tuple[Figure, ...]]:
        """Cell by cell, without the columns that only one side has."""
        left, right = self._left.text, self._right.text
        cells = pair_cells(row_cells(left, a.start, a.end), row_cells(right, b.start, b.end), columns)
        spans: list[tuple[Span, Span]] = [((a.start, a.end), (b.start, b.end))]
        if cells is not None:
            spans = [((one.start, one.end), (other.start, other.end)) for one, other in cells if one.text != other.text]
        found: list[Difference] = []
        changed: list[Figure] = []
        for one, other in spans:
            inner = differences(left, one, right, other)
            found += inner
            changed += figures(left, one, right, other, inner)
        return tuple(found), tuple(dict.fromkeys(changed))

    def _columns(self) -> dict[tuple[int, int], Columns | None]:
        """How the columns of each two tables belong together; what only one has is a change of its own."""
        tables: dict[tuple[int, int], list[tuple[Unit, Unit, int, int]]] = defaultdict(list)
        for pair in self._pairs:
            a, b = self._left.units[pair.i0], self._right.units[pair.j0]
            if a.kind == b.kind == "row":
                tables[a.block, b.block].append((a, b, pair.i0, pair.j0))
        found = {}
        for key, rows in tables.items():
            cells = [
                (row_cells(self._left.text, a.start, a.end), row_cells(self._right.text, b.start, b.end))
                for a, b, _, _ in rows
            ]
            found[key] = columns = match_columns(cells)
            if columns:
                self._add_columns(columns, rows[0], cells[0])
        return found

    def _add_columns(
        self, columns: Columns, first: tuple[Unit, Unit, int, int], cells: tuple[Sequence[Cell], Sequence[Cell]]
    ) -> None:
        a, b, i, j = first
        left, right = cells
        for kind, names, own in (("removed", columns.removed, left), ("added", columns.added, right)):
            for column in names:
                if column >= len(own):
                    continue
                cell = own[column]
                span = (cell.start, cell.end)
                here, there = (span, gap_before(right, column, b.end)) if kind == "removed" else (
                    gap_before(left, column, a.end), span
                )  # fmt: skip
                self._add(
                    Change(
                        kind="removed" if kind == "removed" else "added",
                        part="column",
                        left=self._left.place(*here, i),
                        right=self._right.place(*there, j),
                        words=column_words(kind, cell.text),
                    )
                )

    # --- what was moved -----------------------------------------------------------------------------------------------

    def _moves(self) -> None:
        group: list[Pair] = []
        for pair in [*(pair for pair in self._pairs if pair.moved), Pair(-9, -9, -9, -9)]:
            last = group[-1] if group else pair
            if group and not (0 <= pair.i0 - last.i1 < _NEAR and 0 <= pair.j0 - last.j1 < _NEAR):
                self._move(group)
                group = []
            group.append(pair)

    def _move(self, group: Sequence[Pair]) -> None:
        first, last = group[0], group[-1]
        a, b = self._left.units[first.i0], self._right.units[first.j0]
        left = self._left.place(a.start, self._left.units[last.i1 - 1].end, first.i0 - (a.kind == "heading"))
        right = self._right.place(b.start, self._right.units[last.j1 - 1].end, first.j0 - (b.kind == "heading"))
        heading = self._right.read(b.start, b.end).strip("# ") if b.kind == "heading" and len(group) > 1 else ""
        down = bisect.bisect(self._rights, first.j0) > bisect.bisect(self._lefts, first.i0)
        shown = self._right.shown(b, b.end)
        words = moved_words(b.kind, shown, heading, left.section, right.section, down=down)
        self._add(Change(kind="moved", part=b.kind, left=left, right=right, words=words))

    # --- what only one side has ---------------------------------------------------------------------------------------

    def _one_sided(self) -> None:
        paired_left = {i for pair in self._pairs for i in range(pair.i0, pair.i1)}
        paired_right = {j for pair in self._pairs for j in range(pair.j0, pair.j1)}
        for first, last in _runs(self._left.units, paired_left):
            at = bisect.bisect(self._lefts, first) - 1
            pair = self._staying[at] if at >= 0 else None
            end = self._right.units[pair.j1 - 1].end if pair else 0
            there = self._right.place(end, end, pair.j1 - 1 if pair else -1)
            self._add(self._one_side("removed", self._left, first, last, there))
        for first, last in _runs(self._right.units, paired_right):
            at = bisect.bisect(self._rights, first) - 1
            pair = self._staying[at] if at >= 0 else None
            end = self._left.units[pair.i1 - 1].end if pair else 0
            there = self._left.place(end, end, pair.i1 - 1 if pair else -1)
            self._add(self._one_side("added", self._right, first, last, there))

    def _one_side(self, kind: ChangeKind, side: _Side, first: int, last: int, there: Place) -> Change:
        run = side.units[first : last + 1]
        here = side.place(run[0].start, run[-1].end, first)
        heading = side.read(run[0].start, run[0].end).strip("# ") if run[0].kind == "heading" else ""
        blocks = len({unit.block for unit in run[1:] if unit.kind != "heading"})
        rows = sum(unit.kind == "row" for unit in run)
        words = one_sided_words(kind, run[0].kind, side.shown(run[0], run[-1].end), heading, blocks, rows)
        left, right = (there, here) if kind == "added" else (here, there)
        return Change(kind=kind, part=run[0].kind, left=left, right=right, words=words)


def _runs(pieces: Sequence[Unit], paired: set[int]) -> Iterator[tuple[int, int]]:
    """Stretches without a pair that a reader takes as one: a whole section, or what stands in one paragraph."""
    first: int | None = None
    for at in range(len(pieces) + 1):
        if first is not None and (
            at == len(pieces) or at in paired or not _goes_on(pieces[first], pieces[at - 1], pieces[at])
        ):
            yield first, at - 1
            first = None
        if first is None and at < len(pieces) and at not in paired:
            first = at


def _goes_on(first: Unit, before: Unit, unit: Unit) -> bool:
    if first.kind == "heading":
        return unit.kind != "heading" or unit.level > first.level
    return unit.block == before.block and unit.kind != "heading"


def _first_cell(text: str, row: Unit) -> str:
    cells = row_cells(text, row.start, row.end)
    return cells[0].text if cells else ""
