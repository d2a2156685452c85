"""A summary as the blocks of a report, with the list of its sources: to be saved as DOCX or Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from app.cited import cited_as
from app.export.content import Block, Heading, Paragraph, Run, Runs
from app.export.reports import write_report
from app.types import Answer, Passage

_STRONG = re.compile(r"\*\*(.+?)\*\*")
_ITEM = re.compile(r"^- ")


def save_summary(path: Path, title: str, answer: Answer) -> None:
    """Write a summary with what it was made from.

    Raises:
        AppError: a format that reports do not have, or a file that cannot be replaced.
    """
    write_report(path, title, list(_blocks(answer)))


def _blocks(answer: Answer) -> Iterator[Block]:
    for line in filter(str.strip, answer.text.split("\n")):
        yield Paragraph(tuple(_runs(_ITEM.sub("• ", line))))
    if answer.note:
        yield Paragraph((Run(answer.note, "faint"),))
    if answer.sources:
        yield Heading("Sources")
    for source in answer.sources:
        quoted = " ".join(_quoted(source.passage).split())
        yield Paragraph((Run(f"[{source.n}] {cited_as(source.passage)}: "), Run(quoted, "faint")))


def _runs(line: str) -> Runs:
    pieces = _STRONG.split(line)
    return tuple(Run(piece, "strong" if i % 2 else "") for i, piece in enumerate(pieces) if piece)


def _quoted(passage: Passage) -> str:
    start, end = passage.best or (0, len(passage.text))
    return passage.text[start:end]
