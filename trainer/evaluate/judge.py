"""The base as a judge of two answers: used only if it mostly chooses the same one when they trade places.

The bias to a position is known from Zheng et al., "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", 2023.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.llama.prompt import Turn
from trainer.evaluate.asking import SideBySide
from trainer.spec import AnswerPair, Judged

MOST, LEAST = 20, 10
TRUSTED = 0.8
"""Consistency from which the judge is used; a coin has 0.5."""
LETTERS = ("A", "B")


def judge(models: SideBySide, answers: Sequence[AnswerPair]) -> Judged | None:
    """Ask the base about pairs of different answers, in both orders; None where there are too few."""
    asked = [a for a in answers if a.base.strip() and a.tuned.strip() and a.base.strip() != a.tuned.strip()][:MOST]
    if len(asked) < LEAST:
        return None
    model = models.models["base"]
    letters = [model.sequences.tokenize(letter)[0] for letter in LETTERS]
    both = [[_turn(a, *order) for order in ((a.base, a.tuned), (a.tuned, a.base))] for a in asked]
    turns = [turn for orders in both if all(model.fits(turn, 1) for turn in orders) for turn in orders]
    if len(turns) < 2 * LEAST:
        return None
    prompts = [model.prompt(turn, 1).tokens for turn in turns]
    first = [bool(logits[letters[0]] >= logits[letters[1]]) for logits in model.sequences.last_logits(prompts)]
    return weigh(first[0::2], first[1::2])


def weigh(straight: Sequence[bool], swapped: Sequence[bool]) -> Judged:
    """The judge's figures from its choices.

    Args:
        straight: for each pair whether the answer shown first won, with the base's answer first.
        swapped: the same with the tuned model's answer first.
    """
    kept = [(one, other) for one, other in zip(straight, swapped, strict=True) if one != other]
    consistency = len(kept) / len(straight)
    base = sum(one for one, _ in kept)
    used = consistency >= TRUSTED
    return Judged(count=len(straight), consistency=consistency, used=used, base=base, tuned=len(kept) - base)


def _turn(answer: AnswerPair, first: str, second: str) -> Turn:
    text = (
        f"Question: {answer.question}\nCorrect answer: {answer.wanted}\n\nAnswer A: {first[:400]}\n\n"
        f"Answer B: {second[:400]}\n\nWhich answer is closer to the correct answer, A or B? Reply with one letter."
    )
    return Turn(text)
