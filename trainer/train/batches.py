"""Which examples make a step, and how a batch lies in memory. The plan depends on the seed and the epoch alone.

Steps draw from pools in which neighbours are of like length, and a step is cut into batches of a bounded number of
tokens: hardly any padding, and memory that does not grow with the step.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from trainer.train.chat import Encoded
from trainer.train.shared_prefix import Layout, make_layout

POOL = 8  # steps whose examples are sorted by length together
MIN_PREFIX = 8  # shorter ones are not worth a second attention call


@dataclass(frozen=True)
class Batch:
    """Token ids in the order of `shared_prefix.Layout`."""

    ids: torch.Tensor  # (1, T)
    positions: torch.Tensor  # (1, T)
    real: torch.Tensor  # (T,): False for padding
    layout: Layout
    learned_at: torch.Tensor  # (n,): position whose output is to say…
    targets: torch.Tensor  # (n,): …this id
    owner: torch.Tensor  # (n,): example of the batch
    tokens: int  # of the examples, each with its own prefix, padding not counted


def plan_epoch(lengths: Sequence[int], per_step: int, epoch: int, seed: int) -> list[list[int]]:
    """Indices of the examples of each step of an epoch."""
    chance = random.Random(f"{seed}/{epoch}")
    order = list(range(len(lengths)))
    chance.shuffle(order)
    steps: list[list[int]] = []
    for start in range(0, len(order), per_step * POOL):
        pool = sorted(order[start : start + per_step * POOL], key=lambda i: lengths[i])
        steps += [pool[i : i + per_step] for i in range(0, len(pool), per_step)]
    chance.shuffle(steps)
    return steps


def cut(examples: Sequence[Encoded], limit: int, keep: int = 1) -> Iterator[list[int]]:
    """Cut examples into batches of at most `limit` tokens, padding counted; `keep` neighbours stay together."""
    groups = [list(range(i, min(i + keep, len(examples)))) for i in range(0, len(examples), keep)]
    groups.sort(key=lambda group: max(len(examples[i].ids) for i in group))
    batch: list[int] = []
    for group in groups:
        longest = max(len(examples[i].ids) for i in group)
        if batch and (len(batch) + len(group)) * longest > limit:
            yield batch
            batch = []
        batch = batch + group
    if batch:
        yield batch


def common_prefix(examples: Sequence[Encoded]) -> int:
    """Tokens that all examples begin with and none learns; the last one before a learned token is not shared."""
    first = examples[0]
    limit = min(next(i for i, target in enumerate(e.targets) if target) for e in examples) - 1
    count = 0
    while count < limit and all(e.ids[count] == first.ids[count] for e in examples):
        count += 1
    return count if count >= MIN_PREFIX and len(examples) > 1 else 0


def collate(examples: Sequence[Encoded], device: torch.device, share: bool = True) -> Batch:
    """Lay examples out as one batch."""
    prefix = common_prefix(examples) if share else 0
    length = max(len(e.ids) for e in examples) - prefix
    ids = list(examples[0].ids[:prefix])
    positions = list(range(prefix))
    real = [True] * prefix
    learned_at, targets, owner = [], [], []
    for number, example in enumerate(examples):
        own = example.ids[prefix:]
        begin = prefix + number * length
        ids += [*own, *[0] * (length - len(own))]
        positions += range(prefix, prefix + length)
        real += [True] * len(own) + [False] * (length - len(own))
        for i, (token, target) in enumerate(zip(own, example.targets[prefix:], strict=True)):
            if target:
                learned_at.append(begin + i - 1)  # the output at i - 1 says token i; i > 0 by `common_prefix`
                targets.append(token)
                owner.append(number)
    return Batch(
        ids=torch.tensor([ids], device=device),
        positions=torch.tensor([positions], device=device),
        real=torch.tensor(real, device=device),
        layout=make_layout(prefix, len(examples), length, device),
        learned_at=torch.tensor(learned_at, device=device),
        targets=torch.tensor(targets, device=device),
        owner=torch.tensor(owner, device=device),
        tokens=sum(len(e.ids) for e in examples),
    )
