"""Ten pairs of answers for a person to judge, without saying which model wrote which."""

from __future__ import annotations

import random
from collections.abc import Sequence

from trainer.spec import AnswerPair, BlindPair

PAIRS = 10
_ORDER = ("asked", "own", "rephrased", "taught", "unseen with documents", "taught with documents", "general")


def pairs(answers: Sequence[AnswerPair], seed: int) -> list[BlindPair]:
    """At most PAIRS questions to which the two models answer differently, one of each fact, in the order of `_ORDER`.

    Args:
        answers: of all exams.
        seed: of the draw, which also decides the side of each answer.
    """
    draw = random.Random(seed)
    pool: list[AnswerPair] = []
    facts: set[str] = set()
    for exam in _ORDER:
        here = [a for a in answers if a.exam == exam and a.base.strip() != a.tuned.strip()]
        draw.shuffle(here)
        for answer in here:
            if (answer.group or answer.id) not in facts:
                facts.add(answer.group or answer.id)
                pool.append(answer)
    return [_pair(answer, draw.random() < 0.5) for answer in pool[:PAIRS]]


def _pair(answer: AnswerPair, tuned_left: bool) -> BlindPair:
    left, right = (answer.tuned, answer.base) if tuned_left else (answer.base, answer.tuned)
    return BlindPair(
        id=answer.id,
        question=answer.question,
        wanted=answer.wanted,
        left=left,
        right=right,
        tuned="left" if tuned_left else "right",
    )
