"""Cuts a document into passages: whole paragraphs where they fit, never inside a sentence or a table row.

Sizes are in the embedder's own tokens, because what it does not read cannot be found by meaning. Small neighbours under
one heading share a passage; a long paragraph is cut between sentences into even parts that overlap by one sentence.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import Protocol

import msgspec
from msgspec import Struct

from app.places import Cells, Place
from app.text.parsed import Block, Parsed, page_at
from app.text.sentences import sentences

VERSION = 3
"""Counts up when the same file would be read or cut otherwise: it is then indexed again when it is added."""

ROOM = 320
"""Tokens of the embedder a passage may have: about 200 English words, or 500 Chinese characters."""

CONTEXT = 64
"""Tokens the headings above a passage may take of them."""

ENOUGH = 108
"""Tokens from which a passage is large enough to stand alone: it takes in no more neighbours."""

MAX_CHARS = 6000
"""A passage has no more: 320 tokens are 1,500 in most languages, but a tokenizer may take a megabyte without spaces for
one."""

CONTEXT_CHARS = 300
"""A heading longer than this is no heading to quote."""


class Piece(Struct, frozen=True):
    """A passage as it is stored: `text[start:end]` of the document; `context` is read with it, but is not in it."""

    start: int
    end: int
    page: int | None
    heading: str  # "Travel policy › Accommodation"
    context: str  # title, headings and a table's header row, for the embedder and the full text
    tokens: int  # of context and text, markers included
    header: str = ""  # the whole header row of the table that it is part of, for `tables_of`
    place: Place | None = None


class Tokens(Protocol):
    """A tokenizer, as far as sizes are concerned."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The span of each token, in code points."""
        ...


class _Span(Struct, frozen=True):
    """A stretch that stays whole, if it fits at all."""

    start: int
    end: int
    tokens: int
    row: bool = False


def embedded(context: str, text: str) -> str:
    """What the embedder reads of a passage."""
    return f"{context}\n{text}" if context else text


def cut(parsed: Parsed, counter: Tokens, name: str = "") -> list[Piece]:
    """The passages of a document, in order; `name` stands in for a title that the document lacks."""
    return list(_Cutter(parsed, counter, parsed.title or name).pieces())


