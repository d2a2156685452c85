"""Which of the reader's candidates answers, and how likely it is right.

The reader judges each passage by itself; what search thinks of the passage, how many of the question's words the
sentence holds, and how far the second best is, tell the rest. Both fits and their figures: docs/retrieval.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from app.text import words
from app.text.glossary import meanings
from app.text.limits import on_the_other_side
from app.types import Passage, Reading

RANK = (0.442, 0.589, 1.187)
"""Weights of: the reader's score, the logit of the passage's chance in search, coverage by rare words. Conditional
logit: the right sentence against the others of its question."""
NAME = 1.5
"""What a name or a number of the question is worth where at most `FEW` sentences hold it: "30 days" of another town is
wrong, however well it reads."""
FEW = 2
CHANCE = (0.098, 0.787, 0.217, 0.541, 0.412, -2.039)
"""Weights of: the reader's score, the distance to the best other answer, the logit of search's best, coverage by all
words, the share of the question's words that no sentence holds, 1."""
EITHER = (0.116, 0.698, 0.395, 0.101, -0.014, -1.872)
"""The same for the best sentence and the next with another answer together; the distance is to the third."""
_ASKS_MONEY = re.compile(
    r"\b(?:salar(?:y|ies)|wages?|prices?|fees?|costs?"
    r"|how (?:expensive|much (?:money|do (?:i|we) (?:get|pay)|(?:is|are) paid|(?:does|do|did) .{1,40} cost))"
    r"|was kostet|wie teuer|gehalt|löhne?|preise?|gebühr(?:en)?|kosten)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[€$£¥%]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|cents?|percent|prozent|free|nothing|kostenlos)\b",
    re.IGNORECASE,
)
WITHOUT_MONEY = 0.5
"""What is left of the chance of a sentence without an amount where one is asked for: "95 grams" is paid to nobody."""
_ASKS_COUNT = re.compile(
    r"\b(?:how many|wie ?viele|combien de|cu[aá]nt[oa]s|quant[ie]|quant[oa]s|hoeveel)\b|几|كم عدد", re.IGNORECASE
)
_CURRENCY = re.compile(r"[€$£¥]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b", re.IGNORECASE)
MONEY_FOR_COUNT = 0.3
"""What is left of the chance of an amount of money where it is asked how many there are of something: "14 €" is not a
number of days."""
OTHER_SIDE = 0.3
"""What is left of the chance of "up to 400 €" where it is asked what holds above 400 €."""
ALONE = 8.0
"""The distance where there is no other answer."""
_NAMES = re.compile(r"(?<=\s)(?:[A-Z][\w’'-]+|\d[\d.,]*\d|\d)")


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
    coverage: float  # the share of the question's words that the sentence holds
    fit: float  # 1, or less where the sentence holds no such thing as is asked for


class _Sentence(NamedTuple):
    """A candidate with its text and its words."""

    n: int
    passage: Passage
    candidate: Candidate
    text: str
    terms: frozenset[str]


def weigh(question: str, passages: Sequence[Passage], found: Sequence[Sequence[Candidate]]) -> tuple[Reading, ...]:
    """The candidates of all passages, best first, each with the chance that it would have as the answer."""
    sentences = [
        _Sentence(n, passage, each, text := passage.text[slice(*each.sentence)], frozenset(words.terms(text)))
        for n, (passage, candidates) in enumerate(zip(passages, found, strict=True), 1)
        for each in candidates
    ]
    asked = _Asked(question, sentences)
    ranked = sorted(map(asked.weighed, sentences), key=lambda each: -each.total)
    best = max((_logit(passage.score) for passage in passages), default=0.0)
    return tuple(
        Reading(
            n=each.n,
            sentence=each.candidate.sentence,
            start=each.candidate.answer[0],
            end=each.candidate.answer[1],
            chance=round(asked.chance(CHANCE, [each], ranked, best), 4),
            either=round(asked.chance(EITHER, [each, *_others([each], ranked)[:1]], ranked, best), 4),
        )
        for each in ranked
    )


