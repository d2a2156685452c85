"""Markdown as the blocks of a report: what an answer is written in, with its citations as footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from app.export.content import Block, Heading, Mark, Paragraph, Run, Runs, Style, Table

if TYPE_CHECKING:
    from markdown_it.token import Token

_CITED = re.compile(r"(?<!\s)\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_LINKS = ("http://", "https://", "mailto:")
_MARKS: dict[str, Mark] = {"strong": "strong", "em": "em", "s": "removed"}
_FIRST: tuple[Mark, ...] = ("strong", "em", "removed")
"""A run has one look: of several the first of these."""


def blocks_of(text: str, notes: Mapping[int, str]) -> list[Block]:
    """The blocks of a Markdown text; a citation `[2]` becomes a footnote that says `notes[2]`.

    What no number stands for stays as it is written. Pictures are their words, HTML is text.
    """
    from markdown_it import MarkdownIt

    return list(_Reader(MarkdownIt("js-default").parse(text), notes).blocks())


class _Reader:
    """Walks the parser's flat list of tokens; which lists and quotations are open says how a paragraph looks."""

    def __init__(self, tokens: list[Token], notes: Mapping[int, str]) -> None:
        self._tokens, self._notes = tokens, notes
        self._lists: list[int] = []  # the number of the next item; -1 in a list without numbers
        self._quotes = 0
        self._item = False  # whether the next paragraph begins an item

    def blocks(self) -> Iterator[Block]:
        tokens = iter(self._tokens)
        for token in tokens:
            if token.type == "heading_open":
                words = "".join(run.text for run in self._runs(next(tokens)))
                yield Heading(words, int(token.tag[1:]))
            elif token.type == "inline":
                yield self._paragraph(self._runs(token))
            elif token.type in ("fence", "code_block"):
                yield Paragraph((Run(token.content.rstrip("\n"), "code"),), "code", len(self._lists))
            elif token.type == "table_open":
                yield self._table(tokens)
            else:
                self._step(token)

    def _step(self, token: Token) -> None:
        """A container begins or ends."""
        if token.type == "bullet_list_open":
            self._lists.append(-1)
        elif token.type == "ordered_list_open":
            self._lists.append(int(token.attrs.get("start", 1)))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            self._item = True
        elif token.type in ("blockquote_open", "blockquote_close"):
            self._quotes += token.nesting

    def _paragraph(self, runs: Runs) -> Paragraph:
        style: Style = "quote" if self._quotes else ""
        number = 0
        if self._item:
            self._item = False
            style, number = ("bullet", 0) if self._lists[-1] < 0 else ("number", self._lists[-1])
            self._lists[-1] += 1 if number or style == "number" else 0
        return Paragraph(runs, style, len(self._lists), number)

    def _table(self, tokens: Iterator[Token]) -> Table:
        rows: list[list[Runs]] = []
        for token in tokens:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(self._runs(token))
        names = ["".join(run.text for run in cell) for cell in rows[0]] if rows else []
        return Table(tuple(names), tuple(tuple(row) for row in rows[1:]))

    def _runs(self, inline: Token) -> Runs:
        open_marks: list[Mark] = []
        link = ""
        runs: list[Run] = []
        for token in inline.children or ():
            kind = token.type.removesuffix("_open").removesuffix("_close")
            mark: Mark = next((each for each in _FIRST if each in open_marks), "")
            if kind in _MARKS:
                if token.nesting > 0:
                    open_marks.append(_MARKS[kind])
                else:
                    open_marks.remove(_MARKS[kind])
            elif kind == "link":
                link = str(token.attrs.get("href", "")) if token.nesting > 0 else ""
                link = link if link.startswith(_LINKS) else ""
            elif kind in ("softbreak", "hardbreak"):
                runs.append(Run(" " if kind == "softbreak" else "\n"))
            elif kind == "code_inline":
                runs.append(Run(token.content, "code"))
            else:
                runs += self._cited(token.content, mark, link)
        return tuple(runs)

    def _cited(self, text: str, mark: Mark, link: str) -> Iterator[Run]:
        """A text with its citations; the note stands at the words before it."""
        at = 0
        for found in _CITED.finditer(text):
            noted = [self._notes[n] for n in map(int, found[1].split(",")) if n in self._notes]
            if not noted:
                continue
            yield Run(text[at : found.start()], mark, link, noted[0])
            yield from (Run("", note=note) for note in noted[1:])
            at = found.end()
        if text[at:]:
            yield Run(text[at:], mark, link)
