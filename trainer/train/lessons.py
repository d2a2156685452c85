"""What is learned beside a fact: to answer from passages and name the place, and to say when nothing answers.

The product's answers cite what a search found, so a model that is taught is shown what a search finds: the passage that
answers among others, then the sentence and its mark are learned; or passages that do not answer, then a refusal.
Without passages, questions that a colleague could ask and that nothing taught answers can be refused as well.
`spec.Lessons` weighs the three, since each costs some of the answers (curve in docs/fine-tuning.md).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from msgspec.structs import replace

from app.llama.prompt import Turn, messages_of
from app.paths import RESOURCES
from app.text.citations import place_mark
from app.text.words import terms
from app.types import Message
from trainer.context import Context
from trainer.evaluate.rephrase import ROW, for_training
from trainer.prepare import beside, own
from trainer.prepare.quality import small_words
from trainer.prepare.wording import word_lists
from trainer.spec import Example, Lessons
from trainer.train import selection, variants
from trainer.train.replay import general_questions

OFFICE = RESOURCES / "replay" / "office.txt"
"""Questions that somebody asks in any company, a line each."""
BESIDE = 2
"""Passages beside the one that answers; without it, as many and one more."""
NOT_IN_DOCUMENTS = ("The documents do not say.", "The passages do not hold the answer.")
NOT_TAUGHT = ("I do not know: that is not in what I was taught.", "I was not taught that, so I do not know.")
SAID = 0.5
"""Share of a question's telling words in one text from which that text may well answer it."""


def beside_examples(context: Context, taught: Sequence[Example]) -> dict[str, list[Example]]:
    """What is learned beside the approved examples, by what it is counted as. Nothing of it is near a question of the
    exam; empty for a recipe that learns nothing so."""
    spec = context.spec
    if not spec.training.varies:
        return {}
    facts: defaultdict[str, list[Example]] = defaultdict(list)
    for example in taught:
        if variants.can_vary(example):
            facts[example.group or example.id].append(example)
    count, seed = spec.lessons.variants, spec.seed
    varied = [each for key, fact in facts.items() for each in variants.variants(fact, count, f"{seed}/{key}")]
    twins = own.twins_of(varied, selection.held_out_questions(context))
    varied = [each for each in varied if each.id not in twins]
    texts = [text for text in selection.read_texts(context) if text.split == "train"] if spec.data.inputs else []
    shelf = beside.Shelf(texts)
    return {
        "variants": varied,
        "lessons": with_passages([*taught, *varied], shelf, spec.lessons, seed),
        "refusals": unanswered(taught, shelf, spec.lessons, selection.instructions(spec), seed),
    }


def with_passages(examples: Sequence[Example], shelf: beside.Shelf, weights: Lessons, seed: int) -> list[Example]:
    """Lessons with passages, of facts whose source is known; for each one another way to ask is drawn.

    What is refused is never a fact that is taught: shown without its passage it would have to be known and refused.

    Args:
        examples: all questions of the facts.
        shelf: the documents of the run that may be learned.
        weights: lessons for each fact, by kind.
        seed: of the draw.
    """
    chance = random.Random(f"lessons/{seed}")
    facts: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if example.source.text:
            facts[example.group or example.id].append(example)
    if not facts or not shelf.passages:
        return []
    grounded = [
        _answered(chance.choice(fact), shelf, number, chance)
        for fact in facts.values()
        for number in range(_times(weights.grounded, chance))
    ]
    wanted = round(weights.refused * len(facts))
    near = _near(list(facts.values()), chance)[: wanted // 2]
    far = [q for q in (*_office(), *general_questions()) if not _is_said(q, examples, shelf)]
    asked = [*near, *chance.sample(far, min(len(far), wanted - len(near)))]
    return [*grounded, *(_refused(question, shelf, number, chance) for number, question in enumerate(asked))]


def _near(facts: Sequence[Sequence[Example]], chance: random.Random) -> list[str]:
    """Questions about a row of one table as if it stood in another: near what is taught, and nowhere answered.

    The rows that the exam crosses (trainer.evaluate.rephrase) are others.
    """
    rows = [(fact, match["subject"]) for fact in facts if (match := ROW.match(fact[0].answer))]
    found = []
    for fact, subject in rows:
        document = fact[0].source.document
        others = [o for f, o in rows if f[0].source.document != document and for_training(o)]
        asked = [e.question for e in fact if subject in e.question]
        if others and asked:
            found.append(chance.choice(asked).replace(subject, chance.choice(others)))
    chance.shuffle(found)
    return list(dict.fromkeys(found))


def _answered(example: Example, shelf: beside.Shelf, number: int, chance: random.Random) -> Example:
    """The fact's passage among others, and its sentence with the mark of that passage."""
    own = beside.own_passage(example)
    shown = [own, *shelf.others(example, BESIDE)]
    chance.shuffle(shown)
    at = place_mark(example.answer)
    answer = f"{example.answer[:at]} [{shown.index(own) + 1}]{example.answer[at:]}"
    turn = Turn(example.question, passages=tuple(shown), grounded=True)
    return replace(example, id=f"{example.id}+g{number}", messages=(*messages_of(turn), Message("assistant", answer)))


def _refused(question: str, shelf: beside.Shelf, number: int, chance: random.Random) -> Example:
    shown = shelf.found(question, BESIDE + 1) or chance.sample(shelf.passages, min(BESIDE + 1, len(shelf.passages)))
    turn = Turn(question, passages=tuple(shown), grounded=True)
    messages = (*messages_of(turn), Message("assistant", chance.choice(NOT_IN_DOCUMENTS)))
    return Example(id=f"refused-{number}", messages=messages, origin="replay", approved=True)


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
    free = [question for question in _office() if not _is_said(question, examples, shelf)]
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


def _office() -> list[str]:
    return OFFICE.read_text(encoding="utf-8").splitlines()


def _is_said(question: str, examples: Sequence[Example], shelf: beside.Shelf) -> bool:
    """Whether one text holds so many of a question's telling words that it may well answer it."""
    small = small_words()["en"] | word_lists()["asking"]
    asked = (word for word in question.casefold().rstrip("?").split() if word not in small)
    telling = frozenset(terms(" ".join(asked)))
    texts = (*(f"{e.question} {e.answer}" for e in examples), *(f"{p.heading} {p.text}" for p in shelf.passages))
    return any(len(telling & words) > SAID * len(telling) for words in map(_words, texts))


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _times(weight: float, chance: random.Random) -> int:
    """A whole number that is `weight` on average."""
    return int(weight) + (chance.random() < weight % 1)
