"""A document without its personal data: what was found is replaced in its text, title, places and hidden text.

Every span moves along. What stood there is in none of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from app.places import Cells, MailPart, Member, Place
from app.text.hidden import HiddenText
from app.text.parsed import Block, Line, Parsed, Spot
from app.text.personal.finding import Finding, apart, find, mask, replaced
from app.text.personal.kinds import Found, PersonalKind, known, placeholder


def masked(parsed: Parsed, kinds: Sequence[PersonalKind]) -> Parsed:
    """The document as it is kept where these kinds are masked; `personal` says what was found and where."""
    findings = find(parsed.text, kinds)
    if parsed.scans:
        findings = apart(sorted([*findings, *_marks(parsed.text, kinds)], key=lambda each: each.start))
    marks = [_mark(parsed.text, each) for each in findings]
    moved = _Moved(findings, marks)
    return msgspec.structs.replace(
        parsed,
        text=replaced(parsed.text, findings, marks),
        blocks=tuple(_blocks(parsed.blocks, moved)),
        pages=tuple(moved.span(*page) for page in parsed.pages),
        lines=tuple(_lines(parsed.lines, moved)),
        title=masked_text(parsed.title, kinds),
        note=masked_text(parsed.note, kinds),
        spots=tuple(_spots(parsed.spots, moved, kinds)),
        hidden=tuple(_hidden(each, kinds) for each in parsed.hidden),
        masked=known(kinds),
        personal=tuple(moved.found(known((each.kind,))[0], at) for at, each in enumerate(findings)),
    )


def masked_text(text: str, kinds: Sequence[PersonalKind]) -> str:
    """A short text of its own, with what was found in it replaced."""
    return mask(text, find(text, kinds)) if text else ""


def _marks(text: str, kinds: Sequence[PersonalKind]) -> list[Finding]:
    """What was masked on recognised pages, before they became a part of the text."""
    found = []
    for kind in kinds:
        mark = placeholder(kind)
        at = text.find(mark)
        while at >= 0:
            found.append(Finding(at, at + len(mark), kind, "on a recognised page"))
            at = text.find(mark, at + len(mark))
    return found


def _mark(text: str, finding: Finding) -> str:
    """As many lines as stood there: rows of a sheet are counted by them."""
    return placeholder(finding.kind) + "\n" * text.count("\n", finding.start, finding.end)


class _Moved:
    """Where places of the text are now. One inside of what was replaced is at the end of what stands there."""

    def __init__(self, findings: Sequence[Finding], marks: Sequence[str]) -> None:
        self._starts = [each.start for each in findings]
        self._ends = [each.end for each in findings]
        self._now: list[tuple[int, int]] = []
        shift = 0
        for each, mark in zip(findings, marks, strict=True):
            self._now.append((each.start + shift, each.start + shift + len(mark)))
            shift += len(mark) - (each.end - each.start)

    def found(self, kind: PersonalKind, at: int) -> Found:
        return Found(kind, *self._now[at])

    def place(self, place: int) -> int:
        before = bisect_right(self._starts, place) - 1
        if before < 0:
            return place
        if place == self._starts[before]:
            return self._now[before][0]
        return self._now[before][1] + max(0, place - self._ends[before])

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.place(start), self.place(end)


def _blocks(blocks: Sequence[Block], moved: _Moved) -> list[Block]:
    now = [(block, moved.span(block.start, block.end)) for block in blocks]
    return [Block(block.kind, *span, block.level) for block, span in now if span[0] < span[1]]


def _lines(lines: Sequence[Line], moved: _Moved) -> list[Line]:
    now = [(line, moved.span(line.start, line.end)) for line in lines]
    return [Line(*span, line.page, line.box, line.sure) for line, span in now if span[0] < span[1]]


def _spots(spots: Sequence[Spot], moved: _Moved, kinds: Sequence[PersonalKind]) -> list[Spot]:
    now = [(spot, moved.span(spot.start, spot.end)) for spot in spots]
    return [Spot(*span, _place(spot.place, kinds)) for spot, span in now if span[0] < span[1]]


def _place(place: Place, kinds: Sequence[PersonalKind]) -> Place:
    """Names within a place can hold personal data too: a sheet, an attachment, a file in an archive."""
    if isinstance(place, Cells):
        return msgspec.structs.replace(place, sheet=masked_text(place.sheet, kinds))
    if isinstance(place, MailPart):
        return msgspec.structs.replace(place, attachment=masked_text(place.attachment, kinds))
    if isinstance(place, Member):
        inner = None if place.place is None else _place(place.place, kinds)
        assert not isinstance(inner, Member)
        return msgspec.structs.replace(place, path=masked_text(place.path, kinds), place=inner)
    return place


def _hidden(piece: HiddenText, kinds: Sequence[PersonalKind]) -> HiddenText:
    return msgspec.structs.replace(piece, text=masked_text(piece.text, kinds))
