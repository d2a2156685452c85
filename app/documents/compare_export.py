"""A comparison as a file: a report with both sides beside each other (DOCX, Markdown), or a sheet (XLSX)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.export.content import Block, Heading, Mark, Paragraph, Run, Runs, Table, Value, runs
from app.export.reports import write_report
from app.export.saving import check_format
from app.export.tables import TABLE_FORMATS, write_table
from app.text.compare.readable import Readable
from app.text.compare.result import Change, ChangeKind, Comparison, Place, Span
from app.workers.calls.documents import DocumentText

KINDS: dict[ChangeKind, str] = {
    "number": "Figures",
    "changed": "Wording",
    "added": "Added",
    "removed": "Removed",
    "moved": "Moved",
}
_LONGEST = 4_000
"""Characters of a text that are shown: a whole section that was added is told by its beginning."""


def save_comparison(path: Path, left: DocumentText, right: DocumentText, comparison: Comparison) -> None:
    """Write it in the format of the file's ending.

    Raises:
        AppError: another ending, or a file that cannot be replaced.
        NoSpace: the disk is full.
    """
    title = f"{left.name} → {right.name}"
    if check_format(path, TABLE_FORMATS) == ".xlsx":
        write_table(path, title, _columns(left, right), list(_rows(left, right, comparison.changes)))
    else:
        write_report(path, title, list(_report(left, right, comparison)))


def _columns(left: DocumentText, right: DocumentText) -> list[str]:
    sides = [f"{what} ({side})" for side in ("old", "new") for what in ("Section", "Page", "Text")]
    return ["No.", "Kind", "What changed", *sides, "Figures (old)", "Figures (new)", "Old document", "New document"]


def _rows(left: DocumentText, right: DocumentText, changes: Sequence[Change]) -> Iterator[list[Value]]:
    sides = (_readable(left), _readable(right))
    for number, change in enumerate(changes, 1):
        row: list[Value] = [number, KINDS[change.kind], change.words]
        for side, place in zip(sides, (change.left, change.right), strict=True):
            row += [place.section, place.page, _cut(side.text(place))]
        row += ["; ".join(f.left for f in change.figures), "; ".join(f.right for f in change.figures)]
        yield [*row, left.name, right.name]


def _report(left: DocumentText, right: DocumentText, comparison: Comparison) -> Iterator[Block]:
    yield Paragraph(runs(summary(comparison)))
    if comparison.renumbered:
        pairs = ", ".join(f"{each.left} → {each.right}" for each in comparison.renumbered)
        yield Paragraph(runs(f"Numbers of sections that are others, above the same words: {pairs}.", "faint"))
    last = ""
    older, newer = _readable(left), _readable(right)
    for number, change in enumerate(comparison.changes, 1):
        section = change.right.section or change.left.section
        if section and section != last:
            yield Heading(section, 2)
        last = section
        yield Paragraph((Run(f"{number}. {KINDS[change.kind]}: ", "strong"), Run(change.words)))
        old = _marked(older, change.left, [each.left for each in change.differences], "removed")
        new = _marked(newer, change.right, [each.right for each in change.differences], "added")
        yield Table((_cited(left.name, change.left), _cited(right.name, change.right)), ((old, new),))


def summary(comparison: Comparison) -> str:
    """How many there are of each kind: "3 differences (figures 1, removed 2)"."""
    count = len(comparison.changes)
    if not count:
        return "No differences."
    kinds = [change.kind for change in comparison.changes]
    parts = [f"{name.casefold()} {kinds.count(kind)}" for kind, name in KINDS.items() if kind in kinds]
    return f"{count} difference{'' if count == 1 else 's'} ({', '.join(parts)})."


def _cited(name: str, place: Place) -> str:
    page = f", page {place.page}" if place.page else ""
    section = f", {place.section}" if place.section else ""
    return f"{name}{page}{section}"


def _readable(side: DocumentText) -> Readable:
    return Readable(side.text, side.format)


def _marked(side: Readable, place: Place, marks: Sequence[Span], mark: Mark) -> Runs:
    """The text of a place with its differences marked; a side that is empty is empty."""
    made: list[Run] = []
    room = _LONGEST
    for text, marked in side.pieces(place, marks):
        made += runs(text[:room] + ("…" if len(text) > room else ""), mark if marked else "")
        room -= len(text)
        if room < 0:
            break
    return tuple(made)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
