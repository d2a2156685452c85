"""Quoted history: tells it from what a mail says itself, and keeps of it what was not said before in the same file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser

from app.text.parsed import BlockKind, Parsed

_QUOTED = re.compile(r"[ \t]{0,3}>")
_MARKS = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_QUOTES = "blockquote, div.gmail_quote, div.yahoo_quoted"
_OPENING = re.compile(r"<blockquote|gmail_quote|yahoo_quoted", re.I)
_MOST_QUOTES, _DEEPEST = 200, 12
"""Of a page; one with more is read as it stands, since each costs a pass over it."""
_HISTORY = re.compile(
    r"-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|messaggio originale"
    r"|forwarded message|weitergeleitete nachricht)|_{20,}$"
    r"|(?:from|von|de|da|van)\s*:\s.{0,300}?\b(?:sent|gesendet|date|datum|envoyé|enviado|inviato|verzonden|to|an)\s*:\s",
    re.I | re.S,
)  # fmt: skip
_WORD = re.compile(r"\w+")
_RUN = 4
"""Words in a row by which two texts are compared: wraps and marks do not change them."""
_SAME = 0.8
"""Share of them from which a paragraph was said before."""
_MOST = 3_000_000
"""Runs of words that are kept of one file: about 300 MB of memory."""


class Stretch(Struct, frozen=True):
    """A part of a body: what the mail says, or what it quotes."""

    text: str
    quoted: bool


def in_text(text: str) -> Iterator[Stretch]:
    """The stretches of a plain text; quoted ones come without their marks."""
    held: list[str] = []
    depth = 0
    for line in text.splitlines():
        marks = _MARKS.match(line) if _QUOTED.match(line) else None
        deep = marks[0].count(">") if marks else 0
        if deep != depth and (line.strip() or deep):
            if held:
                yield Stretch("\n".join(held), depth > 0)
            held, depth = [], deep
        held.append(line[marks.end() :] if marks else line)
    if held:
        yield Stretch("\n".join(held), depth > 0)


def in_html(page: str, depth: int = 0) -> Iterator[Stretch]:
    """The stretches of a page: what stands in no quotation, then the quotations, the outermost ones first."""
    if depth >= _DEEPEST or len(_OPENING.findall(page)) > _MOST_QUOTES:
        yield Stretch(page, False)
        return
    tree = LexborHTMLParser(page)
    quotes = []
    while (node := tree.css_first(_QUOTES)) is not None:
        inner = LexborHTMLParser("<body>" + "".join(child.html or "" for child in node.iter(include_text=True)))
        quotes.append(inner.html or "")
        node.decompose()
    yield Stretch(tree.html or "", False)
    styles = "".join(style.html or "" for style in tree.css("style"))
    for quote in quotes:
        yield from (Stretch(styles + each.text, True) for each in in_html(quote, depth + 1))


class Told:
    """What was said in a file so far."""

    def __init__(self) -> None:
        self._before: set[int] = set()
        self._now: set[int] = set()

    def new(self, parsed: Parsed, quoted: bool) -> Iterator[tuple[BlockKind, str, int]]:
        """The blocks to keep: all that a mail says itself, and what it quotes that was not said before."""
        for block in parsed.blocks:
            text = parsed.text[block.start : block.end]
            quoted = quoted or bool(_HISTORY.match(text))
            runs = _runs(text)
            if not quoted or not self._said(runs):
                yield block.kind, text, block.level
            self._now |= runs
        if quoted:
            self.end()

    def end(self) -> None:
        """A message, or a quoted one, ends: from now on it is what was said before."""
        if len(self._before) < _MOST:
            self._before |= self._now
        self._now = set()

    def _said(self, runs: set[int]) -> bool:
        return bool(runs) and len(runs & self._before) >= _SAME * len(runs)


def _runs(text: str) -> set[int]:
    words = _WORD.findall(text.casefold())
    return {hash(tuple(words[at : at + _RUN])) for at in range(max(1, len(words) - _RUN + 1))} if words else set()
