"""Markdown to blocks that widgets can draw.

A model's text is untrusted: raw HTML stays text, images become their description, and only links that a browser or a
mail program opens remain links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.gui.chat.blocks import Align, Block, Code, Paragraph, Span, Table, Text
from app.gui.chat.links import link_target

_CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_STOP = re.compile(r"[.!?,;:](?=\s|$)")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    parser.enable(["table", "strikethrough"])
    # "[1]: see page 8" is a citation at the start of a line, not the definition of a link.
    parser.disable(["reference", "html_block", "html_inline"])
    return parser


_MARKDOWN = _parser()


@dataclass(frozen=True, slots=True)
class Part:
    """What can be committed as a whole: a top-level block, or an item of a top-level list."""

    line: int
    blocks: tuple[Block, ...]


def parts_of(text: str, sources: int) -> list[Part]:
    """The text cut where it can be committed; `[n]` is a citation for n from 1 to `sources`, and else stays text."""
    return _Walker(_MARKDOWN.parse(text), sources).walk()


def parse(text: str, sources: int = 0) -> list[Block]:
    """The blocks of a whole answer; see `parts_of`."""
    return [block for part in parts_of(text, sources) for block in part.blocks]


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


# --- tokens to blocks -------------------------------------------------------------------------------------------------


class _Walker:
    """One pass over the flat token list, with the lists and quotes it is in."""

    def __init__(self, tokens: Sequence[Token], sources: int) -> None:
        self._tokens = tokens
        self._sources = sources
        self._parts: list[Part] = []
        self._blocks: list[Block] = []
        self._paragraphs: list[Paragraph] = []
        self._numbers: list[int | None] = []  # the next number of each list around, None for bullets
        self._marker = ""
        self._quote = 0
        self._line = 0

    def walk(self) -> list[Part]:
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
            self._blocks.append(Code(token.content, language_of(token.info)))
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
            self._parts.append(Part(self._line, tuple(self._blocks)))
            self._blocks = []


def _align(style: str) -> Align:
    return "right" if "right" in style else "center" if "center" in style else "left"


def language_of(info: str) -> str:
    """The first word behind a fence."""
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
