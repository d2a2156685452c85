"""A passage as people read it: rows of a table with their headers, and none of Markdown's marks.

Only what is shown changes; spans still count in the stored text, and each piece knows where it comes from.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator

from msgspec import Struct

from app.text.addressed import masked
from app.text.tables import Table, rows_of, tables_of
from app.types import Passage

MARKDOWN = (".md", ".markdown")
_LINE = re.compile(r"[^\n]*\n?")
_FRONT = re.compile(r"\s*(?:#{1,6}\s+|>\s?|(?P<item>[-*+])\s+)")
_NOTHING = re.compile(r"\s*(?:(?:[-*_]\s*){3,}|`{3,}.*|~{3,}.*|={3,}|-{2,}|\|(?:\s*:?-{2,}:?\s*\|)+)\s*")
_INLINE = re.compile(
    r"!?\[(?P<link>[^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+[\"'(][^)\n]*)?\)"
    r"|(?P<strong>\*\*|__)(?=\S)(?P<bold>.+?)(?<=\S)(?P=strong)"
    r"|(?<![\w*])(?P<stress>[*_])(?=[^\s*_])(?P<italic>[^*_\n]+?)(?<=[^\s*_])(?P=stress)(?![\w*])"
    r"|`(?P<code>[^`\n]+)`|<br\s*/?>(?P<line>)|\\(?P<escaped>[\\`*_{}\[\]()#+.!|<>~-])"
)
_KEPT = ("link", "bold", "italic", "code", "escaped", "line")


class Piece(Struct, frozen=True):
    """What is shown for `text[start:end]`: the same words, others, or nothing."""

    start: int
    end: int
    text: str


class Plain(Struct, frozen=True):
    """A text without marks, with the way back to where each word stands."""

    text: str
    pieces: tuple[Piece, ...]

    def place(self, offset: int) -> int:
        """Where a place of the stored text is in what is shown, before the name of a column that is put there."""
        at = bisect.bisect_left(self.pieces, offset, key=lambda piece: piece.start)
        before = sum(len(piece.text) for piece in self.pieces[:at])
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
    return Plain("".join(piece.text for piece in pieces), tuple(pieces))


def unmarked(text: str, *, markdown: bool) -> Plain:
    """The same with its tables row by row as they stand: where a header is to be seen in its place too."""
    pieces = tuple(_lines(text, 0, len(text), markdown))
    return Plain("".join(piece.text for piece in pieces), pieces)


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


def _lines(text: str, start: int, end: int, markdown: bool) -> Iterator[Piece]:
    """Running text, line by line where it may hold marks."""
    if not markdown:
        yield Piece(start, end, text[start:end])
        return
    for match in _LINE.finditer(text, start, end):
        a, b = match.span()
        if a == b:
            continue
        if _NOTHING.fullmatch(match[0]):
            yield Piece(a, b, "\n" if match[0].endswith("\n") else "")
            continue
        front = _FRONT.match(match[0])
        if front:
            yield Piece(a, a + front.end(), "• " if front["item"] else "")
            a += front.end()
        yield from _inline(text, a, b)


def _inline(text: str, start: int, end: int) -> Iterator[Piece]:
    at = start
    for match in _INLINE.finditer(text, start, end):
        kept = next(name for name in _KEPT if match[name] is not None)
        yield Piece(at, match.start(), text[at : match.start()])
        a, b = match.span(kept)
        yield Piece(match.start(), a, " " if kept == "line" else "")
        if kept == "bold":
            yield from _inline(text, a, b)
        else:
            yield Piece(a, b, text[a:b])
        yield Piece(b, match.end(), "")
        at = match.end()
    yield Piece(at, end, text[at:end])
