"""An answer in the documents' own words: the cell of a table, or the sentence in which the reader finds the answer.

Small models do not word figures: a quotation is right or plainly wrong, and never half of both. A row is quoted only
where the question names it (app/text/cell_answer.py): to the reader a neighbour's figure looks as good.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.text.cell_answer import TableAnswer, cell_answer
from app.text.plain import is_markdown, plain
from app.text.tables import rows_of
from app.types import Passage, Reading, Source

SURE = 0.5
"""The chance from which a reading is an answer (docs/retrieval.md: how it was fitted, and what it gives)."""
ALSO = 0.9
"""A second sentence is given too where its chance is at least this share of the first's."""
TABLES = 3
"""How many of the first passages are asked for a cell."""


def from_tables(
    question: str, passages: Sequence[Passage], readings: Sequence[Reading]
) -> tuple[str, tuple[Source, ...]] | None:
    """The cell that answers, with the row as its source; None where no table names what is asked.

    Tables of two documents that say different things are both given. A table that search ranks below a passage in
    which the reader is sure of a sentence is about something else: "leave" is a word of many tables.
    """
    sure = min((reading.n for reading in readings if reading.chance >= SURE), default=len(passages) + 1)
    found: list[tuple[str, Passage]] = []
    for passage in passages[: min(TABLES, sure)]:
        told = cell_answer(question, passage.text, passage.heading or passage.document, passage.header)
        if isinstance(told, TableAnswer) and all(told.text != text for text, _ in found):
            found.append((told.text, msgspec.structs.replace(passage, best=(told.start, told.end))))
    if not found:
        return None
    lines = [f"{text} [{n}]" for n, (text, _) in enumerate(found[:2], 1)]
    return "\n\n".join(lines), tuple(Source(n=n, passage=passage) for n, (_, passage) in enumerate(found[:2], 1))


def sentences_of(readings: Sequence[Reading], passages: Sequence[Passage]) -> tuple[Reading, ...]:
    """The readings of running text, rows of tables left out."""
    rows = [{(row.start, row.end) for row in rows_of(passage.text, passage.header)} for passage in passages]
    return tuple(reading for reading in readings if reading.sentence not in rows[reading.n - 1])


def from_text(readings: Sequence[Reading], passages: Sequence[Passage]) -> tuple[str, tuple[Source, ...]]:
    """The best sentence with its citation, the answer in bold, and a second sentence where it is as likely."""
    first = readings[0]
    chosen = [first, *(other for other in readings[1:2] if other.chance >= max(SURE, ALSO * first.chance))]
    lines = [f"{_sentence(reading, passages[reading.n - 1])} [{n}]" for n, reading in enumerate(chosen, 1)]
    sources = [Source(n=n, passage=marked(reading, passages)) for n, reading in enumerate(chosen, 1)]
    return "\n\n".join(lines), tuple(sources)


def marked(reading: Reading, passages: Sequence[Passage]) -> Passage:
    """The passage of a reading with the sentence that answers."""
    return msgspec.structs.replace(passages[reading.n - 1], best=reading.sentence)


def all_marked(readings: Sequence[Reading], passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Each passage with the sentence of it that answers best."""
    best = {reading.n: reading for reading in reversed(readings)}
    return tuple(marked(best[n], passages) if n in best else passage for n, passage in enumerate(passages, 1))


def _sentence(reading: Reading, passage: Passage) -> str:
    """On one line and without marks, the answer in bold."""
    whole = plain(passage.text, passage.header, markdown=is_markdown(passage.document))
    first, last = (whole.place(offset) for offset in reading.sentence)
    start, end = (min(max(whole.place(offset), first), last) for offset in (reading.start, reading.end))
    before, answer, after = whole.text[first:start], whole.text[start:end], whole.text[end:last]
    bold = f"**{answer.strip()}**" if answer.strip() else ""
    return " ".join(f"{before}{bold}{after}".split()).removeprefix("• ")
