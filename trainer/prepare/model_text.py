"""Keeps what a model wrote out of what is collected, until a person takes it back: a model that learns from models gets
worse with each round, and says with more and more certainty what nobody ever checked."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from app.text.model_text import Print, runs_of
from trainer.spec import EXCLUDED, Example, Preference, TextDocument, read_lines

TEXT_REASON = "An AI model wrote this text. Take it back only if you have checked it."
ANSWER_REASON = "An AI model wrote this answer in one of your chats. Take it back only if you have checked it."
SHARE = 0.5
"""The share of an answer's runs of words from which it is one of the chats' (docs/model-text.md)."""
LEAST = 8
"""Runs that it must hold at least: shorter answers are alike by chance."""
Row = TypeVar("Row", Example, Preference)


def apart(document: TextDocument) -> Iterator[TextDocument]:
    """A document without what a model wrote in it, and that as a text of its own, which nothing uses for now.

    Blank lines stand in its place, so that pages and offsets stay true.
    """
    if not document.by_model:
        yield document
        return
    kept, at = [], 0
    for start, end in document.by_model:
        kept += [document.text[at:start], "\n" * (end - start)]
        at = end
    text = "".join([*kept, document.text[at:]])
    if text.strip():
        yield replace(document, text=text, by_model=())
    said = "\n\n".join(document.text[start:end] for start, end in document.by_model)
    yield replace(
        document, id=f"{document.id}-by-model", text=said, pages=(), by_model=(), split=EXCLUDED, reason=TEXT_REASON
    )


def read_prints(path: Path) -> frozenset[int]:
    """Every hash of the prints that the app left for this run; none where there is no such file."""
    if not path.is_file():
        return frozenset()
    found: set[int] = set()
    for each in read_lines(path, Print):
        hashes = array("I", each.hashes)
        if sys.byteorder == "big":
            hashes.byteswap()
        found.update(hashes)
    return frozenset(found)


def unapproved(rows: Iterable[Row], prints: frozenset[int]) -> Iterator[Row]:
    """The rows of a file, those excluded whose answer a model is known to have written."""
    for row in rows:
        answer = row.chosen if isinstance(row, Preference) else row.answer
        if not row.approved and prints and _is_printed(answer, prints):
            excluded = {"split": EXCLUDED, **({"reason": ANSWER_REASON} if isinstance(row, Example) else {})}
            row = replace(row, **excluded)
        yield row


def _is_printed(text: str, prints: frozenset[int]) -> bool:
    hashes = [run.hash for run in runs_of(text)]
    held = sum(each in prints for each in hashes)
    return held >= LEAST and held >= SHARE * len(hashes)
