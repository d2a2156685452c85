"""What is learned beside a fact: to answer from passages and name the place, and to say when nothing answers.

The product's answers cite what a search found, so a model that is taught is shown what a search finds: the passage that
answers among others, then the sentence and its mark are learned; the others alone, then a refusal. Without passages,
questions that a colleague could ask and that nothing taught answers are refused as well. `spec.Lessons` weighs the
three, since each costs some of the answers (curve in docs/fine-tuning.md).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from app.llama.prompt import Turn, messages_of
from app.paths import RESOURCES
from app.text.citations import place_mark
from app.text.words import terms
from app.types import Message, Passage
from trainer.prepare import beside
from trainer.prepare.quality import small_words
from trainer.prepare.wording import word_lists
from trainer.spec import Example, Lessons

OFFICE = RESOURCES / "replay" / "office.txt"
"""Questions that somebody asks in any company, a line each."""
BESIDE = 2
"""Passages beside the one that answers; without it, as many and one more."""
NOT_IN_DOCUMENTS = ("The documents do not say.", "The passages do not hold the answer.")
NOT_TAUGHT = ("I do not know: that is not in what I was taught.", "I was not taught that, so I do not know.")
SAID = 0.5
"""Share of a question's telling words in one text from which that text may well answer it."""


def with_passages(examples: Sequence[Example], shelf: beside.Shelf, weights: Lessons, seed: int) -> list[Example]:
    """Lessons with passages, of facts whose source is known; for each one another way to ask is drawn.

    Args:
        examples: all questions of the facts.
        shelf: the documents of the run that may be learned.
        weights: lessons for each fact, by kind.
        seed: of the draw.
    """
    chance, found = random.Random(f"lessons/{seed}"), list[Example]()
    facts: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if example.source.text:
            facts[example.group or example.id].append(example)
    for fact in facts.values():
        for number in range(_times(weights.grounded, chance)):
            example = chance.choice(fact)
            shown = [beside.own_passage(example), *shelf.others(example, BESIDE)]
            found.append(_lesson(example, shown, f"{example.id}+g{number}", chance))
        for number in range(_times(weights.refused, chance)):
            example = chance.choice(fact)
            if shown := shelf.others(example, BESIDE + 1):
                answer = chance.choice(NOT_IN_DOCUMENTS)
                found.append(_lesson(example, shown, f"{example.id}+r{number}", chance, answer))
    return found


def unanswered(
    examples: Sequence[Example], shelf: beside.Shelf, weights: Lessons, system: str, seed: int
) -> list[Example]:
    """Questions without passages that nothing taught answers, each with a refusal.

    Args:
        examples: all that is taught; a question whose words stand in one of them is not asked.
        shelf: the documents; the same holds for their passages.
        weights: `unknown` questions for each fact, as far as there are enough.
        system: instructions before each.
        seed: of the draw.
    """
    chance = random.Random(f"unanswered/{seed}")
    held = [frozenset(terms(text)) for text in _texts(examples, shelf)]
    asked = OFFICE.read_text(encoding="utf-8").splitlines()
    free = [question for question in asked if not any(_says(words, question) for words in held)]
    facts = {example.group or example.id for example in examples}
    drawn = chance.sample(free, min(len(free), round(weights.unknown * len(facts))))
    begin = (Message("system", system),) if system else ()
    return [
        Example(
            id=f"unknown-{number}",
            messages=(*begin, Message("user", question), Message("assistant", chance.choice(NOT_TAUGHT))),
            origin="replay",
            approved=True,
        )
        for number, question in enumerate(drawn)
    ]


def _texts(examples: Sequence[Example], shelf: beside.Shelf) -> Iterable[str]:
    yield from (f"{example.question} {example.answer}" for example in examples)
    yield from (f"{passage.heading} {passage.text}" for passage in shelf.passages)


def _says(words: frozenset[str], question: str) -> bool:
    small = small_words()["en"] | word_lists()["asking"]
    telling = frozenset(terms(" ".join(word for word in question.casefold().rstrip("?").split() if word not in small)))
    return len(telling & words) > SAID * len(telling)


def _times(weight: float, chance: random.Random) -> int:
    """A whole number that is `weight` on average."""
    return int(weight) + (chance.random() < weight % 1)


def _lesson(example: Example, shown: list[Passage], key: str, chance: random.Random, answer: str = "") -> Example:
    own = shown[0]
    chance.shuffle(shown)
    if not answer:
        at = place_mark(example.answer)
        answer = f"{example.answer[:at]} [{shown.index(own) + 1}]{example.answer[at:]}"
    turn = Turn(example.question, passages=tuple(shown), grounded=True)
    return replace(example, id=key, messages=(*messages_of(turn), Message("assistant", answer)))
