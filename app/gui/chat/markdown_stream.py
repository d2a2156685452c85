"""Markdown while it is still being written.

Finished blocks are given out once, so that a long answer costs no more at its end than at its start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.gui.chat.blocks import Block, Code, Span, Table, Text
from app.gui.chat.markdown import Part, language_of, parts_of

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LONG_PARAGRAPH = 1500
"""Characters after which a paragraph under way is given out up to a sentence's end: parsing it costs 2 ms per 1,000."""
_SENTENCE_END = re.compile(r"[.!?] (?=[^\W\d_])")
_WORDS = re.compile(r"(?:[^\W_]|[ ',.;?%€$’–—-])+")
"""Text that neither begins nor ends a mark of Markdown where it goes on in a line of words."""
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")


class MarkdownStream:
    """Takes an answer piece by piece; gives out each finished block once, and the unfinished rest anew each time."""

    def __init__(self, sources: int = 0) -> None:
        self._sources = sources
        self._rest = ""
        self._head = ""  # header lines of a table whose first rows are already given out
        self._within = False  # the start of the paragraph under way is already given out
        self._tail: list[Block] = []  # the rest as it was given out last

    def feed(self, piece: str) -> tuple[list[Block], list[Block]]:
        """(blocks finished since the last call, blocks of the rest)."""
        grown = self._words(piece)
        self._rest += piece
        done, self._tail = ([], grown) if grown else self._parse()
        return done, self._tail

    def _words(self, piece: str) -> list[Block]:
        """The last rest with these words behind it, without the parser; [] where they may change its meaning."""
        text = self._tail[0] if len(self._tail) == 1 else None
        line = self._rest[self._rest.rfind("\n") + 1 :]
        if not (isinstance(text, Text) and len(text.paragraphs) == 1 and line[:1].isalpha()):
            return []
        paragraph = text.paragraphs[0]
        last = paragraph.spans[-1] if paragraph.kind == "text" and paragraph.spans else None
        plain = last is not None and last.text != "" and last == Span(last.text)
        if not plain or len(self._rest) >= _LONG_PARAGRAPH or not _WORDS.fullmatch(self._rest[-1] + piece):
            return []
        assert last is not None
        spaces = self._rest[len(self._rest.rstrip(" ")) :]
        spans = (*paragraph.spans[:-1], Span(f"{last.text}{spaces}{piece}".rstrip(" ")))
        return [replace(text, paragraphs=(replace(paragraph, spans=spans),))]

    def _parse(self) -> tuple[list[Block], list[Block]]:
        fence = _open_fence(self._rest)
        if fence is not None:
            return [], [fence]
        parts = parts_of(self._head + self._rest, self._sources)
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
        parts = parts_of(self._head + self._rest, self._sources)
        offset = self._head.count("\n")
        rest = self._given_out(parts, offset)
        self._rest, self._head, self._within, self._tail = "", "", False, []
        return rest

    def _cut(self, lines: int) -> None:
        self._rest = "".join(self._rest.splitlines(keepends=True)[lines:])

    def _given_out(self, parts: Sequence[Part], offset: int) -> list[Block]:
        """The blocks of these parts; the first says whether it goes on from what was given out before."""
        blocks = [block for part in parts for block in part.blocks]
        first = blocks[0] if blocks else None
        if (isinstance(first, Table) and self._head and parts[0].line < offset) or (
            isinstance(first, Text) and self._within
        ):
            blocks[0] = replace(first, continues=True)
        return blocks

    def _grow_text(self, part: Part) -> tuple[list[Block], list[Block]]:
        """Give out the sentences of a long paragraph that no mark spans."""
        blocks = self._given_out([part], 0)
        text = blocks[0]
        simple = len(blocks) == 1 and isinstance(text, Text) and len(text.paragraphs) == 1
        if len(self._rest) < _LONG_PARAGRAPH or not simple or not self._is_plain_paragraph(text):
            return [], blocks
        cut = _sentence_cut(self._rest)
        if not cut:
            return [], blocks
        given = self._given_out(parts_of(self._rest[:cut], self._sources), 0)
        self._rest, self._within = self._rest[cut:], True
        return given, self._given_out(parts_of(self._rest, self._sources), 0)

    @staticmethod
    def _is_plain_paragraph(block: Block) -> bool:
        return isinstance(block, Text) and block.paragraphs[0].kind == "text" and not block.paragraphs[0].quote

    def _grow_table(self, part: Part) -> tuple[list[Block], list[Block]]:
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
    return Code(body, language_of(info), open=True)


def _sentence_cut(text: str) -> int:
    """The last end of a sentence outside of all marks, some way before the end, or 0."""
    for match in reversed(list(_SENTENCE_END.finditer(text, 0, len(text) - 200))):
        before = text[: match.end()]
        if not any(before.count(mark) % 2 for mark in "*_`~") and before.count("[") == before.count("]"):
            return match.start() + 1
    return 0
