"""An answer in the documents' own words: the sentence in which the reader finds it, the answer itself in bold.

Small models do not word figures: a quotation is right or plainly wrong, and never half of both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from app.types import Passage, Reading, Source

SURE = 0.5
"""The chance from which a reading is an answer (docs/retrieval.md: how it was fitted, and what it gives)."""
ALSO = 0.9
"""A second sentence is given too where its chance is at least this share of the first's."""
_LINE_MARK = re.compile(r"^\s*(?:>\s*|#{1,6}\s+|[-*+•]\s+|\d{1,3}[.)]\s+)+")
_STRONG = re.compile(r"\*\*|__")


def extract(readings: Sequence[Reading], passages: Sequence[Passage]) -> tuple[str, tuple[Source, ...]]:
    """The best sentence with its citation, and a second where it is as likely; each source is marked there."""
    first = readings[0]
    chosen = [first, *(other for other in readings[1:2] if other.chance >= max(SURE, ALSO * first.chance))]
    lines = [f"{_sentence(reading, passages[reading.n - 1])} [{n}]" for n, reading in enumerate(chosen, 1)]
    sources = [Source(n=n, passage=marked(reading, passages)) for n, reading in enumerate(chosen, 1)]
    return "\n\n".join(lines), tuple(sources)


def marked(reading: Reading, passages: Sequence[Passage]) -> Passage:
    """The passage of a reading with the sentence that answers."""
    return msgspec.structs.replace(passages[reading.n - 1], best=reading.sentence)


def _sentence(reading: Reading, passage: Passage) -> str:
    """On one line, without the marks of a list or a heading before it."""
    start, end = reading.sentence
    whole = passage.text[start:end]
    mark = _LINE_MARK.match(whole)
    start += mark.end() if mark else 0
    places = (start, reading.start), (reading.start, reading.end), (reading.end, end)
    before, answer, after = (_STRONG.sub("", passage.text[slice(*place)]) for place in places)
    return " ".join(f"{before}**{answer.strip()}**{after}".split())
