"""The trials of a run as trainings in the house's loop: each has a folder of its own, so one that was killed goes on
where it was; what is known of all of them is written after every change."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from trainer import events
from trainer.context import Context
from trainer.errors import TrainerError, out_of_memory
from trainer.spec import Ended, Hyper, SettingsTrial, TrialsResult, read_json, write_json
from trainer.train import checkpoint, found, halving, lora, memory
from trainer.train.loop import Outcome, Stop, Task, Training
from trainer.train.objective import mean_loss
from trainer.train.samples import NoSamples
from trainer.train.stages import Setup

NOTED_S, TOLD_S = 10.0, 1.0
"""Seconds between two writings of how far a trial is, and between two words about it."""


class Clock:
    """The person's time: seconds of work, whatever was paused or killed in between left out."""

    def __init__(self, given: float, spent: float) -> None:
        self.given, self._before, self._began = given, spent, time.monotonic()

    @property
    def spent(self) -> float:
        return self._before + time.monotonic() - self._began

    @property
    def left(self) -> float:
        return self.given - self.spent

    def leave_out(self, seconds: float) -> None:
        """This time was a pause."""
        self._before -= seconds


class _Trial(Training):
    """A training that ends when the time is over, and says how far it is now and then."""

    def __init__(self, context: Context, task: Task, folder: Path, clock: Clock, before: float | None) -> None:
        super().__init__(context, task, folder)
        self._clock = clock
        self._update(before_loss=before)  # whatever the settings: an adapter that learned nothing changes nothing

    def _asked(self) -> Stop | None:
        began = time.monotonic()
        said = super()._asked()
        self._clock.leave_out(time.monotonic() - began)
        return said or ("time" if self._clock.left <= 0 else None)


