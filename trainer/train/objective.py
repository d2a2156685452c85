"""What a step is to achieve: answers (and texts) to be said, or better answers to be preferred to worse ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch

from trainer.train import batches, loss
from trainer.train.chat import Encoded

BATCH_TOKENS = 1024  # in memory at a time; matrix products are as fast as with more
OPINION = 32
"""Tokens of an opinion: what the base would say instead, as far as it matters."""
Unit = tuple[Encoded, ...]
"""What stays together: one example, or the two answers of a pair."""


class Objective(Protocol):
    """Turns the units of a step into a loss."""

    unit_size: int

    def weight(self, units: Sequence[Unit]) -> int:
        """What the summed loss of a step is divided by."""
        ...

    def total(self, model: Any, batch: batches.Batch, examples: Sequence[Encoded]) -> torch.Tensor:
        """The summed loss of a batch."""
        ...


class Answers:
    """Likelihood of each learned token; the mean is over tokens.

    Of examples in `opinions` the base's whole opinion of each token is to be kept, not only the token: it holds far
    more of what the base knows than the one answer that it gave.
    """

    unit_size = 1

    def __init__(self, opinions: Mapping[str, loss.Aims] | None = None) -> None:
        self._opinions = opinions or {}

    def weight(self, units: Sequence[Unit]) -> int:
        return sum(example.learned for unit in units for example in unit)

    def total(self, model: Any, batch: batches.Batch, examples: Sequence[Encoded]) -> torch.Tensor:
        return loss.token_losses(model, batch, self._aims(batch, examples)).sum()

    def _aims(self, batch: batches.Batch, examples: Sequence[Encoded]) -> loss.Aims | None:
        """The opinions where there are some, the tokens themselves elsewhere; both in the order of the batch."""
        if not any(example.id in self._opinions for example in examples):
            return None
        tokens = torch.zeros(len(batch.targets), OPINION, dtype=torch.long, device=batch.targets.device)
        chances = torch.zeros(len(batch.targets), OPINION, device=batch.targets.device)
        tokens[:, 0], chances[:, 0] = batch.targets, 1.0
        for number, example in enumerate(examples):
            known = self._opinions.get(example.id)
            if known is not None:
                tokens[batch.owner == number], chances[batch.owner == number] = known.tokens, known.chances
        return loss.Aims(tokens, chances)


class Preferences:
    """Direct preference optimisation; `base` holds what each sequence costs the base. The mean is over pairs."""

    unit_size = 2

    def __init__(self, base: dict[str, float], beta: float) -> None:
        self._base = base
        self._beta = beta

    def weight(self, units: Sequence[Unit]) -> int:
        return len(units)

    def total(self, model: Any, batch: batches.Batch, examples: Sequence[Encoded]) -> torch.Tensor:
        mine = loss.example_losses(model, batch)
        base = torch.tensor([self._base[e.id] for e in examples], device=mine.device)
        return loss.preference_loss(mine[0::2], mine[1::2], base[0::2], base[1::2], self._beta).sum()


def in_batches(
    model: Any, units: Sequence[Unit], device: torch.device, tokens: int = BATCH_TOKENS
) -> list[tuple[batches.Batch, list[Encoded]]]:
    """Lay the units of a step out in batches of bounded size."""
    flat = [example for unit in units for example in unit]
    share = loss.shares_prefix(model)
    found = []
    for part in batches.cut(flat, tokens, keep=len(units[0])):
        chosen = [flat[i] for i in part]
        found.append((batches.collate(chosen, device, share), chosen))
    return found


@torch.inference_mode()  # type: ignore[untyped-decorator]
def mean_loss(model: Any, objective: Objective, units: Sequence[Unit], device: torch.device) -> float:
    """The objective over units without learning."""
    total = 0.0
    for batch, examples in in_batches(model, units, device, 2 * BATCH_TOKENS):
        total += float(objective.total(model, batch, examples))
    return total / objective.weight(units)


def base_opinions(model: Any, units: Sequence[Unit], device: torch.device) -> dict[str, loss.Aims]:
    """What the model as it is (adapters off) holds for likely at each learned token, by example."""
    found = {}
    for batch, examples in in_batches(model, units, device, 2 * BATCH_TOKENS):
        known = loss.opinion(model, batch, OPINION)
        for number, example in enumerate(examples):
            mine = batch.owner == number
            found[example.id] = loss.Aims(known.tokens[mine], known.chances[mine])
    return found


@torch.inference_mode()  # type: ignore[untyped-decorator]
def base_costs(model: Any, units: Sequence[Unit], device: torch.device) -> dict[str, float]:
    """What each sequence costs the model as it is (adapters off), in nats, by its id."""
    costs: dict[str, float] = {}
    for batch, examples in in_batches(model, units, device, 2 * BATCH_TOKENS):
        values = loss.example_losses(model, batch).tolist()
        costs.update({e.id: value for e, value in zip(examples, values, strict=True)})
    return costs
