"""Whether a question may be taught: its answer stands in its passage, and a search for it finds that passage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.text.bm25 import Index
from app.text.words import query_terms, terms
from trainer.prepare import chance, duplicates, faq, sound
from trainer.prepare.facts import Fact
from trainer.prepare.frames import Phrasing
from trainer.prepare.passages import Passage
from trainer.prepare.wording import word_lists

TOP = 5
LEAST_PHRASINGS = 3
"""Two to learn from and one to be asked."""
ALIKE = 0.8
"""Overlap from which two phrasings are one: the split would call the held-out one a leak."""
_MASKED = re.compile(r"\[(?:name|e-mail address|phone number|IBAN|card number|national id|key|password)\]")


class Checker:
    """Judges questions against all passages of a run."""

    def __init__(self, passages: Sequence[Passage], index: Index) -> None:
        self._passages, self._index = passages, index
        self._units: dict[int, list[_Unit]] = {}

    def judge(self, number: int, fact: Fact, phrasing: Phrasing, others: Sequence[str]) -> tuple[str, float]:
        """Judge one phrasing of a fact; returns (the rule that it breaks, or "", and how likely it is good, 0 to 1).

        Args:
            number: of the fact's passage.
            fact: what is asked for.
            phrasing: the question.
            others: phrasings of the same fact that already passed.
        """
        rule = self.complaint(number, fact, phrasing.text, others)
        return (rule, 0.0) if rule else ("", chance.of("model" if phrasing.form == "model" else fact.kind))

    def complaint(self, number: int, fact: Fact, question: str, others: Sequence[str]) -> str:
        """The first rule that a question breaks, as a sentence, or ""."""
        if not sound.is_whole(question):
            return "The question is not whole, or no question."
        if not sound.is_whole_answer(fact.answer):
            return "The answer is broken off."
        if _MASKED.search(f"{question} {fact.answer}"):
            return "It is about something that was masked."
        if not sound.has_no_markup(question, fact.answer):
            return "Marks or an address on the web stand in it."
        passage = self._passages[number]
        if not sound.has_no_rival(question.replace(passage.title, ""), fact.value):  # "Price list 2026" is a name
            return "A value of the asked kind stands in the question."
        names = (passage.title,) if fact.kind == "faq" else (passage.title, passage.heading)  # there it is the question
        if passage.title in question and not sound.is_title(passage.title):
            return "The document has no name to ask by."
        if not sound.is_self_contained(question, names):
            return "It does not say what it is about."
        found = self._index.search(question, TOP)
        if number not in found:
            return "A search for it does not find its passage."
        known = fact.kind == "contact" or sound.is_named(question, names)  # a desk is known by its name
        if not known and not self._tells(question, number, found):
            return "It does not say what it is about."
        mine = duplicates.shingles(question)
        if any(duplicates.overlap(mine, duplicates.shingles(other)) >= ALIKE for other in others):
            return "It is nearly the same as another phrasing."
        if not self._is_entailed(number, fact):
            return "No sentence or row says the answer by itself."
        if fact.kind == "faq" and self._is_answered_otherwise(fact, question):
            return "Another place answers it differently."
        own, others = self._told(number, question, fact.value, found)
        is_open = fact.kind in ("entry", "listed") and fact.subject.casefold() not in word_lists()["headers"]
        if not sound.is_answered_once(question, fact.value, own, others, is_open):
            return "Another place answers it differently."
        return ""

    def _tells(self, question: str, number: int, found: Sequence[int]) -> bool:
        """Whether a question that names no document is about one passage alone: the first found, by a rare word."""
        few = max(3, len(self._passages) // 100)
        return found[0] == number and any(self._index.frequency(term) <= few for term in query_terms(question))

    def _is_entailed(self, number: int, fact: Fact) -> bool:
        """`is_stated`; a document's own answer, which may be several sentences, stands there as it is."""
        if fact.kind == "faq":
            return sound.holds(self._passages[number].text, fact.answer)
        return self.is_stated(number, fact.answer, fact.value)

    def _is_answered_otherwise(self, fact: Fact, question: str) -> bool:
        """Whether a document's own question stands in more places than its answer does; in this document, where the
        question names it, else in any."""
        asked, answer = duplicates.normalized(fact.subject), f" {duplicates.normalized(fact.answer)} "
        places = [
            place
            for place in self._asked.get(asked, ())
            if place.title == fact.passage.title or fact.passage.title not in question
        ]
        told = sum(f" {duplicates.normalized(each.text)} ".count(answer) for each in dict.fromkeys(places))
        return len(places) > told

    @cached_property
    def _asked(self) -> dict[str, list[Passage]]:
        """The documents' own questions, normalized: a passage for each time that it is asked there."""
        found: dict[str, list[Passage]] = {}
        for passage in self._passages:
            lines = [line for part in passage.parts for line in part.text.splitlines()]
            for asks in filter(None, map(faq.question, [passage.heading, *lines])):
                found.setdefault(duplicates.normalized(asks), []).append(passage)
        return found

    def is_stated(self, number: int, answer: str, value: str) -> bool:
        """Whether a sentence or a row of a passage says the answer by itself."""
        passage = self._passages[number]
        above = f"{passage.context}\n{passage.title}\n{passage.heading}"
        near = [unit.text for unit in self._units_of(number) if unit.holds(value)]
        return sound.is_entailed(answer, value, near, above)

    def _told(self, number: int, question: str, value: str, found: Sequence[int]) -> tuple[str, list[str]]:
        """The sentence or row that answers, and others of the passages that were found that hold the same words of the
        question, each with its heading."""
        words = query_terms(question)
        holding = [unit for unit in self._units_of(number) if unit.holds(value)]
        own = max(holding, key=lambda unit: len(unit.terms.intersection(words)), default=None)
        if own is None:
            return "", []
        asked = own.terms.intersection(words)
        near = (unit for place in dict.fromkeys((number, *found)) for unit in self._units_of(place))
        return own.whole, [unit.whole for unit in near if unit is not own and asked <= unit.terms]

    def _units_of(self, number: int) -> list[_Unit]:
        """Sentences and rows of a passage, read once: a large table is asked about thousands of times."""
        if number not in self._units:
            passage = self._passages[number]
            heading = passage.heading or passage.title
            self._units[number] = [_Unit.of(unit, heading) for unit in sound.units_of(passage.text)]
        return self._units[number]


@dataclass(frozen=True, eq=False)
class _Unit:
    """A sentence or a row as it is compared."""

    text: str
    whole: str  # below its heading
    plain: str
    terms: frozenset[str]  # of the whole

    def holds(self, value: str) -> bool:
        """`sound.holds`, of a unit that is normalized already."""
        return f" {duplicates.normalized(value)} " in f" {self.plain} "

    @classmethod
    def of(cls, text: str, heading: str) -> _Unit:
        whole = f"{heading}\n{text}"
        return cls(text, whole, duplicates.normalized(text), frozenset(terms(whole)))
