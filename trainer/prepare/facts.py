"""Finds what is worth teaching in a passage: a table's cells, entries with a name, and sentences that hold a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.text.sentences import sentence_texts
from app.text.structure import bare_item
from trainer.prepare import quality, values, wording
from trainer.prepare.passages import Passage
from trainer.prepare.values import Value

SHORTEST, LONGEST = 4, 30
"""Words of a sentence that makes a good answer."""
MOST_COLUMNS = 6
_NOISE_HEADING = re.compile(
    r"^(contents|table of contents|inhalt|index|change record|change log|history|example)$", re.I
)
_GENERIC = wording.word_lists()["generic"]
"""Columns whose name says nothing."""


@dataclass(frozen=True)
class Fact:
    """Something that can be asked for. `answer` is what the model shall say, `value` what must stand in it."""

    kind: Literal["cell", "entry", "sentence"]
    passage: Passage
    answer: str
    value: str
    subject: str = ""  # cell: the row; entry: the name; sentence: the clause with a gap
    aspect: str = ""  # cell: the column
    gap: wording.Gap | None = None
    context_needed: bool = False  # it speaks of "it": only the heading says of what

    @property
    def key(self) -> str:
        """The same on each run."""
        return f"{self.passage.document}:{self.passage.start}:{self.kind}:{self.answer}:{self.value}"


def find(passage: Passage) -> list[Fact]:
    """The facts of a passage, the most telling first."""
    if _NOISE_HEADING.match(passage.heading):
        return []
    found: list[Fact] = []
    for part in passage.parts:
        if part.kind == "table":
            found += _cells(passage, part.rows)
        elif part.kind == "list" and (entry := _entry(passage, bare_item(part.text))):
            found.append(entry)
        elif not quality.complaint(part.text, least_words=3):
            text = bare_item(part.text) if part.kind == "list" else part.text
            found += [fact for sentence in sentence_texts(text) for fact in _of_sentence(passage, sentence)]
    return found


def _cells(passage: Passage, table: Sequence[Sequence[str]]) -> Iterator[Fact]:
    """Each cell by its row and column; a first column without repeats names the rows."""
    header, *rows = table
    if not rows or len(header) < 2 or len(header) > MOST_COLUMNS or any(len(row) != len(header) for row in rows):
        return
    names = [row[0] for row in rows]
    if len(set(names)) < len(names) or not all(names):
        return
    for row in rows:
        for column in range(1, len(header)):
            value = row[column]
            if header[column].casefold() in _GENERIC and len(header) > 2:
                continue  # among several columns "what" cannot be asked for
            if value and value not in ("-", "–", "—", "none", "None") and len(value.split()) <= 8 and header[column]:
                yield _cell(passage, row[0], header, column, value)


def _cell(passage: Passage, row: str, header: Sequence[str], column: int, value: str) -> Fact:
    aspect = header[column]
    if aspect.casefold() in _GENERIC and len(header) == 2:
        return Fact("entry", passage, f"{row}: {value}.", value, row)
    return Fact("cell", passage, f"{row}, {lowered(aspect)}: {value}.", value, row, aspect)


def _entry(passage: Passage, item: str) -> Fact | None:
    """ "Deliveries on time: at least 96 %." """
    name, colon, rest = item.partition(": ")
    rest = rest.strip().rstrip(".")
    if not colon or len(name.split()) > 8 or not rest or len(rest.split()) > 14 or not values.find(rest):
        return None
    return Fact("entry", passage, f"{name}: {rest}.", rest, name)


def _of_sentence(passage: Passage, sentence: str) -> Iterator[Fact]:
    """At most two facts a sentence: one for each value that a question can ask for, else one with a gap."""
    sentence = re.sub(r"^(?:[-*•–]|\d{1,3}[.)])\s+", "", sentence)
    found = []
    for value in values.find(sentence):
        text, begin = wording.clause(sentence, value)
        here = replace(value, start=value.start - begin, end=value.end - begin)
        if not SHORTEST <= len(text.split()) <= LONGEST or ":" in text[: here.start]:
            continue
        found.append((_rank(here), _sentence_fact(passage, text, here)))
    found.sort(key=lambda item: (not item[1].gap, item[0]))
    yield from [fact for _, fact in found][: 2 if len(found) > 1 and found[1][1].gap else 1]


def _rank(value: Value) -> int:
    order = ("money", "percent", "quantity", "date", "time", "code", "number", "day")
    return order.index(value.kind)


def _sentence_fact(passage: Passage, text: str, value: Value) -> Fact:
    english = quality.language(f"{passage.text} {text}") == "en"
    gap = wording.open_gap(text, value) if english else None
    blank = f"{text[: value.start]}…{text[value.end :]}".strip()
    answer = text[0].upper() + text[1:] + "."
    needs = english and (wording.starts_with_pronoun(text) or bool(re.search(r"\b(?:them|it)\b", text)))
    if needs and passage.heading:
        answer = f"{passage.heading}: {text[0].lower() if not text[:2].isupper() else text[0]}{text[1:]}."
    return Fact("sentence", passage, answer, text[value.start : value.end], blank, "", gap, needs)


def lowered(text: str) -> str:
    """Lower case at the beginning, acronyms and names of two capitals aside."""
    return text[0].lower() + text[1:] if len(text) > 1 and not text[1].isupper() and not text[1].isdigit() else text
