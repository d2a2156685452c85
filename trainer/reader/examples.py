"""What the reader learns from: questions with the paragraph that answers them, and with paragraphs that do not.

Files are as in SQuAD, one JSON object a line: question, document, answers, evidence, paragraph; evidence null says that
the paragraph holds no answer (SQuAD 2.0).
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HARDEST = 5
"""A paragraph without the answer is drawn from so many that share most of the question's rare words."""
_WORD = re.compile(r"\w+")


class Example(NamedTuple):
    """A question and a paragraph; `answer` is its span in the paragraph (code points), None where there is none."""

    question: str
    heading: str
    paragraph: str
    answer: tuple[int, int] | None


class Row(NamedTuple):
    """A line of a question file."""

    question: str
    document: str
    answers: tuple[str, ...]
    evidence: str
    paragraph: str
    heading: str = ""  # "": the document's name


def read_rows(path: Path) -> list[Row]:
    """The questions of a file that name their paragraph."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Row(
            row["question"],
            row["document"],
            tuple(row["answers"]),
            row["evidence"] or "",
            row["paragraph"],
            row.get("heading", ""),
        )
        for row in rows
        if row["paragraph"]
    ]


def divided(files: Sequence[Sequence[str]]) -> tuple[set[str], set[str]]:
    """The documents of several files that are learned from, and those that are kept out: always the same.

    Of the first file's documents a quarter is kept out, of those that a later file adds a half. Translations of the
    same documents fall on the same side.
    """
    known: set[str] = set()
    kept: set[str] = set()
    for number, documents in enumerate(files):
        new = sorted(set(documents) - known - kept, key=_place)
        aside = len(new) // (2 if number else 4)
        kept.update(new[:aside])
        known.update(new[aside:])
    return known, kept


def _place(name: str) -> str:
    return hashlib.sha1(f"reader{name}".encode()).hexdigest()[:4]


def examples(rows: Sequence[Row], random_: random.Random) -> Iterator[Example]:
    """Each question with its paragraph, and each with an answer with another that lacks it: of the same document, where
    that has enough, else of all."""
    paragraphs: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        heading = row.heading or Path(row.document).stem.replace("_", " ")
        for document in (row.document, ""):
            paragraphs[document][row.paragraph] = heading
    enough = {document for document, texts in paragraphs.items() if len(texts) > HARDEST} | {""}
    words = {document: _Words(list(paragraphs[document])) for document in enough}
    for row in rows:
        heading = paragraphs[row.document][row.paragraph]
        span = answer_span(row) if row.evidence else None
        if row.evidence and span is None:
            continue
        yield Example(row.question, heading, row.paragraph, span)
        near = words.get(row.document) or words[""]
        if span and (others := near.nearest(row)):
            other = random_.choice(others)
            yield Example(row.question, paragraphs[""][other], other, None)


def answer_span(row: Row) -> tuple[int, int] | None:
    """The shortest of the gold answers, where its evidence stands."""
    at = row.paragraph.find(row.evidence)
    spans = [
        (at + inside, at + inside + len(answer))
        for answer in row.answers
        if at >= 0 and (inside := row.evidence.find(answer)) >= 0
    ]
    return min(spans, key=lambda span: span[1] - span[0], default=None)


class _Words:
    """The words of a document's paragraphs, rare ones weighing more."""

    def __init__(self, paragraphs: Sequence[str]) -> None:
        self._bags = [(text, set(_WORD.findall(text.casefold()))) for text in paragraphs]
        counts = Counter(word for _, bag in self._bags for word in bag)
        self._weights = {word: math.log(1 + len(paragraphs) / count) for word, count in counts.items()}

    def nearest(self, row: Row) -> list[str]:
        """The paragraphs nearest to a question in words that hold none of its answers."""
        asked = set(_WORD.findall(row.question.casefold()))
        others = [
            (sum(self._weights[word] for word in asked & bag), text)
            for text, bag in self._bags
            if text != row.paragraph and not any(answer.casefold() in text.casefold() for answer in row.answers)
        ]
        return [text for _, text in sorted(others, key=lambda pair: -pair[0])[:HARDEST]]
