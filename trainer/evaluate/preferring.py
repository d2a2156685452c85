"""Which of two answers each model holds for likelier, on pairs that were kept out of preference training.

Two measures. Plain: the better answer is the likelier one, a token for a token, as lm-evaluation-harness normalises and
SimPO trains (Meng et al. 2024): summed log-probabilities mostly say which answer is shorter. Relative: training raised
the better answer by more than the worse one (the implicit reward of Rafailov et al. 2023, which DPO trains).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from trainer.evaluate.asking import SideBySide
from trainer.evaluate.chat_model import ChatModel, turn_of
from trainer.evaluate.statistics import wilson
from trainer.spec import AnswerPair, Preference, RewardAccuracy
from trainer.train.selection import with_system

EXAM = "preferred"
MOST = 100


@dataclass(frozen=True)
class Likelihood:
    """The summed log-probability of an answer in nats, and how many tokens it has, the end of the turn among them."""

    total: float
    tokens: int

    @property
    def mean(self) -> float:
        """A token's share."""
        return self.total / self.tokens


Scored = tuple[Likelihood, Likelihood]
"""Of the better and the worse answer."""


def measure(
    models: SideBySide, pairs: Sequence[Preference], system: str, on_pair: Callable[[], None]
) -> tuple[list[AnswerPair], RewardAccuracy | None, int]:
    """Hold both models against the pairs.

    Args:
        pairs: kept out of training; those that a model cannot hold whole are left out.
        system: instructions before each conversation, as in training.
        on_pair: called, from the models' threads, after each pair that a model has read.

    Returns:
        The likelier answer of each model for each pair, the rewards (None without pairs), and how many pairs were too
        long.
    """
    fitting = [pair for pair in pairs if all(_fits(model, pair, system) for model in models.models.values())]

    def read(_: str, model: ChatModel) -> list[Scored]:
        found = []
        for pair in fitting:
            better, worse = (_likelihood(model, pair, answer, system) for answer in (pair.chosen, pair.rejected))
            found.append((better, worse))
            on_pair()
        return found

    base, tuned = models.both(read) if fitting else ([], [])
    marks = [_marked(pair, one, other) for pair, one, other in zip(fitting, base, tuned, strict=True)]
    return marks, rewards(base, tuned), len(pairs) - len(fitting)


def rewards(base: Sequence[Scored], tuned: Sequence[Scored]) -> RewardAccuracy | None:
    """How often, and by how much, the better answer rose above the worse one; a tie counts as not."""
    margins = [
        (new[0].total - old[0].total) - (new[1].total - old[1].total) for old, new in zip(base, tuned, strict=True)
    ]
    if not margins:
        return None
    right = sum(margin > 0 for margin in margins)
    return RewardAccuracy(
        count=len(margins),
        right=right,
        interval=wilson(right, len(margins)),
        p=float(stats.binomtest(right, len(margins)).pvalue),
        margin=float(np.mean(margins)),
    )


def _marked(pair: Preference, base: Scored, tuned: Scored) -> AnswerPair:
    """As a question of an exam: what a model says is the answer that it holds for likelier."""
    old, new = base[0].mean > base[1].mean, tuned[0].mean > tuned[1].mean
    return AnswerPair(
        exam=EXAM,
        id=f"{EXAM}:{pair.id}",
        question=pair.messages[-1].content,
        wanted=pair.chosen,
        base=pair.chosen if old else pair.rejected,
        tuned=pair.chosen if new else pair.rejected,
        base_right=old,
        tuned_right=new,
    )


def _fits(model: ChatModel, pair: Preference, system: str) -> bool:
    longest = max(len(model.sequences.tokenize(answer)) for answer in (pair.chosen, pair.rejected))
    return model.fits(turn_of(with_system(pair.messages, system)), longest + 1)


def _likelihood(model: ChatModel, pair: Preference, answer: str, system: str) -> Likelihood:
    """How likely an answer is behind its question, in the prompt of the chat."""
    said = [*model.sequences.tokenize(answer), model.sequences.end]
    prompt = list(model.prompt(turn_of(with_system(pair.messages, system)), len(said)).tokens)
    logits = model.sequences.logits([*prompt, *said])[len(prompt) - 1 : -1]
    top = logits.max(axis=1)
    norm = np.log(np.exp(logits - top[:, None]).sum(axis=1, dtype=np.float64)) + top
    chosen = logits[np.arange(len(said)), said]
    return Likelihood(float((chosen - norm).sum(dtype=np.float64)), len(said))
