"""Which sentence or table row of a passage answers a question, and which passage supports a sentence of an answer.

Both compare words first (rare ones more) and meaning second; numbers are held to the letter, because a changed figure
reads almost the same to an embedder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.text import words
from app.text.cell_answer import TableAnswer, cell_answer
from app.text.evidence import pieces_of_passage
from app.text.support import numbers_of
from app.types import Passage, Support

Encode = Callable[[list[str]], NDArray[np.float32]]

SUPPORTED = 0.6
"""The score from which a passage supports a sentence; figures in docs/retrieval.md."""

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_ASKS_NUMBER = re.compile(
    r"\b(how (?:many|much|long|old|far|often|large|big|high|tall|fast)|what (?:year|date|day|percent\w*|number|time)"
    r"|which year|when|wann|wie ?viele?|wie (?:lange|hoch|alt|oft)|combien|cu[aá]nt\w+|quant\w+|多少|几|何时|كم|متى)",
    re.IGNORECASE,
)
_NUMBER_WORD = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand"
    r"|million|billion|half|third|quarter|dozen|century|january|february|march|april|may|june|july|august|september"
    r"|october|november|december|eins?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|hundert|tausend)\b",
    re.IGNORECASE,
)
_ASKS_AMOUNT = re.compile(
    r"\b(how much|rate|limit|prices?|costs?|fees?|allowance|wie ?viel|preis|kosten|satz|grenze|combien|cu[aá]nto)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"(?:[€$£¥%]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|percent|Prozent)\b)", re.IGNORECASE)
_ASKS_NAME = re.compile(r"\b(who|whom|whose|wer|wem|wen|wessen|qui|quién|chi|谁|من)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,;] )[A-ZÀ-Þ][\w’'-]+")

HINT = 0.15
"""What a number is worth where a number is asked for, and a name where a name is; an amount of money twice."""


UNLIKE, SAME = 0.74, 0.94
"""Cosines of two sentences that have nothing to do with each other, and of two that say the same: this embedder
squeezes all of its cosines into the top quarter."""


def likeness(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines of sentences, spread from 0 (unlike) to 1 (the same)."""
    spread: NDArray[np.float32] = np.clip((cosines - UNLIKE) / (SAME - UNLIKE), 0, 1)
    return spread


def coverage(asked: Sequence[str], body: set[str], weights: dict[str, float]) -> float:
    """The share of terms, by weight, that a text holds."""
    total = sum(weights.get(term, 1.0) for term in asked)
    return sum(weights.get(term, 1.0) for term in asked if term in body) / total if total else 0.0


def best_sentences(
    query: str, vector: NDArray[np.float32], passages: Sequence[Passage], encode: Encode
) -> list[tuple[int, int] | None]:
    """For each passage the span of the sentence or table row that answers best; None where it has neither.

    A row that `cell_answer` finds needs no comparison: it is named by the question.
    """
    pieces = [pieces_of_passage(passage) for passage in passages]
    flat = [piece.text for found in pieces for piece in found]
    if not flat:
        return [None] * len(passages)
    meaning = likeness(encode(flat) @ vector)
    terms = words.query_terms(query)
    bodies = [set(words.terms(text)) for text in flat]
    weights = _rarity(terms, bodies)
    scores = [
        coverage(terms, body, weights) + float(near) + _hint(query, text)
        for text, body, near in zip(flat, bodies, meaning, strict=True)
    ]
    best: list[tuple[int, int] | None] = []
    at = 0
    for passage, found in zip(passages, pieces, strict=True):
        part = scores[at : at + len(found)]
        at += len(found)
        row = cell_answer(query, passage.text, passage.heading, passage.header)
        chosen = row if isinstance(row, TableAnswer) else found[int(np.argmax(part))] if found else None
        best.append((chosen.start, chosen.end) if chosen is not None else None)
    return best


def _rarity(terms: Sequence[str], bodies: Sequence[set[str]]) -> dict[str, float]:
    """Words that few of the sentences hold weigh more."""
    return {term: 1.0 / (1 + sum(term in body for body in bodies)) for term in terms}


def _hint(query: str, sentence: str) -> float:
    """Whether the sentence holds the kind of thing that is asked for; a question never answers one."""
    if sentence.rstrip().endswith(("?", "？", "؟")):
        return -1.0
    if _ASKS_AMOUNT.search(query) and _AMOUNT.search(sentence) and _NUMBER.search(sentence):
        return 2 * HINT
    if _ASKS_NUMBER.search(query):
        return HINT if _NUMBER.search(sentence) or _NUMBER_WORD.search(sentence) else 0.0
    if _ASKS_NAME.search(query):
        asked = set(words.terms(query))
        return (
            HINT
            if any(
                words.terms(name)[:1] != [] and words.terms(name)[0] not in asked for name in _NAME.findall(sentence)
            )
            else 0.0
        )
    return 0.0


def ground(lines: Sequence[str], passages: Sequence[Passage], encode: Encode) -> list[Support]:
    """For each sentence of an answer the passage that supports it (counted from 1), or None.

    A passage supports a sentence when its words, or in other words one of its sentences or rows, say so, and every
    number of the sentence stands in that one sentence or row, or in the headings above.
    """
    if not lines or not passages:
        return [Support(n=None, score=0.0) for _ in lines]
    said = [[piece.text for piece in pieces_of_passage(p)] or [p.text] for p in passages]
    owners = np.repeat(np.arange(len(passages)), [len(found) for found in said])
    vectors = encode([*lines, *(text for found in said for text in found)])
    meaning = likeness(vectors[: len(lines)] @ vectors[len(lines) :].T)
    bodies = [set(words.terms(f"{p.heading} {p.header} {p.text}")) for p in passages]
    titles = [f"{passage.document} {passage.heading}" for passage in passages]
    figures = [numbers_of(f"{title} {text}") for title, found in zip(titles, said, strict=True) for text in found]
    return [_support(line, meaning[i], owners, bodies, figures) for i, line in enumerate(lines)]


def _support(
    line: str, meaning: NDArray[np.float32], owners: NDArray[np.int64], bodies: list[set[str]], figures: list[set[str]]
) -> Support:
    line = re.sub(r"\[\d{1,2}\]", " ", line)
    terms = words.query_terms(line)
    asked = numbers_of(line)
    holding = np.array([asked <= known for known in figures])
    best = Support(n=None, score=0.0)
    for n, body in enumerate(bodies):
        here = holding & (owners == n)
        if not here.any():
            continue
        covered = coverage(terms, body, {term: float(min(len(term), 8)) for term in terms})
        score = 0.6 * covered + 0.4 * max(0.0, float(meaning[here].max()))
        if score > best.score:
            best = Support(n=n + 1 if score >= SUPPORTED else None, score=round(score, 4))
    return best
