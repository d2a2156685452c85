"""PDF: the pages' texts become one, and what is set larger or bolder than the body becomes a heading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from app.documents.loaders.builder import check_length, no_text, separator
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.pdf_pages import PageText, Piece, read_pages
from app.documents.loaders.pdfium import Document
from app.documents.loaders.scan import Scans
from app.text.hidden import HiddenText
from app.text.parsed import Block, Line, Parsed

_LARGER = 1.12  # times the body's size
_MAX_HEADING = 120  # characters
_NUMBER = re.compile(r"(?:§\s*)?(\d{1,2}(?:\.\d{1,2})*)\.?\s+\S")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")
_OPEN_END = re.compile(r"[\w,;–—-]$")
_SENTENCE_END = (".", ",", ";", "!", "?")


def load_pdf(data: bytes, password: str = "", read_hidden: bool = False, scans: Scans | None = None) -> Parsed:
    """Read a PDF, page by page; of a page in `scans`, what was recognised there.

    Raises:
        BadFile: `password`, `damaged`, `unsupported`, `no_text`, `empty` or `too_large`.
    """
    hidden = HiddenTexts(read_hidden)
    with Document(data, password) as document:
        pages = gathered(read_pages(document, hidden, scans=scans))
        for text in document.properties():
            hidden.take("metadata", text)
    return _with_rest(assembled("pdf", pages, "The PDF holds no text.", hidden.found()), hidden)


def _with_rest(parsed: Parsed, hidden: HiddenTexts) -> Parsed:
    """What stands on no page goes behind the last one, where it is wanted."""
    found = hidden.found()
    text, blocks = parsed.text, list(parsed.blocks)
    for each in found if hidden.wanted else ():
        if each.kind in ("metadata", "replaced"):
            start = len(text) + 2
            text += f"\n\n{each.text}"
            blocks.append(Block("paragraph", start, len(text)))
    return msgspec.structs.replace(parsed, text=text, blocks=tuple(blocks), hidden=found)


def gathered(read: Iterable[PageText]) -> list[PageText]:
    """
    Raises:
        BadFile: `too_large`.
    """
    pages = []
    length = 0
    for page in read:
        page.index = []  # only the renderer needs it, and it is the largest part
        length += len(page.text)
        check_length(length)
        pages.append(page)
    return pages


def assembled(form: str, pages: list[PageText], nothing: str, hidden: Sequence[HiddenText] = ()) -> Parsed:
    """A document of its pages. One without text is there for its pictures: they may be recognised later.

    Raises:
        BadFile: `empty` in the words of `nothing`, where it has neither.
    """
    if not any(page.text or page.pictures for page in pages):
        raise no_text(nothing, hidden)
    return _Assembly(pages).build(form, _note(pages))


def _note(pages: list[PageText]) -> str:
    unread = sum(1 for page in pages if page.pictures and not (page.text and page.recognised))
    if not unread:
        return ""
    verb = "holds" if unread == 1 else "hold"
    return f"{unread} of {len(pages)} pages {verb} no readable text."


class _Assembly:
    """Joins pages; a paragraph that goes on overleaf stays one block."""

    def __init__(self, pages: list[PageText]) -> None:
        self._pages = pages
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._last: Piece | None = None
        self._sizes = Counter[float]()
        self._bold = Counter[bool]()
        for page in pages:
            for piece in page.pieces:
                if piece.kind in ("paragraph", "list"):
                    self._sizes[round(piece.size * 2) / 2] += piece.end - piece.start
        self._body = self._sizes.most_common(1)[0][0] if self._sizes else 10.0
        for page in pages:
            for piece in page.pieces:
                if abs(piece.size - self._body) < 0.6:
                    self._bold[piece.bold] += piece.end - piece.start
        self._bold_body = self._bold[True] > self._bold[False]
        self._ranks = self._rank_sizes()

    def build(self, form: str, note: str) -> Parsed:
        """The whole document."""
        spans: list[tuple[int, int]] = []
        lines: list[Line] = []
        for page in self._pages:
            start = self._join(page)
            spans.append((start, start + len(page.text)))
            lines += [
                msgspec.structs.replace(line, start=start + line.start, end=start + line.end) for line in page.lines
            ]
        text = "".join(self._parts)
        scans = tuple(page.number for page in self._pages if page.pictures)
        title = self._title(text, spans[0])
        return Parsed(form, text, tuple(self._blocks), tuple(spans), tuple(lines), title, note, scans=scans)

    def _join(self, page: PageText) -> int:
        """Append a page; → where its text begins."""
        if not page.pieces:
            return self._length
        goes_on = self._goes_on(page)
        if self._last is not None:
            self._put(" " if goes_on else separator(self._last.kind, page.pieces[0].kind))
        start = self._length
        self._put(page.text)
        for at, piece in enumerate(page.pieces):
            level = self._level(piece, page.text)
            kind = "heading" if level else piece.kind
            block = Block(kind, start + piece.start, start + piece.end, level)
            if at == 0 and goes_on:
                block = Block(self._blocks.pop().kind, self._goes_on_from, block.end)
            self._blocks.append(block)
        self._last = page.pieces[-1]
        return start

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _goes_on(self, page: PageText) -> bool:
        """Whether the page begins in the middle of the sentence that the page before ended in."""
        if not self._blocks or self._blocks[-1].kind not in ("paragraph", "list"):
            return False
        first = page.pieces[0]
        if first.kind != "paragraph" or self._last is None or abs(first.size - self._last.size) > 0.5:
            return False
        self._goes_on_from = self._blocks[-1].start
        return bool(_OPEN_END.search(self._parts[-1])) and page.text[first.start].islower()

    def _rank_sizes(self) -> dict[float, int]:
        """Sizes above the body's, largest first → heading level."""
        sizes = {
            round(piece.size * 2) / 2
            for page in self._pages
            for piece in page.pieces
            if self._is_larger(piece) and self._may_be_heading(piece, page.text)
        }
        return {size: min(rank, 5) for rank, size in enumerate(sorted(sizes, reverse=True), 1)}

    def _is_larger(self, piece: Piece) -> bool:
        return piece.size >= _LARGER * self._body

    def _may_be_heading(self, piece: Piece, text: str) -> bool:
        if piece.kind not in ("paragraph", "list") or piece.lines > 3 or piece.end - piece.start > _MAX_HEADING:
            return False
        words = text[piece.start : piece.end]
        if piece.kind == "list" and not _NUMBER.match(words):
            return False
        return not words.endswith(_SENTENCE_END) and bool(_LETTERS.search(words))

    def _level(self, piece: Piece, text: str) -> int:
        """1 to 6 for a heading, else 0."""
        if not self._may_be_heading(piece, text):
            return 0
        if self._is_larger(piece):
            return self._ranks.get(round(piece.size * 2) / 2, 5)
        if not piece.bold or self._bold_body or piece.size < 0.95 * self._body:
            return 0
        number = _NUMBER.match(text[piece.start : piece.end])
        depth = number[1].count(".") if number else 0
        return min(len(set(self._ranks.values())) + max(depth, 1), 6)

    def _title(self, text: str, first: tuple[int, int]) -> str:
        """The most prominent heading of the first page."""
        headings = [block for block in self._blocks if block.kind == "heading" and block.start < first[1]]
        best = min(headings, key=lambda block: block.level, default=None)
        return text[best.start : best.end] if best else ""