def _short(unit: _Span) -> Iterator[_Span]:
    """A unit in parts that are no longer than a passage may be."""
    parts = -(-(unit.end - unit.start) // MAX_CHARS)
    for at in range(unit.start, unit.end, MAX_CHARS):
        yield _Span(at, min(at + MAX_CHARS, unit.end), -(-unit.tokens // parts))


class _Cutter:
    """Walks the blocks once, keeping the headings above."""

    def __init__(self, parsed: Parsed, counter: Tokens, title: str) -> None:
        self._text = parsed.text
        self._blocks = parsed.blocks
        self._counter = counter
        self._pages = parsed.pages
        self._places = _Places(parsed)
        self._title = " ".join(title.split())[:CONTEXT_CHARS]
        self._headings: list[tuple[int, str]] = []
        self._header_row = ""
        self._waiting: list[_Span] = []
        self._sizes: dict[str, int] = {}
        self._key = ("", "")
        self._made = ""

    def pieces(self) -> Iterator[Piece]:
        previous: Block | None = None
        for block in self._blocks:
            if self._places.change(block.start):
                yield from self._flush()
            if block.kind == "heading":
                yield from self._flush()
                self._enter(block)
            elif block.kind == "header_row":
                yield from self._flush()
                self._header_row = " ".join(self._text[block.start : block.end].split())
                yield from self._add(block)
            else:
                if block.kind != "row" and self._header_row:
                    yield from self._flush()
                    self._header_row = ""
                yield from self._add(block)
            previous = block
        yield from self._flush()
        if previous is not None and previous.kind == "heading":
            yield from self._lonely(previous)

    def _clean(self, block: Block) -> str:
        return " ".join(self._text[block.start : block.end].split())[:CONTEXT_CHARS]

    def _enter(self, block: Block) -> None:
        level = block.level or 1
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        self._headings.append((level, self._clean(block)))
        self._header_row = ""

    def _lonely(self, block: Block) -> Iterator[Piece]:
        """A heading at the very end, with nothing below it, can still be found."""
        yield self._piece(block.start, block.end, self._measure(block.start, block.end))

    def _heading(self) -> str:
        names = [name for _, name in self._headings if name]
        if names and self._title and names[0].casefold() == self._title.casefold():
            names = names[1:]
        return " › ".join([self._title, *names] if self._title else names)

    def _context(self) -> str:
        """Headings, and in a table the header row; cut at a word to the tokens they may take."""
        key = (self._heading(), self._header_row)
        if key != self._key:
            whole = "\n".join(part for part in key if part)
            spans = self._counter.spans(whole)
            self._key, self._made = key, whole if len(spans) <= CONTEXT else whole[: spans[CONTEXT - 1][1]]
        return self._made

    def _measure(self, start: int, end: int) -> int:
        return len(self._counter.spans(self._text[start:end]))

    def _room(self) -> int:
        return ROOM - self._context_size()

    def _context_size(self) -> int:
        context = self._context()
        if context not in self._sizes:
            self._sizes = {context: len(self._counter.spans(context))}
        return self._sizes[context]

    def _add(self, block: Block) -> Iterator[Piece]:
        """Take a block in; passages that are now complete come out."""
        start, end = self._trim(block.start, block.end)
        if start >= end:
            return
        tokens = self._measure(start, end)
        room = self._room()
        held = sum(span.tokens for span in self._waiting)
        if self._waiting and (held + tokens > room or held >= ENOUGH or (tokens >= ENOUGH and held >= ENOUGH // 3)):
            yield from self._flush()
        if tokens <= room and end - start <= MAX_CHARS:
            self._waiting.append(_Span(start, end, tokens, block.kind == "row"))
        else:
            yield from self._flush()
            yield from self._split(start, end, room)

    def _flush(self) -> Iterator[Piece]:
        if self._waiting:
            tokens = sum(span.tokens for span in self._waiting)
            yield self._piece(self._waiting[0].start, self._waiting[-1].end, tokens)
            self._waiting = []

    def _split(self, start: int, end: int, room: int) -> Iterator[Piece]:
        """Even parts of a long stretch, cut between sentences; a sentence too long is cut between words."""
        units = [part for unit in self._units(start, end, room) for part in _short(unit)]
        total = sum(unit.tokens for unit in units)
        target = total / -(-total // room) * 1.1
        held: list[_Span] = []
        for unit in units:
            size = sum(span.tokens for span in held)
            long = bool(held) and unit.end - held[0].start > MAX_CHARS
            if held and (size + unit.tokens > room or size >= target or long):
                yield self._piece(held[0].start, held[-1].end, size)
                last = held[-1]
                again = len(held) > 1 and last.tokens + unit.tokens <= room and last.tokens < room // 3
                held = [last] if again and unit.end - last.start <= MAX_CHARS else []
            held.append(unit)
        if held:
            yield self._piece(held[0].start, held[-1].end, sum(span.tokens for span in held))

    def _units(self, start: int, end: int, room: int) -> Iterator[_Span]:
        for a, b in sentences(self._text[start:end]):
            spans = self._counter.spans(self._text[start + a : start + b])
            at, first = start + a, 0
            while len(spans) - first > room:
                stop = self._word_end(at, start + a + spans[first + room - 1][1])
                yield _Span(at, stop, room)
                first = bisect.bisect_left(spans, (stop - start - a, 0))
                at = start + a + spans[first][0]
            if first < len(spans):
                yield _Span(at, start + b, len(spans) - first)

    def _word_end(self, start: int, end: int) -> int:
        """The last gap between words in the second half of `text[start:end]`, or its end in a text without gaps."""
        gap = max(self._text.rfind(gap, (start + end) // 2, end + 1) for gap in (" ", "\n", "\t"))
        return gap if gap > start else end

    def _trim(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self._text[start].isspace():
            start += 1
        while end > start and self._text[end - 1].isspace():
            end -= 1
        return start, end

    def _piece(self, start: int, end: int, tokens: int) -> Piece:
        context = self._context()
        size = tokens + self._context_size() + 2
        place = self._places.of(start, end)
        return Piece(start, end, page_at(self._pages, start), self._heading(), context, size, self._header_row, place)


class _Places:
    """The places of passages, asked for in the order of the text: a long sheet's lines are counted once."""

    def __init__(self, parsed: Parsed) -> None:
        self._text = parsed.text
        self._spots = parsed.spots
        self._current = -1
        self._counted = (-1, 0, 0)  # spot, offset and its line there

    def change(self, offset: int) -> bool:
        """Whether a place of the text is in another spot than the one that was asked for last."""
        before, self._current = self._current, self._at(offset)
        return before != self._current

    def of(self, start: int, end: int) -> Place | None:
        """The place of a stretch of the text."""
        at = self._at(start)
        if at < 0 or start >= self._spots[at].end:
            return None
        spot = self._spots[at]
        cells = spot.place
        if not isinstance(cells, Cells):
            return cells
        seen, offset, line = self._counted
        if seen != at or offset > start:
            offset, line = spot.start, 0
        line += self._text.count("\n", offset, start)
        self._counted = (at, start, line)
        rows = cells.rows[line : line + self._text.count("\n", start, end) + 1]
        return msgspec.structs.replace(cells, rows=rows)

    def _at(self, offset: int) -> int:
        return bisect.bisect_right(self._spots, offset, key=lambda spot: spot.start) - 1
