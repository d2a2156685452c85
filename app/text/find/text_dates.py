"""Dates that documents state: read in a sentence or row, each with what it is about: "ends on 31 March 2027".

ISO, German and English dates, months and years. A date is about what is mentioned nearest before it, or else after it,
within a few words of one sentence; what is only a part of a longer figure is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.text import words
from app.text.find.dates import DATE, YEAR, span_of
from app.text.find.mention import options
from app.text.fold import fold

NEAR = 12
"""Words between a mention and its date at most."""
SHORTEST = 4
"""Letters of a word that a compound may end with."""
COMPOUNDING = ("de", "nl", "sv", "da", "no", "fi")
_DATES = re.compile(rf"(?<![\w./,:€$£-]){DATE}", re.IGNORECASE)
_YEAR_BEFORE = re.compile(
    r"\b(?:in|of|by|until|till|since|from|year|end|during|before|after|im|bis|seit|ab|von|vor|nach|jahr|jahres|ende"
    r"|anfang|mitte)\s+$",
    re.IGNORECASE,
)
"""What makes a number of four digits a year."""
_PART_OF_DATE = re.compile(r"\s+(?:of\s+|des\s+)?", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+")


class Stated(Struct, frozen=True):
    """A date of a text with what stands for it: the first second of it, and the first one after it."""

    start: int
    end: int
    since: float
    until: float


def dates_in(text: str) -> list[Stated]:
    """Every date of a text; a year alone only where words say that it is one."""
    found = []
    for match in _DATES.finditer(text):
        year = re.fullmatch(YEAR, match[0])
        span = (
            None
            if year and not _YEAR_BEFORE.search(text, max(0, match.start() - 12), match.start())
            else span_of(match[0])
        )
        if span is not None:
            found.append(Stated(match.start(), match.end(), *span))
    return found


def dates_about(text: str, near: str, language: str) -> list[Stated]:
    """The dates of a sentence or row that are about a mention.

    Args:
        near: what is mentioned; of “end or expire” one is enough.
        language: that the text is written in.
    """
    stated = dates_in(text)
    if not stated:
        return []
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
    found: dict[int, Stated] = {}
    for start, end in _mentioned(text, near, language, tokens):
        about = min(stated, key=lambda date: _apart(date, start, end))
        between = sum(min(end, about.end) <= a < max(start, about.start) for a, _ in tokens)
        if between <= NEAR and not _is_part_of_date(text, start, end, about):
            found[about.start] = about
    return [found[at] for at in sorted(found)]


def _apart(date: Stated, start: int, end: int) -> int:
    """How far a date is from a mention; one that comes before it is taken for twice as far."""
    return date.start - end if date.start >= end else 2 * max(0, start - date.end)


def _is_part_of_date(text: str, start: int, end: int, date: Stated) -> bool:
    """Whether a mention only says when in a month or year: "at the end of March 2026", “Ende 2026”."""
    month = date.until - date.since > 86_400
    return month and fold(text[start:end]) in ("end", "ende") and bool(_PART_OF_DATE.fullmatch(text, end, date.start))


def _mentioned(text: str, near: str, language: str, tokens: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans of what is mentioned: its words one after the other, in any of their forms, or as a compound's end."""
    folded = [fold(text[a:b]) for a, b in tokens]
    terms = [words.terms_of(word, language) for word in folded]
    for option in options(near):
        wanted = [(word, words.terms_of(word, language)) for word in words.words_of(option)]
        for at in range(len(terms) - len(wanted) + 1 if wanted else 0):
            if all(
                terms[at + n] == term or _ends_with(folded[at + n], word, language)
                for n, (word, term) in enumerate(wanted)
            ):
                yield tokens[at][0], tokens[at + len(wanted) - 1][1]


def _ends_with(compound: str, word: str, language: str) -> bool:
    """ "Vertragsende" for "Ende", in languages that write such in one word."""
    return language in COMPOUNDING and len(word) >= SHORTEST and compound.endswith(word)
