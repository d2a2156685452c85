"""The training loop: small, deterministic, and interruptible at any step without losing or changing anything."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
import torch

from trainer import events
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.spec import CurvePoint, Hyper, TrainResult
from trainer.train import checkpoint, memory, optimizer
from trainer.train.batches import plan_epoch
from trainer.train.checkpoint import Position
from trainer.train.choose import learning_rate
from trainer.train.objective import BATCH_TOKENS, Batches, Objective, mean_loss
from trainer.train.several import Group

CLIP = 1.0
PROGRESS = 0.002  # a held-out loss must fall by this share to count as better
SMOOTH = 0.9
ALONG = 0.3
"""Weight of a piece of text beside the answers of its step."""
Stop = Literal["finished", "early", "user", "time"]


class Samples(Protocol):
    """Asks the model while it learns."""

    def all(self, step: int) -> Sequence[events.Sample]:
        """What it says now to each question."""
        ...

    def own(self, step: int, question: str) -> Sequence[events.Sample]:
        """What it says to the person's question, where they ask another one than before."""
        ...


class Weights(Protocol):
    """What of a model learns."""

    def parameters(self) -> list[torch.nn.Parameter]:
        """The trained tensors, in an order that is the same in every process."""
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """Their values by name, for a checkpoint."""
        ...

    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from these values."""
        ...

    def keep(self, folder: Path, hyper: Hyper) -> None:
        """Write what came out so far as others read it."""
        ...


@dataclass(frozen=True)
class Task:
    """A model and what it is trained on. `samples` asks it some validation questions."""

    model: Any
    weights: Weights
    batches: Batches
    objective: Objective
    train: Sequence[Sequence[Any]]
    """Units: what stays together in a step, of things with `ids`."""
    validation: Sequence[Sequence[Any]]
    hyper: Hyper
    samples: Samples
    device: torch.device
    along: Sequence[Sequence[Any]] = ()
    """Pieces of text that are read along, spread over each epoch."""
    held_tokens: int = BATCH_TOKENS
    """In memory at a time."""
    group: Group = field(default_factory=Group)


@dataclass(frozen=True)
class Outcome:
    """How a training ended."""

    position: Position
    stopped: Stop
    planned: int
    peak: int

    def result(self, hyper: Hyper, examples: dict[str, int], warnings: Sequence[str]) -> TrainResult:
        """What the run's folder keeps of it.

        Raises:
            TrainerError: the person stopped it before the first step, so that there is nothing to keep.
        """
        position = self.position
        if self.stopped == "user" and position.step == 0:
            raise TrainerError("It was stopped before it learned anything.", "Start it again.", code="stopped")
        return TrainResult(
            adapter="train/adapter",
            steps=position.step,
            planned_steps=self.planned,
            best_step=position.best_step or position.step,
            stopped=self.stopped,
            train_loss=position.running_loss,
            heldout_loss=position.best_loss,
            heldout_before=position.before_loss,
            curve=position.curve,
            examples=examples,
            tokens=position.tokens,
            tokens_per_s=position.tokens / max(position.seconds, 1e-9),
            seconds=position.seconds,
            peak_memory_bytes=max(self.peak, memory.process_peak()),
            precision=str(hyper.precision),
            hyper=hyper,
            warnings=tuple(warnings),
        )


class Training:
    """One training, from its last whole checkpoint or from the start."""

    def __init__(self, context: Context, task: Task, folder: Path) -> None:
        self._context = context
        self._task = task
        self._folder = folder
        self._hyper = task.hyper
        self._lengths = [sum(len(e.ids) for e in unit) for unit in task.train]
        mean = sum(self._lengths) / len(self._lengths)
        self._per_step = max(1, min(len(task.train), round((task.hyper.batch_tokens or 512) / mean)))
        self._per_epoch = math.ceil(len(task.train) / self._per_step)
        self.planned = max(1, math.ceil((task.hyper.epochs or 1) * self._per_epoch))
        self._every = max(1, math.ceil(self.planned / max(1, task.hyper.evaluations)))
        self._parameters = task.weights.parameters()
        self._optimizer = optimizer.adamw(self._parameters, task.hyper)
        self._plans: dict[int, list[list[int]]] = {}
        self._memory = memory.Peak(task.device)
        self._position = Position(
            step=0,
            tokens=0,
            seconds=0.0,
            best_step=0,
            best_loss=None,
            before_loss=None,
            without_progress=0,
            running_loss=0.0,
            curve=(),
        )
        self._saved_at = time.monotonic()

    def evaluation_at(self, share: float) -> int:
        """The first step that is measured at or behind this share of the training."""
        return min(self.planned, self._every * math.ceil(self.planned * share / self._every))

    def run(self, until: int | None = None) -> Outcome:
        """Train to the end (or `until` a step), to the first lasting lack of progress, or until the user stops it.

        Raises:
            TrainerError: the loss is not a number, or exactly 0.
        """
        self._resume()
        if self._position.step == 0 and self._task.validation and self._position.before_loss is None:
            self._update(before_loss=self._held_out())
            self._report(self._position.before_loss or 0.0, self._position.before_loss, 0.0, 0.0, best=False)
        self._tell(self._task.samples.all(self._position.step))
        stopped: Stop = "early" if self._position.without_progress >= self._hyper.patience else "finished"
        while stopped == "finished" and self._position.step < (until or self.planned):
            group = self._task.group
            asked, question = group.say((self._asked(), self._context.sample().question) if group.first else (None, ""))
            self._tell(self._task.samples.own(self._position.step, question))
            if asked:
                stopped = asked
                break
            self._step()
            if self._at_evaluation():
                self._evaluate()
                if self._position.without_progress >= self._hyper.patience:
                    stopped = "early"
                    break
            elif self._checkpoint_due():
                self._save()
        if self._position.best_step == 0:
            self._keep_best()
        return Outcome(self._position, stopped, self.planned, self._memory.peak)

    def _update(self, **changes: Any) -> None:
        self._position = msgspec.structs.replace(self._position, **changes)

    def _resume(self) -> None:
        found = checkpoint.whole(self._folder / "checkpoints")
        if not found:
            return
        self._position, tensors = checkpoint.load(found[-1], self._optimizer)
        self._task.weights.load(tensors)
        self._context.emit(events.Resumed(stage=self._folder.name, step=self._position.step))

    def _step(self) -> None:
        started = time.monotonic()
        step = self._position.step
        units = [self._task.train[i] for i in self._indices(step)]
        weight = self._task.objective.weight(units)
        rate = learning_rate(step, self.planned, self._hyper.learning_rate or 0.0, self._hyper.warmup)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._task.model.train()
        (total, tokens), group = self._backward(units, weight), self._task.group
        along = self._read_along(step)
        total, tokens = group.total(total, tokens + along)
        value = total / weight
        self._check(value, step)
        group.add_gradients(self._parameters)
        torch.nn.utils.clip_grad_norm_(self._parameters, CLIP)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        seconds = time.monotonic() - started
        running = value if step == 0 else SMOOTH * self._position.running_loss + (1 - SMOOTH) * value
        self._update(
            step=step + 1,
            tokens=self._position.tokens + int(tokens),
            seconds=self._position.seconds + seconds,
            running_loss=running,
        )
        if not self._at_evaluation():
            self._report(value, None, rate, tokens / seconds, best=False)

    def _backward(self, units: Sequence[Sequence[Any]], weight: float) -> tuple[float, float]:
        """Add this process's share to the gradients; → its summed loss, and its tokens."""
        task, total, tokens = self._task, 0.0, 0
        for batch, examples, factor in task.group.batches(units, lambda some: task.batches(some, task.held_tokens)):
            part = task.objective.total(task.model, batch, examples) * factor
            (part / weight).backward()
            if self._memory.look() > memory.left():
                memory.give_back()
            total += float(part.detach())
            tokens += batch.tokens if factor else 0
        return total, tokens

    def _read_along(self, step: int) -> float:
        """The piece of text whose turn it is, if any; how many tokens it had. The loss that is told is the answers'."""
        count = len(self._task.along)
        turn, before = ((n * count) // self._per_epoch for n in (step + 1, step))
        if turn == before:
            return 0
        unit = self._task.along[turn % count]
        return self._backward([unit], self._task.objective.weight([unit]) / ALONG)[1]

    def _indices(self, step: int) -> list[int]:
        epoch, place = divmod(step, self._per_epoch)
        if epoch not in self._plans:
            self._plans = {epoch: plan_epoch(self._lengths, self._per_step, epoch, self._context.spec.seed)}
        return self._plans[epoch][place]

    def _check(self, value: float, step: int) -> None:
        if not math.isfinite(value):
            raise TrainerError(
                "Training became unstable: the loss is no longer a number.",
                "Start again with a lower learning rate.",
                f"step {step + 1}",
                "nan",
            )
        if value == 0.0 and step < 3:
            hint = "Check that the examples have answers, and that the model is made for chat."
            raise TrainerError("Nothing is learned: the loss is exactly 0.", hint, f"step {step + 1}", "zero-loss")

    def _at_evaluation(self) -> bool:
        return self._position.step % self._every == 0 or self._position.step == self.planned

    def _evaluate(self) -> None:
        """Measure the validation loss, keep the adapter if it is the best so far, report, and save a checkpoint.

        Without validation examples the latest adapter counts as the best.
        """
        loss = self._held_out() if self._task.validation else None
        best = self._position.best_loss
        better = loss is None or best is None or loss < best * (1 - PROGRESS)
        point = CurvePoint(
            step=self._position.step,
            epoch=self._position.step / self._per_epoch,
            train=self._position.running_loss,
            heldout=loss,
            learning_rate=self._optimizer.param_groups[0]["lr"],
        )
        self._update(curve=(*self._position.curve, point))
        if better:
            self._update(best_loss=loss, best_step=self._position.step, without_progress=0)
            self._keep_best()
        else:
            self._update(without_progress=self._position.without_progress + 1)
        speed = self._position.tokens / max(self._position.seconds, 1e-9)
        self._report(self._position.running_loss, loss, point.learning_rate, speed, best=better)
        self._memory.look()
        self._context.emit(self._memory.event())
        self._tell(self._task.samples.all(self._position.step))
        self._save()

    def _tell(self, samples: Sequence[events.Sample]) -> None:
        for sample in samples:
            self._context.emit(sample)

    def _held_out(self) -> float:
        self._task.model.eval()
        task = self._task
        loss: float = mean_loss(task.model, task.objective, task.validation, task.batches, task.held_tokens, task.group)
        return loss

    def _keep_best(self) -> None:
        if self._task.group.first:
            self._task.weights.keep(self._folder / "adapter", self._hyper)

    def _checkpoint_due(self) -> bool:
        steps = self._hyper.checkpoint_steps
        if steps is not None:
            return self._position.step % steps == 0
        return time.monotonic() - self._saved_at > self._hyper.checkpoint_seconds

    def _save(self) -> None:
        if not self._task.group.first:
            return
        checkpoint.save(self._folder / "checkpoints", self._position, self._task.weights.state(), self._optimizer)
        self._saved_at = time.monotonic()

    def _asked(self) -> Stop | None:
        """What the user asks: stop keeps the best so far; pause waits here, with a checkpoint on the disk."""
        minutes = self._context.spec.limits.minutes
        if minutes is not None and self._position.seconds > minutes * 60:
            return "time"
        if self._context.control().action == "pause":
            self._save()
        action = self._context.heed_pause(self._folder.name, self._position.step)
        return "user" if action == "stop" else None

    def _report(self, train: float, heldout: float | None, rate: float, speed: float, best: bool) -> None:
        step = self._position.step
        each = self._position.seconds / step if step else None
        self._context.emit(
            events.Loss(
                step=step,
                steps=self.planned,
                epoch=round(step / self._per_epoch, 3),
                train=round(train, 5),
                heldout=None if heldout is None else round(heldout, 5),
                learning_rate=rate,
                tokens_per_s=round(speed, 1),
                seconds_left=None if each is None else round(each * (self.planned - step), 1),
                best=best,
            )
        )
