"""What a training does when memory runs out in its middle: it goes on from its last checkpoint, in a smaller form."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import msgspec
import torch

from trainer.context import Context
from trainer.errors import TrainerError, out_of_memory
from trainer.train.loop import Outcome, Task, Training

LEAST_HELD = 256
"""Tokens in memory at a time: with fewer there is little left to gain, and one example is rarely shorter."""


def run(context: Context, task: Task) -> tuple[Outcome, Task]:
    """Train; where memory runs out activations are computed twice from then on, then half as many tokens are held at a
    time. What is learned is the same: a step has as many examples as before.

    Raises:
        TrainerError: there is not enough for the smallest form either, or one of several processes ran out.
    """
    begin = {name: tensor.clone() for name, tensor in task.weights.state().items()}
    while True:
        try:
            return Training(context, task, context.stage("train")).run(), task
        except (RuntimeError, MemoryError) as error:
            short = out_of_memory(error)
            if short is None:
                raise
            smaller = _smaller(task) if task.group.size == 1 else None
            if smaller is None:
                raise _advised(short) from error
            task = smaller
        _make_room(task, begin)
        context.notice(
            f"{short.message} It goes on {_words(task)}.", "Close what else uses the memory to have it faster."
        )


def enable_checkpointing(model: Any) -> None:
    """Activations are computed a second time in the backward pass, and not kept."""
    model.activation_checkpointing_enable({"use_reentrant": False})


def _smaller(task: Task) -> Task | None:
    if not task.hyper.checkpointing and hasattr(task.model, "activation_checkpointing_enable"):
        return replace(task, hyper=msgspec.structs.replace(task.hyper, checkpointing=True))
    if task.held_tokens // 2 >= LEAST_HELD:
        return replace(task, held_tokens=task.held_tokens // 2)
    return None


def _make_room(task: Task, begin: dict[str, torch.Tensor]) -> None:
    """As it was before the first step: a checkpoint, if there is one, is put over it."""
    if task.hyper.checkpointing:
        enable_checkpointing(task.model)
    task.weights.load(begin)
    for parameter in task.weights.parameters():
        parameter.grad = None
    gc.collect()
    if task.device.type == "cuda":
        torch.cuda.empty_cache()


def _words(task: Task) -> str:
    held = f"with {task.held_tokens} tokens in memory at a time"
    return "more slowly, in less memory" if task.hyper.checkpointing and task.held_tokens > 512 else held


def _advised(short: TrainerError) -> TrainerError:
    hint = (
        "Close what else uses the memory and start the run again: it goes on where it was. If that does not help, set "
        "precision to nf4 or max_length to fewer tokens in its run.json, or choose a smaller model."
    )
    return TrainerError(short.message, hint, short.detail, short.code)
