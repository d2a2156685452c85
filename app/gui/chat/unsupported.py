"""Marks the sentences of an answer that the documents do not say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from app.gui.chat.blocks import Block, Span, Table, Text
from app.gui.chat.markdown import plain_text


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
