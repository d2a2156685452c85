"""What a step is to achieve: tokens to become likely, or better answers likelier than worse ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import torch

from trainer.train import batches, loss
from trainer.train.chat import Encoded
from trainer.train.several import Group

BATCH_TOKENS = 1024  # in memory at a time; matrix products are as fast as with more
TEACHER_TOKENS = 32
"""How many tokens of the base's distribution at a place are kept: its likeliest, renormalised."""
Unit = tuple[Encoded, ...]
"""What stays together: one example, or the two answers of a pair."""

Batches = Callable[[Sequence[Any], int], Sequence[tuple[Any, Sequence[Any]]]]
"""Units, and tokens at a time → batches with their examples."""


class Objective(Protocol):
    """Turns the units of a step into a loss."""

    unit_size: int

    def weight(self, units: Sequence[Any]) -> int:
        """What the summed loss of a step is divided by."""
        ...

    def total(self, model: Any, batch: Any, examples: Sequence[Any]) -> torch.Tensor:
        """The summed loss of a batch."""
        ...


class Likelihood:
    """Likelihood of each learned token; the mean is over tokens.

    Examples in `teacher` are distilled: their aim is the base's whole distribution at each place, not one token, which
    holds far more of what the base knows than the one answer that it gave. Their loss counts `teacher_weight` times.
    """

    unit_size = 1

    def __init__(self, teacher: Mapping[str, loss.SoftTargets] | None = None, teacher_weight: float = 1.0) -> None:
        self._teacher = teacher or {}
        self._teacher_weight = teacher_weight

    def weight(self, units: Sequence[Unit]) -> int:
        return sum(example.learned for unit in units for example in unit)

    def total(self, model: Any, batch: batches.Batch, examples: Sequence[Encoded]) -> torch.Tensor:
        losses = loss.token_losses(model, batch, self._targets(batch, examples))
        weights = [self._teacher_weight if example.id in self._teacher else 1.0 for example in examples]
        return (losses * torch.tensor(weights, device=losses.device)[batch.owner]).sum()

    def _targets(self, batch: batches.Batch, examples: Sequence[Encoded]) -> loss.SoftTargets | None:
        """The base's distributions where they are known, the tokens themselves elsewhere; in the order of the batch."""
        if not any(example.id in self._teacher for example in examples):
            return None
        tokens = torch.zeros(len(batch.targets), TEACHER_TOKENS, dtype=torch.long, device=batch.targets.device)
        probabilities = torch.zeros(len(batch.targets), TEACHER_TOKENS, device=batch.targets.device)
        tokens[:, 0], probabilities[:, 0] = batch.targets, 1.0
        for number, example in enumerate(examples):
            known = self._teacher.get(example.id)
            if known is not None:
                tokens[batch.owner == number], probabilities[batch.owner == number] = known.tokens, known.probabilities
        return loss.SoftTargets(tokens, probabilities)


class PreferenceObjective:
    """Direct preference optimisation; `reference` holds the base's loss of each sequence. The mean is over pairs."""

    unit_size = 2

    def __init__(self, reference: dict[str, float], beta: float) -> None:
        self._reference = reference
        self._beta = beta

    def weight(self, units: Sequence[Unit]) -> int:
        return len(units)

    def total(self, model: Any, batch: batches.Batch, examples: Sequence[Encoded]) -> torch.Tensor:
        mine = loss.example_losses(model, batch)
        base = torch.tensor([self._reference[e.id] for e in examples], device=mine.device)
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


def mean_loss(
    model: Any,
    objective: Objective,
    units: Sequence[Any],
    batches_of: Batches,
    held_tokens: int = BATCH_TOKENS,
    group: Group | None = None,
) -> float:
    """The objective over units without learning; of several processes each computes its share."""
    group, total = group or Group(), 0.0
    # weights that are split among processes are put together in tensors that training uses again
    with torch.no_grad() if group.splits_weights else torch.inference_mode():
        for batch, examples, factor in group.batches(units, lambda some: batches_of(some, 2 * held_tokens)):
            total += float(objective.total(model, batch, examples)) * factor
    return group.total(total)[0] / objective.weight(units)


def teacher_targets(
    model: Any,
    units: Sequence[Unit],
    device: torch.device,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> dict[str, loss.SoftTargets]:
    """What the model as it is (adapters off) holds for likely at each learned place, by the example's id."""
    found: dict[str, loss.SoftTargets] = {}
    for batch, examples in in_batches(model, units, device, 2 * BATCH_TOKENS):
        known = loss.soft_targets(model, batch, TEACHER_TOKENS)
        for number, example in enumerate(examples):
            mine = batch.owner == number
            found[example.id] = loss.SoftTargets(known.tokens[mine], known.probabilities[mine])
        progress(len(found), len(units))
    return found


@torch.inference_mode()  # type: ignore[untyped-decorator]
def reference_losses(
    model: Any,
    units: Sequence[Unit],
    device: torch.device,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> dict[str, float]:
    """The loss of each sequence under the model as it is (adapters off), in nats, by its id."""
    losses: dict[str, float] = {}
    for batch, examples in in_batches(model, units, device, 2 * BATCH_TOKENS):
        values = loss.example_losses(model, batch).tolist()
        losses.update({e.id: value for e, value in zip(examples, values, strict=True)})
        progress(len(losses) // 2, len(units))  # a pair has two
    return losses
