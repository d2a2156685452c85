"""A chat as the blocks of a report: questions, answers as they read, and each citation as a footnote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.chats.exchange import pictures_line, source_notes
from app.chats.records import Turn
from app.export.content import Block, Heading, Paragraph, Run, runs
from app.export.from_markdown import blocks_of


def chat_blocks(about: str, turns: Iterable[Turn]) -> list[Block]:
    """What stands below a chat's title: a line about it, and its turns. It touches no store: let a thread do it."""
    blocks: list[Block] = [Paragraph(runs(about, "faint"))]
    for turn in turns:
        blocks += _question(turn) if turn.role == "question" else _answer(turn)
    return blocks


def _question(turn: Turn) -> Iterator[Block]:
    """As it was typed: no Markdown is read into it."""
    yield Heading("Question", 2)
    yield Paragraph((Run(turn.text, "strong"),))
    if shown := pictures_line([each.name for each in turn.pictures]):
        yield Paragraph(runs(shown, "faint"))


def _answer(turn: Turn) -> Iterator[Block]:
    yield Heading("Answer", 2)
    answer = turn.answer
    yield from blocks_of(turn.text, source_notes(answer) if answer is not None else {})
    if answer is not None and answer.note:
        yield Paragraph((Run(answer.note, "faint"),))
