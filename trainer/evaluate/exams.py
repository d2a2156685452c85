"""The questions of a comparison: the person's own, what was taught in other words and in its own, from documents kept
out, without an answer, and general."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from app.llama.prompt import Turn
from app.paths import RESOURCES
from app.text.accepted import accepted
from app.text.citations import refuses
from app.types import Passage
from trainer.evaluate import metrics, rephrase
from trainer.evaluate.chat_model import turn_of
from trainer.prepare import beside
from trainer.spec import HELD_OUT, HELD_OUT_DOCUMENT, Example, Preference, TextDocument, read_lines
from trainer.train.selection import is_usable, until_answer, with_system

GENERAL = RESOURCES / "evaluation" / "general.jsonl"
MOST_TAUGHT, MOST_GROUNDED, MOST_UNKNOWN, MOST_CROSSED = 200, 40, 30, 12
SHOWN = 3
"""Passages with a question."""
SHORT, LONG, GROUNDED, ONE_SENTENCE = 32, 160, 48, 24
"""Tokens of an answer: by the length of the wanted one; with passages; and where its first sentence alone counts."""
NOT_SAID = "The documents do not say."


class General(Struct, frozen=True):
    """A question about general knowledge with the answers that count."""

    id: str
    question: str
    answers: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True)
class Case:
    """One question of one exam, as the chat would hold it, and how its answer is judged."""

    exam: str
    id: str
    turn: Turn
    wanted: str
    limit: int = SHORT  # tokens of the answer
    cut: tuple[str, ...] = ()  # the answer is read up to one of these
    accepted: tuple[str, ...] = ()  # general: any of these
    group: str = ""

    @property
    def question(self) -> str:
        """What is asked."""
        return self.turn.question

    @property
    def shown(self) -> tuple[Passage, ...]:
        """The passages to answer from."""
        return self.turn.passages

    def right(self, answer: str) -> bool:
        """Whether an answer passes."""
        if self.exam == "asked":
            return False  # nobody marks it
        if self.exam == "unknown":
            return refuses(answer)
        if self.exam == "general":
            return accepted(answer, self.accepted)
        if self.exam == "labels":
            return answer.strip() == self.wanted.strip()
        return metrics.exact(self.question, self.wanted, answer)


def own(questions: Sequence[Example], system: str = "") -> list[Case]:
    """The person's own questions; one without an answer is asked for the blind test alone, and is marked by nobody."""
    return [
        Case(
            "own" if e.answer.strip() else "asked",
            e.id,
            Turn(e.question, system=system),
            e.answer,
            _limit(e.answer) if e.answer.strip() else GROUNDED,
        )
        for e in questions
    ]


def of_pairs(pairs: Sequence[Preference], system: str = "") -> list[Case]:
    """The questions of pairs that were kept out, for the blind test alone: what both models write themselves."""
    return [
        Case("asked", f"asked:{pair.id}", turn_of(with_system(pair.messages, system)), pair.chosen, LONG)
        for pair in pairs
    ]


def build(examples: Sequence[Example], texts: Sequence[TextDocument], system: str, seed: int) -> list[Case]:
    """All questions but the labels, drawn by a seed where there are more than enough.

    Args:
        examples: of the run, whatever their split.
        texts: its documents; passages to answer from are taken from them.
        system: instructions for questions without passages, "" for the chat's own.
        seed: of the draw.
    """
    return _Builder(examples, texts, system, seed).build()


def labels(examples: Sequence[Example], allowed: Sequence[str]) -> list[Case]:
    """Sort into labels: the held-out texts."""
    held = [e for e in examples if e.held_out and e.answer.strip() in allowed]
    return [Case("labels", e.id, turn_of(until_answer(e)), e.answer.strip()) for e in held]


def general(system: str = "") -> list[Case]:
    """The questions about general knowledge that ship with the app; answers end with their first sentence."""
    return [
        Case(
            exam="general",
            id=g.id,
            turn=Turn(g.question, system=system),
            wanted=g.answers[0],
            limit=ONE_SENTENCE,
            cut=("\n", ". "),
            accepted=g.answers,
        )
        for g in read_lines(GENERAL, General)
    ]


