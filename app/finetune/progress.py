"""What a run says, folded into the one picture of it that the window and the command line show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from trainer.events import (
    AnyEvent,
    Failed,
    Finished,
    Loss,
    Memory,
    Notice,
    Progress,
    Resumed,
    RunStarted,
    Sample,
    StageFinished,
    StageSkipped,
    StageStarted,
    Waiting,
)

Phase = Literal["idle", "working", "waiting", "paused", "review", "failed", "done"]
PREPARE_STAGES = ("base", "collect", "clean", "questions", "split")
STAGE_TEXT = {
    "start": "Starting",
    "collect": "Collecting the data",
    "clean": "Cleaning the data",
    "questions": "Making questions from the documents",
    "split": "Keeping questions back for the exam",
    "base": "Checking the model",
    "words": "Adding domain words",
    "head": "Sorting without a fine-tuned model",
    "corpus": "Gathering text, and learning its words",
    "pretrain": "Reading",
    "trials": "Finding the best settings",
    "train": "Training",
    "export": "Writing the model files",
    "gate": "Checking the model files",
    "compare": "Comparing the old and the new model",
    "card": "Writing the model card",
}
"""Each stage of the trainer in plain words."""
LEARNING = ("pretrain", "train")
"""Stages with a curve; each has its own."""
STEERED = (*LEARNING, "trials")
"""Stages that can be paused and stopped."""
LONGEST_STEP_S = 600.0
"""A longer time between two steps was a pause or a computer asleep, and is no time of training."""
ENOUGH_TO_TELL_S = 5.0
"""A stage that does not say how long it takes is judged by its pace, after so long."""


@dataclass
class RunProgress:
    """Where a run stands by its own words; feed it events in their order."""

    phase: Phase = "idle"
    stage: str = ""
    stages: tuple[str, ...] = ()
    finished_stages: set[str] = field(default_factory=set)
    fraction: float | None = None
    """Of the stage; None where nobody can say."""
    note: str = ""
    seconds_left: float | None = None
    points: list[Loss] = field(default_factory=list)
    best_step: int | None = None
    samples: dict[str, Sample] = field(default_factory=dict)
    """Question → its newest answers."""
    memory: Memory | None = None
    notices: list[Notice] = field(default_factory=list)
    failure: Failed | None = None
    waiting: str = ""
    pid: int = 0
    trained_s: float = 0.0
    """Seconds between the events of training, pauses and restarts left out."""
    learning: str = ""
    """The stage whose curve this is."""
    began: Progress | None = None
    """The first word of the stage about how far it is; the time left is counted from there."""

    def take(self, events: Iterable[AnyEvent]) -> bool:
        """Fold events in; whether there were any."""
        count = 0
        for event in events:
            count += 1
            self._take(event)
        return count > 0

    @property
    def preparing(self) -> bool:
        """Whether what is under way, or what failed, comes before the review."""
        if self.stages and "split" not in self.stages:
            return False
        return self.stage in ("", "start", *PREPARE_STAGES) and "split" not in self.finished_stages

    @property
    def train_fraction(self) -> float:
        """How much of the training itself is done, 0 to 1; of one in two stages, of that under way."""
        if "train" in self.finished_stages:
            return 1.0
        last = self.points[-1] if self.points else None
        return last.step / last.steps if last is not None and last.steps else 0.0

    def sentence(self) -> str:
        """What it does now, in a few words."""
        if self.phase == "failed" and self.failure is not None:
            return self.failure.message
        if self.phase in ("waiting", "paused"):
            return self.waiting
        return STAGE_TEXT.get(self.stage, "Starting")

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, StageStarted):
            self._begin(event)
        elif isinstance(event, StageSkipped | StageFinished):
            self.finished_stages.add(event.stage)
        elif isinstance(event, Progress):
            self._move(event)
        elif isinstance(event, Loss):
            self._add_point(event)
        elif isinstance(event, Sample):
            self._add_sample(event)
        elif isinstance(event, Memory):
            self.memory = event
        elif isinstance(event, Notice):
            self._add_notice(event)
        else:
            self._stand(event)

    def _move(self, event: Progress) -> None:
        self.phase = "working"
        self.fraction = event.done / event.total if event.total else None
        self.note, self.seconds_left = event.note, event.seconds_left
        first = self.began
        if first is None or first.total != event.total or first.unit != event.unit or event.done < first.done:
            self.began = event
        elif event.seconds_left is None and first.done < event.done < event.total:
            took = event.at - first.at
            if took >= ENOUGH_TO_TELL_S:
                self.seconds_left = took * (event.total - event.done) / (event.done - first.done)

    def _start(self, event: RunStarted) -> None:
        self.phase, self.stages, self.pid = "working", event.stages, event.pid
        self.stage, self.failure, self.waiting, self.fraction = "start", None, "", None
        self.finished_stages.clear()
        self.notices.clear()

    def _begin(self, event: StageStarted) -> None:
        self.phase, self.stage, self.fraction, self.note, self.seconds_left = "working", event.stage, None, "", None
        self.began = None
        self.finished_stages.discard(event.stage)
        if event.stage in LEARNING:
            if self.learning not in ("", event.stage):
                self.best_step, self.trained_s = None, 0.0
                self.points.clear()
                self.samples.clear()
            self.learning = event.stage

    def _add_point(self, event: Loss) -> None:
        """A run that starts anew, or from its last checkpoint, says some steps again: the newer word counts."""
        self.phase, self.fraction, self.note = "working", None, ""
        if self.points and event.step <= self.points[-1].step:
            self._cut(event.step - 1)
            if event.step <= 1:
                self.samples.clear()
                self.trained_s = 0.0
        elif self.points and 0 < event.at - self.points[-1].at < LONGEST_STEP_S:
            self.trained_s += event.at - self.points[-1].at
        self.points.append(event)
        if event.best:
            self.best_step = event.step
        self.seconds_left = event.seconds_left

    def _add_sample(self, event: Sample) -> None:
        """The newest answer to each question; of the person's own questions there is one at a time."""
        if event.own:
            self.samples = {key: each for key, each in self.samples.items() if not each.own}
        self.samples[event.question] = event

    def _cut(self, step: int) -> None:
        """Forget what came after a step."""
        self.points = [point for point in self.points if point.step <= step]
        self.best_step = next((point.step for point in reversed(self.points) if point.best), None)

    def _add_notice(self, event: Notice) -> None:
        if all(known.message != event.message for known in self.notices):
            self.notices.append(event)

    def _stand(self, event: Waiting | Resumed | Failed | Finished) -> None:
        if isinstance(event, Waiting):
            self.phase = {"lock": "waiting", "review": "review", "pause": "paused"}[event.reason]  # type: ignore[assignment]
            self.waiting = event.message
        elif isinstance(event, Resumed):
            self.phase, self.waiting = "working", ""
            if event.step is not None:
                self._cut(event.step)
        elif isinstance(event, Failed):
            self.phase, self.failure = "failed", event
        else:
            self.phase = "review" if event.waiting == "review" else "done"
