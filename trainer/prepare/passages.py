"""A run's documents, cut into passages by the rules that cut them for search, each with the blocks it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from app import types
from app.text import passages
from app.text.parsed import Block, Parsed
from app.text.structure import bare_heading, bare_item, cells, parse
from trainer.spec import TextDocument

_TOKEN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W\d_]{1,7}|\d|[^\w\s]|_")


class _Words:
    """Stands in for the embedder's tokens, which are not at hand: a piece of a word, a digit, a sign."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _TOKEN.finditer(text)]


@dataclass(frozen=True)
class Part:
    """A paragraph, an entry of a list, or the rows of a table, whose header is the first of `rows`."""

    kind: Literal["paragraph", "list", "table"]
    text: str
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Passage:
    """A stretch of one document. `start` and `end` are code points of the document's text."""

    document: int  # number in the list of documents
    title: str
    heading: str  # the nearest one, without its number; "" under none but the title
    text: str
    start: int
    end: int
    page: int | None
    context: str  # title, headings and a table's header, which are searched with it
    parts: tuple[Part, ...]
    is_chapter: bool = True  # all that stands under its heading, and nothing else

    @property
    def searched(self) -> str:
        """What a search looks through."""
        return passages.embedded(self.context, self.text)

    @property
    def place(self) -> str:
        """For people and prompts."""
        return ", ".join(filter(None, (self.title, self.heading)))

    def shown(self, document: TextDocument, most: int) -> types.Passage:
        """As the chat shows it to a model, its first `most` characters."""
        return shown_passage(self.text[:most], document.name, self.heading, self.page)


def shown_passage(text: str, document: str, heading: str = "", page: int | None = None) -> types.Passage:
    """A passage for a prompt, which needs no more of it than its text and where that stands."""
    return types.Passage(
        id=0, document_id=0, document=document, path="", collection="", page=page, start=0, end=len(text),
        heading=heading, text=text,
    )  # fmt: skip


def cut(document: TextDocument, number: int) -> list[Passage]:
    """The passages of one document, which is `number` in the list of documents."""
    parsed = parse(document.text, document.name, document.pages)
    return [
        Passage(
            document=number,
            title=parsed.title,
            heading=_nearest_heading(parsed, piece.start),
            text=parsed.text[piece.start : piece.end],
            start=piece.start,
            end=piece.end,
            page=piece.page,
            context=piece.context,
            parts=tuple(_parts(parsed, piece.start, piece.end)),
            is_chapter=_is_chapter(parsed, piece.start, piece.end),
        )
        for piece in passages.cut(parsed, _Words())
    ]


def _nearest_heading(parsed: Parsed, place: int) -> str:
    """The heading above a place; the first of a document is its title and not counted."""
    above = [block for block in parsed.blocks if block.kind == "heading" and block.start < place]
    return bare_heading(parsed.text[above[-1].start : above[-1].end]) if len(above) > 1 else ""


def _is_chapter(parsed: Parsed, start: int, end: int) -> bool:
    """Whether a heading, or an end of the text, stands right before and right behind a stretch."""
    before = next((block for block in reversed(parsed.blocks) if block.end <= start), None)
    behind = next((block for block in parsed.blocks if block.start >= end), None)
    return all(block is None or block.kind == "heading" for block in (before, behind))


def _parts(parsed: Parsed, start: int, end: int) -> Iterator[Part]:
    """The blocks between two places, cut where the passage begins or ends inside one; rows of a table together."""
    inside = [(n, block) for n, block in enumerate(parsed.blocks) if block.end > start and block.start < end]
    for is_table, group in groupby(inside, lambda entry: entry[1].kind in ("row", "header_row")):
        found = list(group)
        if is_table:
            yield from _tables(parsed, found)
            continue
        for _, block in found:
            text = parsed.text[max(start, block.start) : min(end, block.end)]
            if block.kind == "list":
                yield Part("list", text)
            else:
                yield from _with_entries(text)


def _with_entries(text: str) -> Iterator[Part]:
    """A paragraph, with the entries of a list that follows its first line without an empty one apart."""
    for is_entry, run in groupby(text.split("\n"), lambda line: bare_item(line) != line.strip()):
        lines = list(run)
        if is_entry:
            yield from (Part("list", line) for line in lines)
        else:
            yield Part("paragraph", "\n".join(lines))


def _tables(parsed: Parsed, rows: list[tuple[int, Block]]) -> Iterator[Part]:
    """One part a table, with its header also where that stands in an earlier passage."""
    header: Block | None = None
    held: list[Block] = []
    for number, block in rows:
        if block.kind == "header_row":
            if header and held:
                yield _table(parsed, header, held)
            header, held = block, []
        else:
            header = header or next((b for b in reversed(parsed.blocks[:number]) if b.kind == "header_row"), None)
            held.append(block)
    if header and held:
        yield _table(parsed, header, held)


def _table(parsed: Parsed, header: Block, rows: list[Block]) -> Part:
    texts = [parsed.text[block.start : block.end] for block in (header, *rows)]
    return Part("table", "\n".join(texts), tuple(tuple(cells(text)) for text in texts))