class _Asked:
    """A question beside the sentences that may answer it."""

    def __init__(self, question: str, sentences: Sequence[_Sentence]) -> None:
        self._question = question
        self._terms = set(words.query_terms(question))
        self._also = _other_words(question, self._terms)
        counts = {term: sum(self._holds(each, term) for each in sentences) for term in self._terms}
        self._rarity = {term: math.log(1 + len(sentences) / count) for term, count in counts.items() if count}
        self._all = sum(self._rarity.values()) or 1.0
        named = {name.casefold() for name in _NAMES.findall(question)}
        self._names = {name for name in named if 0 < sum(name in each.text.casefold() for each in sentences) <= FEW}
        self._money = bool(_ASKS_MONEY.search(question))
        self._count = bool(_ASKS_COUNT.search(question)) and not _CURRENCY.search(question)
        self.unknown = sum(not count for count in counts.values()) / len(counts) if counts else 0.0

    def _holds(self, each: _Sentence, term: str) -> bool:
        return term in each.terms or any(name <= each.terms for name in self._also.get(term, ()))

    def weighed(self, each: _Sentence) -> Weighed:
        """The sentence beside what the question tells of it."""
        held = {term for term in self._terms if self._holds(each, term)}
        rare = sum(self._rarity[term] for term in held) / self._all
        parts = (each.candidate.score, _logit(each.passage.score), rare)
        names = sum(name in each.text.casefold() for name in self._names)
        total = sum(weight * part for weight, part in zip(RANK, parts, strict=True)) + NAME * names
        said = each.passage.text[slice(*each.candidate.answer)].casefold()
        coverage = len(held) / len(self._terms) if self._terms else 0.0
        fit = self._fit(each.text, said)
        total += math.log(fit)
        return Weighed(each.n, each.candidate, said, total, coverage, fit)

    def _fit(self, sentence: str, said: str) -> float:
        """What is left of a chance where the sentence holds no such thing as is asked for."""
        fit = WITHOUT_MONEY if self._money and not _MONEY.search(sentence) else 1.0
        fit *= MONEY_FOR_COUNT if self._count and _CURRENCY.search(said) else 1.0
        return fit * (OTHER_SIDE if on_the_other_side(self._question, sentence) else 1.0)

    def chance(
        self, weights: Sequence[float], chosen: Sequence[Weighed], ranked: Sequence[Weighed], best: float
    ) -> float:
        """That one of the chosen sentences is right; `best` is the logit of search's best passage."""
        total = math.log(sum(math.exp(each.total) for each in chosen))
        other = next((each.total for each in _others(chosen, ranked)), total - ALONE)
        score = max(each.candidate.score for each in chosen)
        coverage = max(each.coverage for each in chosen)
        parts = (score, total - other, best, coverage, self.unknown, 1.0)
        return max(each.fit for each in chosen) * _chance(weights, parts)


def _other_words(question: str, asked: Collection[str]) -> dict[str, set[frozenset[str]]]:
    """By a term of the question the terms of other names for the same thing, in all languages."""
    also: dict[str, set[frozenset[str]]] = {}
    for meaning in meanings(question):
        if meaning.sure:
            listed = {frozenset(words.terms(" ".join(name))) for names in meaning.names.values() for name in names}
            for term in {term for word in meaning.said for term in words.terms(word)} & set(asked):
                also.setdefault(term, set()).update(listed)
    return also


def _others(chosen: Sequence[Weighed], ranked: Sequence[Weighed]) -> list[Weighed]:
    """Those that say something else, best first."""
    said = {each.said for each in chosen}
    return [each for each in ranked if each.said not in said]


def _chance(weights: Sequence[float], parts: Sequence[float]) -> float:
    logit = sum(weight * part for weight, part in zip(weights, parts, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _logit(chance: float) -> float:
    kept = min(max(chance, 1e-3), 1 - 1e-3)
    return math.log(kept / (1 - kept))
