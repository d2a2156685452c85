"""The questions of a comparison: taught in other words, from documents kept out, without an answer, and general."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from trainer.evaluate import metrics, prompting
from trainer.prepare import passages, values
from trainer.prepare.bm25 import Index
from trainer.spec import Example, TextDocument, Turn, read_lines
from trainer.train.selection import is_usable

GENERAL = Path(__file__).resolve().parent.parent.parent / "resources" / "evaluation" / "general.jsonl"
MOST_TAUGHT, MOST_GROUNDED, MOST_UNKNOWN = 200, 40, 20
SHOWN = 3
"""Passages with a question."""
PASSAGE_CHARACTERS, OTHER_CHARACTERS = 600, 320
"""Of the passage that holds the answer, and of those beside it: reading them is most of the time a comparison takes."""
SHORT, LONG = 32, 160
"""Tokens of an answer, by the length of the wanted one."""


class General(Struct, frozen=True):
    """A question about general knowledge with the answers that count."""

    id: str
    question: str
    answers: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True)
class Case:
    """One question of one exam, and how its answer is judged."""

    exam: str
    id: str
    question: str
    wanted: str
    turns: tuple[Turn, ...]
    limit: int = SHORT
    stops: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()  # general: any of these
    shown: tuple[str, ...] = ()  # passages
    group: str = ""

    def right(self, answer: str) -> bool:
        """Whether an answer passes."""
        if self.exam == "unknown":
            return metrics.refuses(answer)
        if self.exam == "general":
            return metrics.accepted(answer, self.answers)
        if self.exam == "labels":
            return answer.strip() == self.wanted.strip()
        return metrics.exact(self.question, self.wanted, answer)


def build(examples: Sequence[Example], texts: Sequence[TextDocument], system: str | None, seed: int) -> list[Case]:
    """All questions but the labels, drawn by a seed where there are more than enough."""
    return _Builder(examples, texts, system, seed).build()


def labels(examples: Sequence[Example], allowed: Sequence[str]) -> list[Case]:
    """Sort into labels: the held-out texts."""
    held = [e for e in examples if e.split in ("heldout", "unseen") and e.answer.strip() in allowed]
    return [Case("labels", e.id, e.question, e.answer.strip(), _until_answer(e)) for e in held]


def general(system: str | None, path: Path = GENERAL) -> list[Case]:
    """The questions about general knowledge that ship with the app; answers end with their first sentence."""
    first = (Turn("system", system),) if system else ()
    return [
        Case("general", g.id, g.question, g.answers[0], (*first, Turn("user", g.question)), 24, ("\n", ". "), g.answers)
        for g in read_lines(path, General)
    ]


def _until_answer(example: Example) -> tuple[Turn, ...]:
    last = max(i for i, turn in enumerate(example.messages) if turn.role == "assistant")
    return example.messages[:last]


def _limit(wanted: str) -> int:
    """Tokens for an answer: rather more than the wanted one has (about three characters each)."""
    return max(SHORT, min(LONG, len(wanted) // 2))


def _asked_of(examples: Sequence[Example]) -> list[Example]:
    """Held-out phrasings of facts that were trained; else those of facts that have no other phrasing."""
    prepared = [e for e in examples if e.split == "train"]
    trained = {e.group or e.id for e in prepared if is_usable(e)}
    left_out = {e.group or e.id for e in prepared} - trained
    held = [e for e in examples if e.split == "heldout" and e.answer.strip()]
    asked = [e for e in held if (e.group or e.id) in trained]
    return asked or [e for e in held if (e.group or e.id) not in left_out]


class _Builder:
    def __init__(
        self, examples: Sequence[Example], texts: Sequence[TextDocument], system: str | None, seed: int
    ) -> None:
        self._draw, self._system = random.Random(seed), system
        self._taught = self._some(_asked_of(examples), MOST_TAUGHT)
        unseen = [e for e in examples if e.split == "unseen" and e.answer.strip()]
        self._unseen = self._some(self._one_a_fact(unseen), MOST_GROUNDED)
        self._passages = [p for n, text in enumerate(texts) for p in passages.cut(text, n)]
        self._names = [text.name for text in texts]
        self._texts = [f"{p.heading}\n{p.text}".strip()[:OTHER_CHARACTERS] for p in self._passages]
        self._index = Index([p.searched for p in self._passages])

    def build(self) -> list[Case]:
        taught = [
            Case("taught", e.id, e.question, e.answer, _until_answer(e), _limit(e.answer), group=e.group)
            for e in self._taught
        ]
        sourced = self._some([e for e in self._taught if e.source.text], MOST_GROUNDED)
        return [
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
        own = example.source.text[:PASSAGE_CHARACTERS]
        shown = [(example.source.document, own), *self._others(example, SHOWN - 1)]
        self._draw.shuffle(shown)
        return self._case(exam, example, shown, example.answer)

    def _unknown(self) -> list[Case]:
        """Questions whose answer is not in the passages shown: on other documents, and on the world at large."""
        cases = []
        for example in self._some([e for e in self._unseen if e.source.text], MOST_UNKNOWN):
            shown = self._others(example, SHOWN)
            if shown:
                cases.append(self._case("unknown", example, shown, "The documents do not say."))
        if not self._passages:
            return cases
        for case in self._draw.sample(general(self._system), MOST_UNKNOWN - len(cases)):
            found = [n for n in self._index.search(case.question, SHOWN) if not _holds(self._texts[n], case.answers)]
            shown = [(self._names[self._passages[n].document], self._texts[n]) for n in found]
            if shown:
                turns = prompting.grounded(case.question, shown)
                texts = tuple(text for _, text in shown)
                cases.append(
                    Case(
                        "unknown",
                        f"unknown-{case.id}",
                        case.question,
                        "The documents do not say.",
                        turns,
                        48,
                        shown=texts,
                    )
                )
        return cases

    def _others(self, example: Example, most: int) -> list[tuple[str, str]]:
        """Passages near a question that do not answer it: of other documents where it is to stay unknown."""
        own = re.sub(r"\s+", " ", example.source.text)
        needed = values.without(values.find(example.answer), values.find(example.question))
        found = []
        for number in self._index.search(example.question, 12):
            text = self._texts[number]
            if re.sub(r"\s+", " ", self._passages[number].text)[:80] in own:
                continue
            if most == SHOWN and self._names[self._passages[number].document] == example.source.document:
                continue
            if needed and not values.without(needed, values.find(text)):
                continue
            found.append((self._names[self._passages[number].document], text))
        return found[:most]

    def _case(self, exam: str, example: Example, shown: Sequence[tuple[str, str]], wanted: str) -> Case:
        turns = prompting.grounded(example.question, shown)
        texts = tuple(text for _, text in shown)
        key = f"{exam}:{example.id}"
        return Case(exam, key, example.question, wanted, turns, 48, shown=texts, group=example.group)


def _holds(text: str, answers: Sequence[str]) -> bool:
    return metrics.accepted(text, answers)
