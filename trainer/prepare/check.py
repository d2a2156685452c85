"""Whether a question may be taught: its answer stands in its passage, and a search for it finds that passage."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.text.bm25 import Index
from app.text.words import terms
from trainer.prepare import duplicates, values
from trainer.prepare.facts import Fact
from trainer.prepare.frames import Phrasing
from trainer.prepare.passages import Passage

TOP = 5
LEAST_PHRASINGS = 3
"""Two to learn from and one to be asked."""
ALIKE = 0.8
"""Overlap from which two phrasings are one: the split would call the held-out one a leak."""
LONGEST_WORDS = 45


class Checker:
    """Judges questions against all passages of a run."""

    def __init__(self, passages: Sequence[Passage], index: Index) -> None:
        self._passages, self._index = passages, index
        self._plain = [duplicates.normalized(p.searched) for p in passages]
        self._contents: dict[int, tuple[list[values.Value], frozenset[str]]] = {}

    def judge(self, number: int, fact: Fact, phrasing: Phrasing, others: Sequence[str]) -> tuple[str, float]:
        """Judge one phrasing of a fact; returns (the rule that it breaks, or "", and its quality from 0 to 1).

        Args:
            number: of the fact's passage.
            fact: what is asked for.
            phrasing: the question.
            others: phrasings of the same fact that already passed.
        """
        question = phrasing.text
        rule = self.complaint(number, question, fact.answer, fact.value, others)
        if rule:
            return rule, 0.0
        rank = self._index.search(question, TOP).index(number)
        score = phrasing.quality - 0.02 * rank
        score -= 0.1 * fact.context_needed + 0.05 * (len(question.split()) > 28)
        return "", round(max(0.0, min(1.0, score)), 3)

    def complaint(self, number: int, question: str, answer: str, value: str, others: Sequence[str]) -> str:
        """The first rule that a question breaks, as a sentence, or ""."""
        words = question.split()
        if not 3 <= len(words) <= LONGEST_WORDS:
            return "The question is too short or too long."
        if not self.stands_in(number, answer):
            return "The answer does not stand in its passage."
        if gives_away(question, value):
            return "The question holds its own answer."
        if re.search(
            r"\[(?:name|e-mail address|phone number|IBAN|card number|national id|key|password)\]",
            f"{question} {answer}",
        ):
            return "It is about something that was masked."
        mine = duplicates.shingles(question)
        if any(duplicates.overlap(mine, duplicates.shingles(other)) >= ALIKE for other in others):
            return "It is nearly the same as another phrasing."
        if number not in self._index.search(question, TOP):
            return "A search for it does not find its passage."
        return ""

    def stands_in(self, number: int, answer: str) -> bool:
        """Whether an answer stands in a passage: word by word, or each of its words and values (a table's cells)."""
        plain = duplicates.normalized(answer)
        if plain in self._plain[number]:
            return True
        known, words = self._content(number)
        return not values.without(values.find(answer), known) and words.issuperset(terms(answer))

    def _content(self, number: int) -> tuple[list[values.Value], frozenset[str]]:
        """Values and words of a passage, looked for once: a large table is asked about thousands of times."""
        if number not in self._contents:
            text = self._passages[number].searched
            self._contents[number] = values.find(text), frozenset(terms(text))
        return self._contents[number]


def gives_away(question: str, value: str) -> bool:
    """Whether the asked value stands in the question."""
    wanted = values.find(value)
    if wanted:
        asked = values.find(question)
        return any(one.same(other) and one.unit == other.unit for one in wanted for other in asked)
    return duplicates.normalized(value) in duplicates.normalized(question)
