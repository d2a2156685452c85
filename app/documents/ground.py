"""Which sentence of a passage answers a question, and which passage supports a sentence of an answer.

Both compare words first (rare ones more) and meaning second; numbers are held to the letter, because a changed figure
reads almost the same to an embedder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.text import words
from app.text.sentences import sentences
from app.types import Passage, Support

Encode = Callable[[list[str]], NDArray[np.float32]]

SUPPORTED = 0.55
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


UNLIKE, SAME = 0.75, 0.95
"""Cosines of two sentences that have nothing to do with each other, and of two that say the same: this embedder
squeezes all of its cosines into the top quarter."""


def likeness(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines of sentences, spread from 0 (unlike) to 1 (the same)."""
    return np.clip((cosines - UNLIKE) / (SAME - UNLIKE), 0, 1)


def numbers(text: str) -> set[str]:
    """The numbers of a text, thousands separators and citations like [1] left out: "1,200" and "1.200" are one."""
    text = re.sub(r"\[\d{1,2}\]", " ", text)
    return {re.sub(r"[.,](?=\d{3}\b)", "", found) for found in _NUMBER.findall(text)}


def coverage(asked: Sequence[str], body: set[str], weights: dict[str, float]) -> float:
    """The share of terms, by weight, that a text holds."""
    total = sum(weights.get(term, 1.0) for term in asked)
    return sum(weights.get(term, 1.0) for term in asked if term in body) / total if total else 0.0


def best_sentences(
    query: str, vector: NDArray[np.float32], texts: Sequence[str], encode: Encode
) -> list[tuple[int, int] | None]:
    """For each text the span of the sentence that answers best; None where it has no sentence."""
    spans = [sentences(text) for text in texts]
    flat = [text[a:b] for text, found in zip(texts, spans, strict=True) for a, b in found]
    if not flat:
        return [None] * len(texts)
    meaning = likeness(encode(flat) @ vector)
    terms = words.query_terms(query)
    bodies = [set(words.terms(sentence)) for sentence in flat]
    weights = _rarity(terms, bodies)
    scores = [
        coverage(terms, body, weights) + float(near) + _hint(query, sentence)
        for sentence, body, near in zip(flat, bodies, meaning, strict=True)
    ]
    best: list[tuple[int, int] | None] = []
    at = 0
    for found in spans:
        part = scores[at : at + len(found)]
        best.append(found[int(np.argmax(part))] if found else None)
        at += len(found)
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

    A passage supports a sentence when its words, or in other words one of its sentences, say so, and every number of
    the sentence stands in it.
    """
    if not lines or not passages:
        return [Support(n=None, score=0.0) for _ in lines]
    spans = [[p.text[a:b] for a, b in sentences(p.text)] or [p.text] for p in passages]
    owners = np.repeat(np.arange(len(passages)), [len(found) for found in spans])
    vectors = encode([*lines, *(sentence for found in spans for sentence in found)])
    meaning = likeness(vectors[: len(lines)] @ vectors[len(lines) :].T)
    bodies = [set(words.terms(f"{p.heading} {p.text}")) for p in passages]
    figures = [numbers(f"{p.heading} {p.text}") for p in passages]
    return [_support(line, meaning[i], owners, bodies, figures) for i, line in enumerate(lines)]


def _support(
    line: str, meaning: NDArray[np.float32], owners: NDArray[np.int64], bodies: list[set[str]], figures: list[set[str]]
) -> Support:
    terms = words.query_terms(re.sub(r"\[\d{1,2}\]", " ", line))
    asked = numbers(line)
    best = Support(n=None, score=0.0)
    for n, (body, known) in enumerate(zip(bodies, figures, strict=True)):
        said = coverage(terms, body, {term: float(min(len(term), 8)) for term in terms})
        near = float(meaning[owners == n].max())
        score = 0.6 * said + 0.4 * max(0.0, near) if asked <= known else 0.0
        if score > best.score:
            best = Support(n=n + 1 if score >= SUPPORTED else None, score=round(score, 4))
    return best
