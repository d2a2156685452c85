"""Markdown to blocks that widgets can draw, also while it is still being written.

A model's text is untrusted: raw HTML stays text, images become their description, and only links that a browser or a
mail program opens remain links. Finished blocks are given out once, so a long answer costs no more at its end than at
its start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

Align = Literal["left", "center", "right"]
ParagraphKind = Literal["text", "heading", "item", "rule"]

SAFE_LINK = re.compile(r"(?:https?://[^/\s]|mailto:[^\s])", re.IGNORECASE)
_CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_STOP = re.compile(r"[.!?,;:](?=\s|$)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LONG_PARAGRAPH = 1500
"""Characters after which a paragraph under way is given out up to a sentence's end: parsing it costs 2 ms per 1,000."""
_SENTENCE_END = re.compile(r"[.!?] (?=[^\W\d_])")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one look. `cite` is the number of a source, and then there is no text."""

    text: str = ""
    bold: bool = False
    italic: bool = False
    code: bool = False
    strike: bool = False
    link: str = ""
    cite: int = 0
    unsupported: bool = False
    flag: bool = False
    """Stands for the chip "Not from your documents"."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of thought in a text block; `level` is the heading's level or the depth of the list."""

    spans: tuple[Span, ...]
    kind: ParagraphKind = "text"
    level: int = 0
    marker: str = ""  # "•" or "3."; "" for a later paragraph of the same item
    quote: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, a heading, an item of a list or a quote. `continues`: it goes on where the text before ended."""

    paragraphs: tuple[Paragraph, ...]
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A fenced or indented code block. `open` while its end is still to come."""

    text: str
    language: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. `continues` says that the rows belong under the table before."""

    header: tuple[tuple[Span, ...], ...]
    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    aligns: tuple[Align, ...]
    continues: bool = False


Block = Text | Code | Table


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    parser.enable(["table", "strikethrough"])
    # "[1]: see page 8" is a citation at the start of a line, not the definition of a link.
    parser.disable(["reference", "html_block", "html_inline"])
    return parser


_MARKDOWN = _parser()


@dataclass(frozen=True, slots=True)
class _Part:
    """What can be committed as a whole: a top-level block, or an item of a top-level list."""

    line: int
    blocks: tuple[Block, ...]


def parse(text: str, sources: int = 0) -> list[Block]:
    """The blocks of a whole answer. `[n]` is a citation for n from 1 to `sources`, and else stays text."""
    return [block for part in _parts(text, sources) for block in part.blocks]


def plain_text(text: str) -> str:
    """The words of a piece of Markdown without its marks and citations, white space collapsed."""
    words: list[str] = []
    for block in parse(text, 999):
        if isinstance(block, Text):
            words += ["".join(span.text for span in paragraph.spans) for paragraph in block.paragraphs]
        elif isinstance(block, Table):
            rows = [block.header, *block.rows]
            words += ["".join(span.text for span in cell) for row in rows for cell in row]
        else:
            words.append(block.text)
    return " ".join(" ".join(words).split())


def link_target(href: str) -> str:
    """The address if it may be opened, else "": no files, no network shares, nothing that runs."""
    return href if SAFE_LINK.match(href) else ""


# --- while it is written ----------------------------------------------------------------------------------------------


class MarkdownStream:
    """Takes an answer piece by piece; gives out each finished block once, and the unfinished rest anew each time."""

    def __init__(self, sources: int = 0) -> None:
        self._sources = sources
        self._rest = ""
        self._head = ""  # header lines of a table whose first rows are already given out
        self._within = False  # the start of the paragraph under way is already given out

    def feed(self, piece: str) -> tuple[list[Block], list[Block]]:
        """(blocks finished since the last call, blocks of the rest)."""
        self._rest += piece
        fence = _open_fence(self._rest)
        if fence is not None:
            return [], [fence]
        parts = _parts(self._head + self._rest, self._sources)
        if not parts:
            return [], []
        offset = self._head.count("\n")
        done, last = parts[:-1], parts[-1]
        if not done:
            return self._grow_text(last) if isinstance(last.blocks[0], Text) else self._grow_table(last)
        finished = self._given_out(done, offset)
        self._cut(last.line - offset)
        self._head, self._within = "", False
        return finished, list(last.blocks)

    def finish(self) -> list[Block]:
        """The rest, as it stands at the end of the answer."""
        parts = _parts(self._head + self._rest, self._sources)
        offset = self._head.count("\n")
        rest = self._given_out(parts, offset)
        self._rest, self._head, self._within = "", "", False
        return rest

    def _cut(self, lines: int) -> None:
        self._rest = "".join(self._rest.splitlines(keepends=True)[lines:])

    def _given_out(self, parts: Sequence[_Part], offset: int) -> list[Block]:
        """The blocks of these parts; the first says whether it goes on from what was given out before."""
        blocks = [block for part in parts for block in part.blocks]
        first = blocks[0] if blocks else None
        if (isinstance(first, Table) and self._head and parts[0].line < offset) or (
            isinstance(first, Text) and self._within
        ):
            blocks[0] = replace(first, continues=True)
        return blocks

    def _grow_text(self, part: _Part) -> tuple[list[Block], list[Block]]:
        """Give out the sentences of a long paragraph that no mark spans."""
        blocks = self._given_out([part], 0)
        text = blocks[0]
        simple = len(blocks) == 1 and isinstance(text, Text) and len(text.paragraphs) == 1
        if len(self._rest) < _LONG_PARAGRAPH or not simple or not self._is_plain_paragraph(text):
            return [], blocks
        cut = _sentence_cut(self._rest)
        if not cut:
            return [], blocks
        given = self._given_out(_parts(self._rest[:cut], self._sources), 0)
        self._rest, self._within = self._rest[cut:], True
        return given, self._given_out(_parts(self._rest, self._sources), 0)

    @staticmethod
    def _is_plain_paragraph(block: Block) -> bool:
        return isinstance(block, Text) and block.paragraphs[0].kind == "text" and not block.paragraphs[0].quote

    def _grow_table(self, part: _Part) -> tuple[list[Block], list[Block]]:
        """Give out all complete rows but the last of a table that still grows."""
        blocks = self._given_out([part], self._head.count("\n"))
        table = blocks[0] if len(blocks) == 1 else None
        if not isinstance(table, Table) or len(table.rows) < 2 or part.line != 0:
            return [], blocks
        lines = (self._head + self._rest).splitlines(keepends=True)
        if len(lines) != len(table.rows) + 2 or not _TABLE_RULE.fullmatch(lines[1].rstrip("\n")):
            return [], blocks
        self._head = "".join(lines[:2])
        self._rest = lines[-1]
        return (
            [replace(table, rows=table.rows[:-1])],
            [replace(table, rows=table.rows[-1:], continues=True)],
        )


def _open_fence(text: str) -> Code | None:
    """A fence at the very start that has no end yet, read without the parser since code can be long."""
    match = _FENCE.match(text)
    if match is None or "\n" not in text:
        return None
    info, _, body = text[match.end() :].partition("\n")
    mark = match[1]
    if mark[0] == "`" and "`" in info:
        return None
    if re.search(rf"^ {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$", body, re.MULTILINE):
        return None
    return Code(body, _language(info), open=True)


def _sentence_cut(text: str) -> int:
    """The last end of a sentence outside of all marks, some way before the end, or 0."""
    for match in reversed(list(_SENTENCE_END.finditer(text, 0, len(text) - 200))):
        before = text[: match.end()]
        if not any(before.count(mark) % 2 for mark in "*_`~") and before.count("[") == before.count("]"):
            return match.start() + 1
    return 0


# --- tokens to blocks -------------------------------------------------------------------------------------------------


def _parts(text: str, sources: int) -> list[_Part]:
    walker = _Walker(_MARKDOWN.parse(text), sources)
    return walker.walk()


class _Walker:
    """One pass over the flat token list, with the lists and quotes it is in."""

    def __init__(self, tokens: Sequence[Token], sources: int) -> None:
        self._tokens = tokens
        self._sources = sources
        self._parts: list[_Part] = []
        self._blocks: list[Block] = []
        self._paragraphs: list[Paragraph] = []
        self._numbers: list[int | None] = []  # the next number of each list around, None for bullets
        self._marker = ""
        self._quote = 0
        self._line = 0

    def walk(self) -> list[_Part]:
        at = 0
        while at < len(self._tokens):
            at = self._take(at)
        self._end_part()
        return self._parts

    def _take(self, at: int) -> int:
        """Handle the token at `at`; → where to go on."""
        token = self._tokens[at]
        top_item = token.type == "list_item_open" and len(self._numbers) == 1 and not self._quote
        if token.map and (token.level == 0 or top_item) and token.nesting >= 0:
            self._end_part()
            self._line = token.map[0]
        if token.type == "table_open":
            return self._table(at)
        if token.type in ("fence", "code_block"):
            self._end_text()
            self._blocks.append(Code(token.content, _language(token.info)))
        elif token.type == "hr":
            self._paragraphs.append(Paragraph((), "rule"))
        elif token.type == "inline":
            self._inline(token, self._tokens[at - 1])
        else:
            self._nest(token)
        return at + 1

    def _nest(self, token: Token) -> None:
        if token.type == "bullet_list_open":
            self._numbers.append(None)
        elif token.type == "ordered_list_open":
            start = token.attrGet("start")
            self._numbers.append(int(start) if start is not None else 1)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._numbers.pop()
            self._marker = ""
        elif token.type == "list_item_open":
            number = self._numbers[-1]
            self._marker = "•" if number is None else f"{number}."
            if number is not None:
                self._numbers[-1] = number + 1
        elif token.type == "blockquote_open":
            self._quote += 1
        elif token.type == "blockquote_close":
            self._quote -= 1

    def _inline(self, token: Token, opener: Token) -> None:
        spans = _spans_in_order(token.children or [], self._sources)
        level = len(self._numbers)
        if opener.type == "heading_open":
            self._paragraphs.append(Paragraph(spans, "heading", int(opener.tag[1]), quote=self._quote))
        elif level:
            self._paragraphs.append(Paragraph(spans, "item", level, self._marker, self._quote))
            self._marker = ""
        elif spans:
            self._paragraphs.append(Paragraph(spans, quote=self._quote))

    def _table(self, at: int) -> int:
        self._end_text()
        rows: list[tuple[tuple[Span, ...], ...]] = []
        cells: list[tuple[Span, ...]] = []
        aligns: list[Align] = []
        while self._tokens[at].type != "table_close":
            token = self._tokens[at]
            if token.type == "tr_open":
                cells = []
            elif token.type == "th_open":
                aligns.append(_align(str(token.attrGet("style") or "")))
            elif token.type == "inline":
                cells.append(_spans_in_order(token.children or [], self._sources))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
            at += 1
        self._blocks.append(Table(rows[0], tuple(rows[1:]), tuple(aligns)))
        return at + 1

    def _end_text(self) -> None:
        if self._paragraphs:
            self._blocks.append(Text(tuple(self._paragraphs)))
            self._paragraphs = []

    def _end_part(self) -> None:
        self._end_text()
        if self._blocks:
            self._parts.append(_Part(self._line, tuple(self._blocks)))
            self._blocks = []


def _align(style: str) -> Align:
    return "right" if "right" in style else "center" if "center" in style else "left"


def _language(info: str) -> str:
    return info.strip().split()[0][:40] if info.strip() else ""


def _spans(children: Iterable[Token], sources: int) -> Iterator[Span]:
    look = Span()
    for token in children:
        if token.type == "text":
            yield from _with_citations(token.content, look, sources)
        elif token.type == "code_inline":
            yield replace(look, text=token.content, code=True)
        elif token.type in ("softbreak", "hardbreak"):
            # Chat models end a line where they want a new one.
            yield replace(look, text="\n")
        elif token.type == "image":
            yield replace(look, text=token.content)
        else:
            look = _change_look(look, token)


def _spans_in_order(children: Iterable[Token], sources: int) -> tuple[Span, ...]:
    """The spans, citations behind the full stop that follows them, so that the sentence reads as it was written."""
    spans: list[Span] = []
    for span in _spans(children, sources):
        first = len(spans)
        while first and (spans[first - 1].cite or (first < len(spans) and spans[first - 1].text.isspace())):
            first -= 1
        stop = _STOP.match(span.text) if 0 < first < len(spans) and not span.code else None
        if stop is None:
            spans.append(span)
            continue
        before = spans[first - 1]
        spans[first - 1] = replace(before, text=before.text.rstrip(" "))
        chips = [each for each in spans[first:] if each.cite]
        spans[first:] = [replace(span, text=stop.group() + " "), *chips]
        if span.text[stop.end() :]:
            spans.append(replace(span, text=span.text[stop.end() :]))
    return tuple(spans)


def _change_look(look: Span, token: Token) -> Span:
    on = token.nesting > 0
    if token.type.startswith("strong_"):
        return replace(look, bold=on)
    if token.type.startswith("em_"):
        return replace(look, italic=on)
    if token.type.startswith("s_"):
        return replace(look, strike=on)
    if token.type.startswith("link_"):
        return replace(look, link=link_target(str(token.attrGet("href") or "")) if on else "")
    return look


def _with_citations(text: str, look: Span, sources: int) -> Iterator[Span]:
    start = 0
    for match in _CITATION.finditer(text) if sources else ():
        numbers = [int(number) for number in match[1].split(",")]
        if not all(1 <= number <= sources for number in numbers):
            continue
        before = text[start : match.start()]
        if before:
            yield replace(look, text=before)
        for number in numbers:
            yield replace(look, cite=number)
        start = match.end()
    if text[start:]:
        yield replace(look, text=text[start:])


# --- what the documents do not say ------------------------------------------------------------------------------------


def mark_unsupported(blocks: Sequence[Block], sentences: Sequence[str]) -> list[Block]:
    """The same blocks, with the spans of these sentences marked and a flag after each."""
    wanted = [plain_text(sentence) for sentence in sentences]
    wanted = [sentence for sentence in wanted if sentence]
    if not wanted:
        return list(blocks)
    return [_mark_block(block, wanted) for block in blocks]


def _mark_block(block: Block, sentences: Sequence[str]) -> Block:
    if isinstance(block, Text):
        return Text(tuple(replace(each, spans=_mark(each.spans, sentences)) for each in block.paragraphs))
    if isinstance(block, Table):
        rows = tuple(tuple(_mark(cell, sentences) for cell in row) for row in block.rows)
        return replace(block, rows=rows)
    return block


def _mark(spans: tuple[Span, ...], sentences: Sequence[str]) -> tuple[Span, ...]:
    text = "".join(span.text for span in spans)
    for start, end in sorted((_find(text, sentence) for sentence in sentences), reverse=True):
        if end > start:
            spans = tuple(_mark_range(spans, start, end))
    return spans


def _find(text: str, sentence: str) -> tuple[int, int]:
    """Where the sentence stands, whatever white space is between its words."""
    match = re.search(r"\s+".join(map(re.escape, sentence.split())), text)
    return match.span() if match else (0, 0)


def _mark_range(spans: Iterable[Span], start: int, end: int) -> Iterator[Span]:
    """Split spans at the range, mark those inside, and put the flag behind the last of them."""
    at = 0
    flagged = False
    for span in spans:
        stop = at + len(span.text)
        if not span.text or stop <= start or at >= end:
            if at >= end and not flagged:
                flagged = True
                yield Span(flag=True)
            yield span
        else:
            low, high = max(start - at, 0), min(end - at, len(span.text))
            for text, inside in ((span.text[:low], False), (span.text[low:high], True)):
                if text:
                    yield replace(span, text=text, unsupported=inside or span.unsupported)
            if high < len(span.text):
                flagged = True
                yield Span(flag=True)
                yield replace(span, text=span.text[high:])
        at = stop
    if not flagged:
        yield Span(flag=True)