def _limit(wanted: str) -> int:
    """Tokens for an answer: rather more than the wanted one has (about three characters each)."""
    return max(SHORT, min(LONG, len(wanted) // 2))


def _asked_of(examples: Sequence[Example]) -> list[Example]:
    """Held-out phrasings of facts that were trained; else those of facts that have no other phrasing."""
    prepared = [e for e in examples if e.split == "train"]
    trained = {e.group or e.id for e in prepared if is_usable(e)}
    left_out = {e.group or e.id for e in prepared} - trained
    held = [e for e in examples if e.split == HELD_OUT and e.answer.strip()]
    asked = [e for e in held if (e.group or e.id) in trained]
    return asked or [e for e in held if (e.group or e.id) not in left_out]


class _Builder:
    """Draws the questions of a run, and for those with documents the passages that are shown beside them."""

    def __init__(self, examples: Sequence[Example], texts: Sequence[TextDocument], system: str, seed: int) -> None:
        self._draw, self._system = random.Random(seed), system
        self._taught = self._some(_asked_of(examples), MOST_TAUGHT)
        unseen = [e for e in examples if e.split == HELD_OUT_DOCUMENT and e.answer.strip()]
        self._unseen = self._some(self._one_a_fact(unseen), MOST_GROUNDED)
        self._trained = [e for e in examples if e.split == "train" and is_usable(e)]
        self._shelf = beside.Shelf(texts)

    def build(self) -> list[Case]:
        taught = [
            Case("taught", e.id, turn_of(until_answer(e)), e.answer, _limit(e.answer), group=e.group)
            for e in self._taught
        ]
        sourced = self._some([e for e in self._taught if e.source.text], MOST_GROUNDED)
        return [
            *[
                Case(
                    "rephrased",
                    f"rephrased:{a.example.id}",
                    Turn(a.question, system=self._system),
                    a.example.answer,
                    _limit(a.example.answer),
                    group=a.example.group,
                )
                for a in rephrase.rephrased(self._trained)[:MOST_TAUGHT]
            ],
            *taught,
            *[self._grounded("taught with documents", e) for e in sourced],
            *[self._grounded("unseen with documents", e) for e in self._unseen if e.source.text],
            *self._unknown(),
            *general(self._system),
        ]

    def _some(self, examples: Sequence[Example], most: int) -> list[Example]:
        return list(examples) if len(examples) <= most else self._draw.sample(list(examples), most)

    def _one_a_fact(self, examples: Sequence[Example]) -> list[Example]:
        """One phrasing of each fact, drawn: seven of one fact are one question, not seven."""
        groups: dict[str, list[Example]] = {}
        for example in examples:
            groups.setdefault(example.group or example.id, []).append(example)
        return [self._draw.choice(group) for group in groups.values()]

    def _grounded(self, exam: str, example: Example) -> Case:
        """A question with its passage among others that a search finds too, in an order by chance."""
        shown = [beside.own_passage(example), *self._shelf.others(example, SHOWN - 1)]
        self._draw.shuffle(shown)
        return self._case(exam, f"{exam}:{example.id}", example.question, shown, example.answer, example.group)

    def _unknown(self) -> list[Case]:
        """Questions whose answer is not in the passages shown: near the documents, on others, and on the world."""
        cases = []
        near = rephrase.crossed(self._trained, [passage.text for passage in self._shelf.passages])
        for number, question in enumerate(self._draw.sample(near, min(len(near), MOST_CROSSED))):
            shown = self._shelf.found(question, SHOWN)
            cases.append(self._case("unknown", f"unknown-near-{number}", question, shown, NOT_SAID))
        for example in self._some([e for e in self._unseen if e.source.text], MOST_UNKNOWN - MOST_CROSSED):
            if shown := self._shelf.others(example, SHOWN, elsewhere=True):
                key = f"unknown:{example.id}"
                cases.append(self._case("unknown", key, example.question, shown, NOT_SAID, example.group))
        if not self._shelf.passages:
            return cases
        for case in self._draw.sample(general(self._system), max(0, MOST_UNKNOWN - len(cases))):
            found = self._shelf.found(case.question, SHOWN)
            if shown := [passage for passage in found if not accepted(passage.text, case.accepted)]:
                cases.append(self._case("unknown", f"unknown-{case.id}", case.question, shown, NOT_SAID))
        return cases

    @staticmethod
    def _case(exam: str, key: str, question: str, shown: Sequence[Passage], wanted: str, group: str = "") -> Case:
        turn = Turn(question, passages=tuple(shown), grounded=True)
        return Case(exam, key, turn, wanted, GROUNDED, group=group)