class Trials:
    """All of them, over one model: an adapter of the next trial's rank takes the place of the last one's."""

    def __init__(self, context: Context, setup: Setup) -> None:
        self._context, self._setup, self._folder = context, setup, context.stage(found.STAGE)
        self._task = replace(setup.task(), samples=NoSamples())
        self._begin = self._task.weights.state()
        given = (context.spec.find_best or 0.0) * 60
        self.result = self._read() or TrialsResult(given=given, watched=len(self._task.validation))
        self.clock = Clock(given, self.result.spent)
        self.stopped = False
        """Whether the person ended the search."""
        self._noted_at = self._told_at = 0.0

    @property
    def hyper(self) -> Hyper:
        """The recipe's own settings."""
        return self._task.hyper

    def measure_before(self) -> None:
        """The loss before training; the same for all, since an adapter that learned nothing changes nothing."""
        if self.result.before is None:
            task = self._task
            task.model.eval()
            before = mean_loss(task.model, task.objective, task.validation, task.batches, task.held_tokens)
            self.keep(before=before)

    # --- one trial ----------------------------------------------------------------------------------------------------

    def advance(self, number: int, part: int) -> bool:
        """Train a trial to this eighth of its way, and measure it; → whether that was done before the time was over."""
        trial = self.all[number - 1]
        if trial.ended or part in trial.losses:
            return True
        if trial.early:
            self.change(number, losses={**trial.losses, part: trial.losses[max(trial.losses)]})
            return True
        if self.stopped or self.clock.left <= 0:
            return False
        outcome = self._train(trial, part)
        if outcome is None:
            return True
        self.stopped = outcome.stopped == "user"
        if outcome.stopped in ("user", "time") or outcome.position.best_loss is None:
            return False
        early = outcome.stopped == "early"
        losses = {**trial.losses, part: outcome.position.best_loss}
        self.change(number, losses=losses, early=early)
        for old in checkpoint.whole(self._place(number) / "checkpoints")[:-1]:
            shutil.rmtree(old)
        return True

    def _train(self, trial: SettingsTrial, part: int) -> Outcome | None:
        """A piece of its training; None where it cannot go on, which is written down."""
        task = self._start(trial)
        training = _Trial(self._telling(trial), task, self._place(trial.number), self.clock, self.result.before)
        self.change(trial.number, planned_steps=training.planned)
        began, before = self.clock.spent, trial.seconds
        try:
            outcome = training.run(training.evaluation_at(part / halving.WHOLE))
        except TrainerError as error:
            if error.code != "nan":
                raise
            self._give_up(trial.number, "unstable")
            return None
        except (RuntimeError, MemoryError) as error:
            if out_of_memory(error) is None:
                raise
            memory.give_back()
            self._give_up(trial.number, "memory")
            return None
        position = outcome.position
        spent = before + self.clock.spent - began
        self.change(trial.number, steps=position.step, tokens=position.tokens, seconds=spent)
        return outcome

    def _start(self, trial: SettingsTrial) -> Task:
        """The model as nothing has trained it, with an adapter of the trial's rank."""
        spec = found.with_settings(self._context, trial).spec
        alpha = spec.hyper.alpha if spec.hyper.alpha is not None else 2.0 * trial.rank
        settings = {"rank": trial.rank, "learning_rate": trial.learning_rate, "epochs": trial.epochs, "alpha": alpha}
        lora.restart(self._setup.layers, trial.rank, alpha, spec.seed)
        self._task.weights.load({**self._begin, **lora.state(self._setup.layers)})
        return replace(self._task, hyper=changed(self._task.hyper, **settings))

    def _give_up(self, number: int, ended: Ended) -> None:
        self.change(number, ended=ended)
        self.remove(number)

    def drop(self, entered: Sequence[int], part: int, goes_on: int) -> None:
        """Those that so many others of the same round have beaten by now go no further."""
        measured = [trial for trial in self.of(entered) if part in trial.losses]
        for trial in halving.order(measured, part)[goes_on:]:
            self.change(trial.number, ended="dropped")
            self.remove(trial.number)

    # --- what is written and said -------------------------------------------------------------------------------------

    def _telling(self, trial: SettingsTrial) -> Context:
        """The run as the loop of a trial sees it: steps become the stage's progress, and are written now and then."""
        began, before = self.clock.spent, trial.seconds

        def emit(event: events.Event) -> None:
            if isinstance(event, events.Loss):
                self._tell(trial, event)
                if time.monotonic() - self._noted_at > NOTED_S:
                    self._noted_at = time.monotonic()
                    self.change(trial.number, steps=event.step, seconds=before + self.clock.spent - began)
            elif isinstance(event, events.Resumed):
                self._context.emit(changed(event, stage=found.STAGE, step=None))
            elif not isinstance(event, events.Sample):
                self._context.emit(event)

        return replace(self._context, emit=emit)

    def _tell(self, trial: SettingsTrial, event: events.Loss) -> None:
        if time.monotonic() - self._told_at < TOLD_S:
            return
        self._told_at = time.monotonic()
        own, left = self.all[0], self.clock.left
        if own.steps and own.seconds:
            left = min(left, halving.longest(own.seconds / own.steps * own.planned_steps) - self.clock.spent)
        left, spent = max(0.0, left), self.clock.spent
        of = f" of {self.result.planned}" if trial.number <= self.result.planned else ""
        self._context.emit(
            events.Progress(
                stage=found.STAGE,
                done=round(spent, 1),
                total=round(spent + left, 1),
                unit="s",
                seconds_left=round(left, 1),
                note=f"Trial {trial.number}{of}",
            )
        )

    @property
    def all(self) -> tuple[SettingsTrial, ...]:
        return self.result.trials

    def of(self, numbers: Sequence[int]) -> list[SettingsTrial]:
        return [self.all[number - 1] for number in numbers]

    def enter(self, number: int, rank: int, rate: float, epochs: float) -> int:
        """Its number; it is written down where it is not there yet."""
        if number > len(self.all):
            new = SettingsTrial(number=number, rank=rank, learning_rate=rate, epochs=epochs)
            self.keep(trials=(*self.all, new))
        return number

    def change(self, number: int, **changes: Any) -> None:
        trials = [changed(t, **changes) if t.number == number else t for t in self.all]
        self.keep(trials=tuple(trials))

    def keep(self, **changes: Any) -> None:
        self.result = changed(self.result, spent=round(self.clock.spent, 2), **changes)
        write_json(self._folder / found.FILE, self.result)

    def _read(self) -> TrialsResult | None:
        """What was tried before it was killed; None where there is nothing, or it was written by another version."""
        path = self._folder / found.FILE
        known = read_json(path, TrialsResult) if path.exists() else None
        return known if known is not None and known.version == TrialsResult(given=0).version else None

    def _place(self, number: int) -> Path:
        return self._folder / found.folder_of(number)

    def remove(self, number: int) -> None:
        shutil.rmtree(self._place(number), ignore_errors=True)
