"""A passage as people read it: rows of a table with their headers, and none of Markdown's marks.

Only what is shown changes; spans still count in the stored text, and each piece knows where it comes from.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from itertools import accumulate

from msgspec import Struct

from app.text.addressed import masked
from app.text.marks import CODE, ESCAPED, LINK, OPENING, STRESSED, Bold
from app.text.tables import Table, cell_spans, is_rule, rows_of, tables_of
from app.types import Passage

MARKDOWN = (".md", ".markdown")
_LINE = re.compile(r"[^\n]*\n?")
_FRONT = re.compile(r"\s*(?:#{1,6}\s+|>\s?|(?P<item>[-*+])\s+)")
_NOTHING = re.compile(
    r"[-*_](?:\s*[-*_]){2,}|`{3,}.*|~{3,}.*|={3,}|-{2,}|\|(?:\s*:?-{2,}:?\s*\|)+"  # of a line without its edges
)
_INLINE = re.compile(rf"{LINK}|{OPENING}|{STRESSED}|{CODE}|<br\s*/?>(?P<line>)|{ESCAPED}")
_KEPT = ("link", "italic", "code", "escaped", "line")


class Piece(Struct, frozen=True):
    """What is shown for `text[start:end]`: the same words, others, or nothing."""

    start: int
    end: int
    text: str


class Plain(Struct, frozen=True):
    """A text without marks, with the way back to where each word stands."""

    text: str
    pieces: tuple[Piece, ...]
    begins: tuple[int, ...]  # where each piece begins in what is shown

    def place(self, offset: int) -> int:
        """Where a place of the stored text is in what is shown, before the name of a column that is put there."""
        at = bisect.bisect_left(self.pieces, offset, key=lambda piece: piece.start)
        before = self.begins[at] if at < len(self.begins) else len(self.text)
        if at == 0 or (at < len(self.pieces) and self.pieces[at].start == offset):
            return before
        piece = self.pieces[at - 1]
        inside = len(piece.text) == piece.end - piece.start and offset < piece.end
        return before - len(piece.text) + offset - piece.start if inside else before


def plain(text: str, header: str = "", *, markdown: bool) -> Plain:
    """A stretch of a document without marks.

    Args:
        text: as it is stored.
        header: the header row of the table that it is cut from, see `tables_of`.
        markdown: whether `#`, `*` and `[](...)` are marks rather than text.
    """
    pieces: list[Piece] = []
    at = 0
    for table in tables_of(text, header):
        pieces += _lines(text, at, table.start, markdown)
        pieces += _rows(table)
        at = table.end
    pieces += _lines(text, at, len(text), markdown)
    return _joined(pieces)


def unmarked(text: str, *, markdown: bool) -> Plain:
    """The same with its tables row by row as they stand: where a header is to be seen in its place too."""
    pieces: list[Piece] = []
    at = 0
    for table in tables_of(text):
        pieces += _lines(text, at, table.start, markdown)
        for line in _LINE.finditer(text, table.start, table.end):
            pieces += _row_as_it_stands(text, *line.span(), markdown)
        at = table.end
    pieces += _lines(text, at, len(text), markdown)
    return _joined(pieces)


def _joined(pieces: list[Piece]) -> Plain:
    ends = tuple(accumulate(len(piece.text) for piece in pieces))
    return Plain("".join(piece.text for piece in pieces), tuple(pieces), (0, *ends[:-1]))


def is_markdown(name: str) -> bool:
    """Whether a document of this name holds Markdown."""
    return name.lower().endswith(MARKDOWN)


def mark_of(passage: Passage) -> tuple[int, int]:
    """What of the passage is evidence: the sentence or row that answers, or all of it where none was chosen."""
    return passage.best or (0, len(passage.text))


def faint_of(passage: Passage) -> tuple[int, int]:
    """What is marked faintly round the evidence: the passage; nothing round a row, its neighbours say other things."""
    if any((row.start, row.end) == passage.best for row in rows_of(passage.text, passage.header)):
        return mark_of(passage)
    return 0, len(passage.text)


def shown(passage: Passage, most: int | None = None) -> str:
    """The sentence or row that answers best, else how the passage begins, on one line, without marks and without what
    speaks to an assistant.

    `most` is how many characters of a passage are looked at where nothing in it is marked.
    """
    start, end = passage.best or (0, most or len(passage.text))
    text = masked(passage.text, passage.flagged)
    whole = plain(text, passage.header, markdown=is_markdown(passage.document))
    words = " ".join(whole.text[whole.place(start) : whole.place(end)].split())
    return words.removeprefix("• ")


def _rows(table: Table) -> Iterator[Piece]:
    """ "City: Munich · Standard: 165 €" a row; the header row itself is in all of them."""
    at = table.start
    for number, row in enumerate(table.rows):
        yield Piece(at, row.start, "\n" if number else "")
        cells = [cell for cell in row.cells if cell.text]
        at = row.start
        for position, cell in enumerate(cells):
            lead = " · " if position else ""
            name = f"{cell.header}: " if cell.header else ""
            yield Piece(at, cell.start, lead + name)
            yield Piece(cell.start, cell.end, cell.text)
            at = cell.end
        yield Piece(at, row.end, "")
        at = row.end
    yield Piece(at, table.end, "")


def _row_as_it_stands(text: str, start: int, end: int, markdown: bool) -> Iterator[Piece]:
    """ "Munich · 165 €"; nothing of the rule below a header."""
    line = text[start:end]
    if is_rule(line):
        yield Piece(start, end, "")
        return
    at, lead = start, ""
    for a, b in cell_spans(line):
        yield Piece(at, start + a, lead)
        yield from _inline(text, start + a, start + b) if markdown else (Piece(start + a, start + b, line[a:b]),)
        at, lead = start + b, " · "
    yield Piece(at, end, "\n" if line.endswith("\n") else "")


def _lines(text: str, start: int, end: int, markdown: bool) -> Iterator[Piece]:
    """Running text, line by line where it may hold marks."""
    if not markdown:
        yield Piece(start, end, text[start:end])
        return
    for match in _LINE.finditer(text, start, end):
        a, b = match.span()
        if a == b:
            continue
        if _NOTHING.fullmatch(match[0].strip()):
            yield Piece(a, b, "\n" if match[0].endswith("\n") else "")
            continue
        front = _FRONT.match(match[0])
        if front:
            yield Piece(a, a + front.end(), "• " if front["item"] else "")
            a += front.end()
        yield from _inline(text, a, b)


def _inline(text: str, start: int, end: int) -> Iterator[Piece]:
    bold = Bold(text, start, end)
    at = look = start
    while match := _INLINE.search(text, look, end):
        kept = next((name for name in _KEPT if match[name] is not None), "")
        a, b = match.span(kept) if kept else (match.end(), bold.end(match["strong"], match.end()))
        if b < 0:
            look = match.start() + 1
            continue
        after = match.end() if kept else b + 2
        yield Piece(at, match.start(), text[at : match.start()])
        yield Piece(match.start(), a, " " if kept == "line" else "")
        if kept:
            yield Piece(a, b, text[a:b])
        else:
            yield from _inline(text, a, b)
        yield Piece(b, after, "")
        at = look = after
    yield Piece(at, end, text[at:end])
