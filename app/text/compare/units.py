"""Cuts a text into what is compared: headings, sentences, list items and table rows, each as a row of words.

Sentences and not paragraphs, so that a paragraph that was split, merged or set anew is no difference. Spaces,
line ends, quotation marks, emphasis and hyphens between letters are none either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from app.formats import tables_in
from app.text.parsed import Block
from app.text.sentences import sentences
from app.text.structure import parse, runs_of_lines

UnitKind = Literal["heading", "sentence", "item", "row"]
SOFT_LINES = frozenset({"markdown", "text"})
"""Formats in which a line may end in the middle of a sentence; in the others the loaders have joined such lines."""

CJK = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f"
"""Characters of scripts without spaces: each is a word of its own here."""
_LETTER = rf"(?:(?![{CJK}])[^\W_]|[\u0300-\u036f\u0900-\u0963\u0966-\u0dff\u1000-\u109f\u1780-\u17d3])"
_TOKEN = re.compile(
    rf"(?<![^\s(\[\"'])[-+](?=\d){_LETTER}+(?:[-./:,']{_LETTER}+)*"  # a number with its sign
    rf"|{_LETTER}+(?:(?:-[^\S\n]*\n\s*|[-./:,']){_LETTER}+)*|[{CJK}]|[^\s*_`~\\|#]"
)
_SAME = str.maketrans(
    {
        **dict.fromkeys("“”„«»‟″", '"'),
        **dict.fromkeys("’‘‚‛′´", "'"),
        **dict.fromkeys("–—−‐‑‒", "-"),
    }
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\s*(?=[^\W\d_])")
_LINE = re.compile(r"[^\n]+")
_RULE = re.compile(r"[\s|:=*_-]+")
_MONTH = (
    r"(?:Jan|Feb|Mär|Mar|Apr|Mai|May|Jun|Jul|Aug|Sep|Okt|Oct|Nov|Dez|Dec|janv|févr|mars|avr|juin|juil|août|sept|déc)"
)
_ITEM = re.compile(rf"\s*(?:[-*•–▪◦]|\(?(?:\d{{1,3}}|[a-z]|[ivx]{{1,4}})[.)])\s+(?!{_MONTH})(?=\S)")
_LABEL = re.compile(
    rf"\s*(?:#+\s+)?((?:§+\s*|Art(?:icle|ikel)?\.?\s+|Section\s+)?\d{{1,3}}(?:\.\d{{1,3}})*[.)]?)\s+(?!{_MONTH})(?=\S)"
)
_CLAUSE = re.compile(r"(?:§|Art|Section|\d+(?:\.\d+|\)))[^\n]*?\s(?=[^\W\d_a-zà-ÿ])")
"""A paragraph that begins with a number of its own: "4.2 The buyer", but not "2.5 litres"."""
_NAMED = re.compile(r"[^;:|]{1,60}: ")
_PAGE_NUMBER = re.compile(
    r"(?:\W|page|seite|página|pagina|p\.|of|von|de|sur|di)*\d+(?:[^\w/]*(?:of|von|de|sur|di|/)\W*\d+)?\W*", re.I
)
_EDGE_LINES = 2
_TABLE = re.compile(r"[^\n|]*\|[^\n]*\n[^\n|]*\|")  # the header row of a table may come again and again too
_CELL_END = re.compile(r"[|;]")
_WORD = re.compile(r"\w")
_TIGHT = frozenset({"row", "header_row", "list"})
_Piece = Literal["heading", "clause", "sentence", "item", "row"]
"""As UnitKind, and a paragraph's first sentence, which may carry its number."""


class Unit(Struct, frozen=True):
    """A piece that is compared as a whole."""

    kind: UnitKind
    start: int
    end: int
    tokens: tuple[str, ...]  # what is compared: without marks, label and markup
    section: int  # index of the heading it stands under, -1 before the first
    block: int  # units of one paragraph, list or table have the same
    body: int  # where what is compared begins, behind mark and label
    level: int = 0  # of a heading
    label: str = ""  # "4.2": the number of a heading or clause; of a row its first cell


