"""What a stage is handed: the specification, its folder, and where to report."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from trainer import events
from trainer.spec import SAMPLE_FILE, Action, Control, RunSpec, SampleQuestion

Summary = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class Context:
    """One run as its stages see it."""

    spec: RunSpec
    run: Path  # runs/ID
    emit: Callable[[events.Event], None]

    def stage(self, name: str) -> Path:
        """A stage's folder; made where it is missing."""
        folder = self.run / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def cache(self) -> Path:
        """What all runs share and can make again."""
        folder = self.run.parent / ".cache"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def threads(self) -> int:
        """Cores that the run may use."""
        if self.spec.limits.threads:
            return self.spec.limits.threads
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1

    def control(self) -> Control:
        """What the user asks right now; nothing written, or half a file, means go on."""
        try:
            return msgspec.json.decode((self.run / "control.json").read_bytes(), type=Control)
        except (OSError, msgspec.DecodeError):
            return Control()

    def heed_pause(self, stage: str, step: int | None = None) -> Action:
        """Stand still for as long as the person pauses the run, and say so; → what they ask for then. `step` is the one
        that goes on from there."""
        action = self.control().action
        if action == "pause":
            self.emit(events.Waiting(reason="pause", message="Training is paused."))
            while action == "pause":
                time.sleep(0.3)
                action = self.control().action
            if action == "run":
                self.emit(events.Resumed(stage=stage, step=step))
        return action

    def sample(self) -> SampleQuestion:
        """The question whose answer the person wants to see right now; "" for none."""
        try:
            return msgspec.json.decode((self.run / SAMPLE_FILE).read_bytes(), type=SampleQuestion)
        except (OSError, msgspec.DecodeError):
            return SampleQuestion()

    def notice(self, message: str, hint: str = "") -> None:
        """Warn; the run goes on."""
        self.emit(events.Notice(message=message, hint=hint))

    def progress(self, stage: str, done: float, total: float, unit: str = "", note: str = "") -> None:
        """Say how far a stage is."""
        self.emit(events.Progress(stage=stage, done=done, total=total, unit=unit, note=note))
