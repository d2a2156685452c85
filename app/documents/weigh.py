"""Which of the reader's candidates answers, and how likely it is right.

The reader judges each passage by itself; what search thinks of the passage, how many of the question's words the
sentence holds, and how far the second best is, tell the rest. Both fits and their figures: docs/retrieval.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from app.text import words
from app.types import Passage, Reading

RANK = (0.407, 0.593, 0.376, 1.032)
"""Weights of: the reader's score, the logit of the passage's chance in search, minus the log of its place, coverage.
Conditional logit: the right sentence against the others of its question."""
CHANCE = (0.150, 0.629, 0.087, 1.429, -1.401)
"""Weights of: the reader's score, the distance to the best other answer, the logit of search's best, coverage, 1."""
ALONE = 8.0
"""The distance where there is no other answer."""


class Candidate(NamedTuple):
    """A sentence that may hold the answer: its span, the answer's span (code points in the passage), and how much more
    likely it is than "no answer here" (natural logarithm of the odds)."""

    score: float
    sentence: tuple[int, int]
    answer: tuple[int, int]


class Weighed(NamedTuple):
    """A candidate beside what else is known of it."""

    n: int  # its passage, counted from 1
    candidate: Candidate
    said: str  # the answer
    total: float
    coverage: float


def weigh(question: str, passages: Sequence[Passage], found: Sequence[Sequence[Candidate]]) -> tuple[Reading, ...]:
    """The candidates of all passages, best first; the first's chance is its own, the others' in proportion."""
    ranked = rank(question, passages, found)
    best = max((_logit(passage.score) for passage in passages), default=0.0)
    return tuple(
        Reading(
            n=each.n,
            sentence=each.candidate.sentence,
            start=each.candidate.answer[0],
            end=each.candidate.answer[1],
            chance=round(_chance(features(ranked, place, best)), 4),
        )
        for place, each in enumerate(ranked)
    )


def rank(question: str, passages: Sequence[Passage], found: Sequence[Sequence[Candidate]]) -> list[Weighed]:
    """The candidates, best first."""
    asked = set(words.query_terms(question))
    ranked = []
    for n, (passage, candidates) in enumerate(zip(passages, found, strict=True), 1):
        for each in candidates:
            sentence = passage.text[slice(*each.sentence)]
            covered = len(asked & set(words.terms(sentence))) / len(asked) if asked else 0.0
            parts = (each.score, _logit(passage.score), -math.log(n), covered)
            total = sum(weight * part for weight, part in zip(RANK, parts, strict=True))
            said = passage.text[slice(*each.answer)].casefold()
            ranked.append(Weighed(n, each, said, total, covered))
    return sorted(ranked, key=lambda each: -each.total)


def features(ranked: Sequence[Weighed], place: int, best: float) -> tuple[float, ...]:
    """What the chance of the candidate at a place depends on; `best` is the logit of search's first."""
    own = ranked[place]
    other = next((each.total for each in ranked if each.said != own.said), own.total - ALONE)
    return (own.candidate.score, own.total - other, best, own.coverage, 1.0)


def _chance(parts: Sequence[float]) -> float:
    logit = sum(weight * part for weight, part in zip(CHANCE, parts, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _logit(chance: float) -> float:
    kept = min(max(chance, 1e-3), 1 - 1e-3)
    return math.log(kept / (1 - kept))