def tokenized(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """Words, figures and signs of a stretch: how each is compared, and its span."""
    found = []
    for match in _TOKEN.finditer(text[start:end].translate(_SAME)):
        word = match[0]
        found.append((_HYPHEN.sub("", word) if "-" in word else word, start + match.start(), start + match.end()))
    return found


def units(text: str, form: str, pages: Sequence[tuple[int, int]] = ()) -> Iterator[Unit]:
    """The units of a text in order.

    Args:
        text: of the document, as a loader made it.
        form: its format, "pdf" or "markdown": whether a line's end means something.
        pages: the span of each page; lines that come again on each of them count once, page numbers not at all.
    """
    return _Cutter(text, form, pages).units()


class _Cutter:
    """Knows the text, the heading under way and what page furniture to pass over."""

    def __init__(self, text: str, form: str, pages: Sequence[tuple[int, int]]) -> None:
        self._text, self._form = text, form
        self._soft = form in SOFT_LINES
        self._skipped = _furniture(text, pages)
        self._section, self._block, self._count = -1, 0, 0
        self._seen: dict[str, str] = {}

    def units(self) -> Iterator[Unit]:
        before = Block("paragraph", 0, 0)
        for block in _covering(self._text, parse(self._text).blocks):
            self._block += not self._belong_together(before, block)
            before = block
            for kind, start, end in self._pieces(block):
                unit = self._unit(kind, start, end, block.level)
                if unit.tokens:
                    self._count += 1
                    yield unit

    def _belong_together(self, before: Block, block: Block) -> bool:
        """Whether two blocks are of one table or one list: nothing but its bars and a line's end between them."""
        between = self._text[before.end : block.start]
        return {before.kind, block.kind} <= _TIGHT and not between.strip(" |:-\n") and "\n\n" not in between

    def _pieces(self, block: Block) -> Iterator[tuple[_Piece, int, int]]:
        if block.kind == "heading" and block.start not in self._skipped:
            yield "heading", block.start, block.end
            return
        waiting: tuple[int, int] | None = None
        for line in _LINE.finditer(self._text, block.start, block.end):
            start, end = line.span()
            if line.start() in self._skipped or _RULE.fullmatch(line[0]):
                continue
            row = "|" in line[0] or self._is_named_row(line[0])
            if waiting and (row or not self._soft or _ITEM.match(line[0])):
                yield from self._sentences(*waiting)
                waiting = None
            if row:
                yield "row", start, end
            else:
                waiting = (waiting[0] if waiting else start, end)
        if waiting:
            yield from self._sentences(*waiting)

    def _is_named_row(self, line: str) -> bool:
        """Whether it reads "City: Munich; Standard: 165 €"."""
        parts = line.split("; ")
        named = sum(bool(_NAMED.match(part)) for part in parts)
        return tables_in(self._form) == "one" or (len(parts) > 1 and named > len(parts) / 2 and named > 1)

    def _sentences(self, start: int, end: int) -> Iterator[tuple[_Piece, int, int]]:
        text = self._text[start:end]
        kind: _Piece = "item" if _ITEM.match(text) else "clause"
        for a, b in sentences(text):
            yield kind, start + a, start + b
            kind = "sentence"

    def _unit(self, kind: _Piece, start: int, end: int, level: int) -> Unit:
        text, label, body = self._text, "", start
        if kind == "row":
            cells = _CELL_END.split(text[start:end])
            label = " ".join(next((each for each in cells if each.strip()), "").casefold().split())
        elif kind != "sentence":
            mark = _LABEL.match(text, start, end)
            if mark and (kind != "clause" or _CLAUSE.match(text, start, mark.end() + 1)):
                label, body = mark[1].strip(), mark.end()
            elif kind == "item" and (item := _ITEM.match(text, start, end)):
                body = item.end()
        words = (word.casefold() if kind == "heading" else word for word, _, _ in tokenized(text, body, end))
        tokens = tuple(self._seen.setdefault(word, word) for word in words)
        if kind == "heading" and tokens:
            self._section = self._count
        shown: UnitKind = "sentence" if kind == "clause" else kind
        return Unit(shown, start, end, tokens, self._section, self._block, body, level, label)


def _covering(text: str, blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks, and what stands between them and is in none."""
    at = 0
    for block in (*blocks, Block("paragraph", len(text), len(text))):
        for start, end in runs_of_lines(text, at, block.start, lambda line: bool(_WORD.search(line))):
            yield Block("paragraph", start, start + len(text[start:end].rstrip()))
        if block.start < block.end:
            yield block
        at = block.end


def _furniture(text: str, pages: Sequence[tuple[int, int]]) -> set[int]:
    """Where lines begin that are page numbers, or came in the same place of an earlier page already."""
    edges: list[tuple[tuple[int, str], int]] = []
    skipped: set[int] = set()
    for number, (start, end) in enumerate(pages, 1):
        own = re.compile(rf"\b(?:{number}|{len(pages)})\b")
        lines = [(match.start(), match[0]) for match in _LINE.finditer(text, start, end) if not match[0].isspace()]
        edge = min(_EDGE_LINES, len(lines))
        for place in (*range(edge), *range(-edge, 0)):
            at, line = lines[place]
            if _PAGE_NUMBER.fullmatch(line):
                skipped.add(at)
            elif not _TABLE.match(text, at, end):
                edges.append(((place, own.sub("0", " ".join(line.split()))), at))
    counts = Counter(key for key, _ in edges)
    seen: set[tuple[int, str]] = set()
    for key, at in edges:
        if key in seen and counts[key] >= max(2, len(pages) / 3):
            skipped.add(at)
        seen.add(key)
    return skipped
