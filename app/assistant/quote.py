"""An answer in the documents' own words: the cell of a table, or the sentence in which the reader finds the answer.

Small models do not word figures: a quotation is right or plainly wrong, and never half of both. A row is quoted only
where the question names it (app/text/cell_answer.py): to the reader a neighbour's figure looks as good.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from app.assistant.query import LONGEST
from app.text.alike import among, tokens
from app.text.cell_answer import TableAnswer, cell_answer
from app.text.plain import is_markdown, plain
from app.text.tables import rows_of
from app.types import Passage, Reading, Source

SURE = 0.7
"""The chance from which a reading, or one of two, is an answer (docs/retrieval.md: how fitted, and what it gives)."""
ALSO = 0.9
"""A second sentence is given too where its chance is at least this share of the first's."""
BETWEEN = "Not certain: one of these two sentences probably answers it."
TABLES = 3
"""How many of the first passages are asked for a cell."""


RATHER, FAR_BELOW = 0.4, 0.1
"""A sentence of this chance goes before a row that has a tenth of it."""


class Told(Struct, frozen=True):
    """What a table says to a question: the words, the passage (counted from 1), and the span of the row in it."""

    text: str
    n: int
    row: tuple[int, int]


def told_by_tables(
    question: str, passages: Sequence[Passage], readings: Sequence[Reading], sentences: Sequence[Reading]
) -> tuple[Told, ...]:
    """The cell that answers; nothing where no table names what is asked, two where tables say different things.

    A table gives way to a sentence of a passage that search ranks before it, if the reader is sure of that sentence and
    it holds what names the column: one that says what holds else does not answer "during trade fairs". A
    row that the question hardly names gives way to any that the reader likes far better: "leave" is a word of many
    tables. `sentences` are the readings that are no rows, see `sentences_of`.
    """
    best = max((reading.chance for reading in sentences), default=0.0)
    sure = [reading for reading in sentences if reading.chance >= SURE]
    chances = {(reading.n, reading.sentence): reading.chance for reading in readings}
    found: dict[str, Told] = {}
    for n, passage in enumerate(passages[:TABLES], 1):
        told = cell_answer(question[:LONGEST], passage.text, passage.heading or passage.document, passage.header)
        before = " ".join(_whole(each, passages) for each in sure if each.n < n)
        if isinstance(told, TableAnswer) and (not before or (told.named and _lacks(before, told.column))):
            row = (told.start, told.end)
            if told.named or best < RATHER or chances.get((n, row), 1.0) > RATHER * FAR_BELOW:
                found.setdefault(told.text, Told(told.text, n, row))
    return tuple(found.values())[:2]


def _lacks(text: str, column: Sequence[str]) -> bool:
    """Whether a word that names the column stands nowhere in the text."""
    words = tokens(text)
    return any(not among(word, words) for word in column)


def sentences_of(readings: Sequence[Reading], passages: Sequence[Passage]) -> tuple[Reading, ...]:
    """The readings of running text, rows of tables left out."""
    rows = [{(row.start, row.end) for row in rows_of(passage.text, passage.header)} for passage in passages]
    return tuple(reading for reading in readings if reading.sentence not in rows[reading.n - 1])


def evidence(told: Sequence[Told], readings: Sequence[Reading], passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Each passage with what answers best in it: the row that was told, else a sentence."""
    best = {reading.n: reading.sentence for reading in reversed(readings)} | {each.n: each.row for each in told}
    return tuple(
        msgspec.structs.replace(passage, best=best.get(n, passage.best)) for n, passage in enumerate(passages, 1)
    )


def quoted(
    told: Sequence[Told], readings: Sequence[Reading], passages: Sequence[Passage]
) -> tuple[str, tuple[Source, ...], str]:
    """What tables told, else the best sentence with the answer in bold; and a note, or "".

    A second sentence follows where it is as likely and of another passage, or where only both together are sure.
    The passages of the sources are marked, see `evidence`.
    """
    note = ""
    if told:
        lines = [(each.text, each.n, each.row) for each in told]
    else:
        first = readings[0]
        if first.chance >= SURE:
            others = [each for each in readings if each.n != first.n and each.chance >= max(SURE, ALSO * first.chance)]
        else:
            others, note = _other_answers(first, readings, passages), BETWEEN
        lines = [(_sentence(each, passages[each.n - 1]), each.n, each.sentence) for each in [first, *others[:1]]]
    text = "\n\n".join(f"{line} [{number}]" for number, (line, _, _) in enumerate(lines, 1))
    sources = tuple(
        Source(n=number, passage=msgspec.structs.replace(passages[n - 1], best=best))
        for number, (_, n, best) in enumerate(lines, 1)
    )
    return text, sources, note


def is_sure(told: Sequence[Told], readings: Sequence[Reading]) -> bool:
    """Whether a cell, a sentence, or one of two sentences answers."""
    return bool(told) or (bool(readings) and max(readings[0].chance, readings[0].either) >= SURE)


def _other_answers(first: Reading, readings: Sequence[Reading], passages: Sequence[Passage]) -> list[Reading]:
    said = _said(first, passages)
    return [each for each in readings if _said(each, passages) != said]


def _said(reading: Reading, passages: Sequence[Passage]) -> str:
    return passages[reading.n - 1].text[reading.start : reading.end].casefold()


def _whole(reading: Reading, passages: Sequence[Passage]) -> str:
    return passages[reading.n - 1].text[slice(*reading.sentence)]


def _sentence(reading: Reading, passage: Passage) -> str:
    """On one line and without marks, the answer in bold."""
    whole = plain(passage.text, passage.header, markdown=is_markdown(passage.document))
    first, last = (whole.place(offset) for offset in reading.sentence)
    start, end = (min(max(whole.place(offset), first), last) for offset in (reading.start, reading.end))
    before, answer, after = whole.text[first:start], whole.text[start:end], whole.text[end:last]
    bold = f"**{answer.strip()}**" if answer.strip() else ""
    return " ".join(f"{before}{bold}{after}".split()).removeprefix("• ")
