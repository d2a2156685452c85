"""Several processes that train one model, on one machine or more: each takes its share of a step's examples.

`accelerate launch` and torchrun say by the environment who is who. Only the adapter is trained, so only its gradients
are added up, once a step; every process makes the same step of the same adapter, and the first one writes, tells and
heeds what the user asks. With FSDP (`accelerate launch --use_fsdp`) the frozen weights are split among them as well,
and each layer is put together where it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from app.llama.planner import Device
from trainer.context import Context

YES = ("1", "true")
T = TypeVar("T")
WAIT = timedelta(days=7)
"""For another process's word: the first one may gather data, or be paused, for long."""


class Group:
    """The processes of a training; one alone asks nobody."""

    def __init__(self, rank: int = 0, size: int = 1, local: int = 0, *, splits_weights: bool = False) -> None:
        self.rank, self.size, self.local, self.splits_weights = rank, size, local, splits_weights
        self._words = dist.new_group(backend="gloo", timeout=WAIT) if size > 1 else None

    def device(self, planned: Device) -> torch.device:
        """This process's own: a card each, or all of them the processor."""
        return torch.device("cpu") if planned.kind == "cpu" else torch.device("cuda", self.local)

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and tells."""
        return self.rank == 0

    def say(self, value: T) -> T:
        """What the first process has, in all of them; in the others `value` is not looked at."""
        if self.size == 1:
            return value
        told = [value]
        dist.broadcast_object_list(told, src=0, group=self._words)
        return told[0]

    def mine(self, units: Sequence[T]) -> Sequence[T]:
        """This process's share."""
        return units[self.rank :: self.size]

    def batches(self, units: Sequence[Any], lay: Callable[[Sequence[Any]], Sequence[tuple[Any, Any]]]) -> list[Any]:
        """This process's share as (batch, examples, factor). Where weights are split everybody has to compute as often
        as the others: who has less repeats a batch, which counts for nothing (factor 0)."""
        mine = self.mine(units)
        found = [(*laid, 1.0) for laid in lay(mine)] if mine else []
        if self.splits_weights:
            most = int(self._most(len(found)))
            again = (*(found[-1][:2] if found else lay(units[:1])[0]), 0.0)
            found += [again] * (most - len(found))
        return found

    def total(self, *values: float) -> list[float]:
        """Sums over all processes."""
        if self.size == 1:
            return list(values)
        summed = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(summed, group=self._words)
        return [float(value) for value in summed]

    def add_gradients(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        """The gradients of all processes together, in each of them."""
        if self.size == 1:
            return
        parts = [torch.zeros_like(each) if each.grad is None else each.grad for each in parameters]
        flat = torch.cat([part.reshape(-1) for part in parts])
        dist.all_reduce(flat)
        for each, part in zip(parameters, flat.split([each.numel() for each in parameters]), strict=True):
            each.grad = part.view_as(each)

    def split(self, model: Any, kept: Sequence[torch.nn.Parameter]) -> None:
        """Split each layer's frozen weights among the processes, where that was asked for; `kept` stays whole."""
        if not self.splits_weights:
            return
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        mesh = init_device_mesh(kept[0].device.type, (self.size,))
        for layer in model.model.layers:
            fully_shard(layer, mesh=mesh, ignored_params={*kept} & {*layer.parameters()})

    def _most(self, value: float) -> float:
        told = torch.tensor([value], dtype=torch.float64)
        dist.all_reduce(told, op=dist.ReduceOp.MAX, group=self._words)
        return float(told)

    # --- the others wait for the first ------------------------------------------------------------------------------

    def call(self, context: Context) -> None:
        """Have the others train along."""
        self.say(context.run.name)

    def called(self) -> bool:
        """Wait for the first process; → whether there is something to train, else all is done."""
        return bool(self.say(""))

    def leave(self) -> None:
        """End what the processes share; the others, which wait, end then."""
        if self.size > 1:
            if self.first:
                self.say("")
            dist.destroy_process_group()


@cache
def here() -> Group:
    """The group that this process was started in; alone where it was started by itself."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Group()
    from accelerate import PartialState

    cpu = os.environ.get("ACCELERATE_USE_CPU", "").lower() in YES or not torch.cuda.is_available()
    state = PartialState(cpu=cpu, timeout=WAIT)
    splits = os.environ.get("ACCELERATE_USE_FSDP", "").lower() in YES
    return Group(state.process_index, state.num_processes, state.local_process_index, splits_weights=splits)
