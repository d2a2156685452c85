"""The reader in the trainer's loop: batches of questions beside passages, and what a step is to achieve."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tokenizers import Tokenizer
from torch import nn

from trainer.reader.lessons import Lesson
from trainer.reader.network import Encoded, ReaderNetwork, collate, encode
from trainer.reader.train import FORBIDDEN, LONGEST, save
from trainer.spec import Hyper

TEACHER_TOKENS = 8192
Logits = tuple[torch.Tensor, torch.Tensor]


class Item(NamedTuple):
    """A lesson in tokens; `number` finds what the reader said before."""

    ids: tuple[int, ...]
    encoded: Encoded
    exact: bool
    taught: bool
    number: int


Unit = tuple[Item]


@dataclass(frozen=True)
class Batch:
    """ids, mask, where an answer may stand (items × tokens)."""

    ids: torch.Tensor
    mask: torch.Tensor
    allowed: torch.Tensor
    tokens: int


def items(tokenizer: Tokenizer, lessons: Sequence[Lesson], first: int = 0) -> list[Unit]:
    """Passages in tokens; what search finds is whole, and only a longer one is cut round its answer."""
    draw = random.Random(0)
    made: list[Unit] = []
    for number, lesson in enumerate(lessons, first):
        encoded = encode(tokenizer, lesson.example, LONGEST, draw)
        if encoded is not None:
            made.append((Item(tuple(encoded.ids), encoded, lesson.exact, lesson.taught, number),))
    return made


def batches(units: Sequence[Unit], tokens: int) -> list[tuple[Batch, list[Item]]]:
    """Batches of at most so many tokens, padding counted, like lengths together."""
    flat = sorted((item for unit in units for item in unit), key=lambda item: len(item.ids))
    parts: list[list[Item]] = []
    for item in flat:
        if parts and (len(parts[-1]) + 1) * len(item.ids) <= tokens:
            parts[-1].append(item)
        else:
            parts.append([item])
    found = []
    for part in parts:
        ids, mask, allowed, _, _ = collate([item.encoded for item in part])
        found.append((Batch(ids, mask, allowed, sum(len(item.ids) for item in part)), part))
    return found


class ReadingObjective:
    """The answer's first and last token likely, or the first token of all where a passage does not answer.

    Where only the sentence is known, all of its tokens count together (marginal likelihood, Clark & Gardner, 2018).
    Lessons that are not taught are held to what the reader said before, by the KL divergence of both distributions.
    """

    unit_size = 1

    def __init__(self, before: Mapping[int, Logits]) -> None:
        self._before = before

    def weight(self, units: Sequence[Any]) -> int:
        return len(units)

    def total(self, model: Any, batch: Batch, examples: Sequence[Item]) -> torch.Tensor:
        """The summed loss of a batch, in nats."""
        sides = [_log_probabilities(side, batch) for side in model(batch.ids, batch.mask)]
        losses = [
            self._loss(item, sides[0][row], sides[1][row]) if item.taught else self._drift(item, sides, row)
            for row, item in enumerate(examples)
        ]
        return torch.stack(losses).sum()

    @staticmethod
    def _loss(item: Item, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
        first, last = item.encoded.start, item.encoded.end
        if item.exact:
            return -(start[first] + end[last]) / 2
        inside = slice(first, last + 1)
        return -(torch.logsumexp(start[inside], 0) + torch.logsumexp(end[inside], 0)) / 2

    def _drift(self, item: Item, sides: Sequence[torch.Tensor], row: int) -> torch.Tensor:
        length = len(item.ids)
        drift = torch.zeros(())
        for now, before in zip(sides, self._before[item.number], strict=True):
            drift = drift + nn.functional.kl_div(now[row, :length], before, reduction="sum", log_target=True) / 2
        return drift


def _log_probabilities(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    return torch.log_softmax(logits.masked_fill(~batch.allowed, FORBIDDEN), dim=-1)


@torch.no_grad()  # type: ignore[untyped-decorator]
def said_before(network: ReaderNetwork, units: Sequence[Unit]) -> dict[int, Logits]:
    """What the reader says, as log probabilities of each token, of the lessons that are not taught."""
    network.eval()
    known: dict[int, Logits] = {}
    for batch, examples in batches([unit for unit in units if not unit[0].taught], TEACHER_TOKENS):
        start, end = (_log_probabilities(side, batch) for side in network(batch.ids, batch.mask))
        for row, item in enumerate(examples):
            length = len(item.ids)
            known[item.number] = (start[row, :length].clone(), end[row, :length].clone())
    return known


class ReaderWeights:
    """The reader's adapter as what learns in a training."""

    def __init__(self, network: ReaderNetwork, base: Path) -> None:
        self._network, self._base = network, base

    def parameters(self) -> list[nn.Parameter]:
        return self._network.trained()

    def state(self) -> dict[str, torch.Tensor]:
        return {name: part.detach().clone().contiguous() for name, part in self._network.named().items()}

    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        self._network.take(tensors)

    def keep(self, folder: Path, _hyper: Hyper) -> None:
        """Write the adapter as the app reads it."""
        save(self._network, folder, self._base)
