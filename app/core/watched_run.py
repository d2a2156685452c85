"""One run as the core knows it: its wizard, where it is, and how far its events were read."""

from __future__ import annotations

from app.core.calls import training as c
from app.errors import AppError
from app.finetune.machine import RunMachine
from app.finetune.measured import Measured
from app.finetune.runs import Run
from app.finetune.states import BUSY, RunState
from app.finetune.wizard import Wizard
from app.workers.message import Failure

ALIVE_EVERY = 5
"""Looks between two checks whether a process is still there."""


class WatchedRun:
    """One run: its wizard, its machine, and how far its events were read."""

    def __init__(self, run: Run) -> None:
        """Reads all that it has said; call it in a thread."""
        self.run = run
        self.wizard: Wizard | None = None
        self.problem = ""
        self.measured: tuple[int, float, Measured] | None = None
        """For how many examples a plan was made, when, and what it found."""
        self.told: c.RunRecord | None = None
        """What the doors were told last."""
        self._offset = 0
        self._looks = 0
        try:
            self.wizard = run.load()
        except AppError as error:
            self.problem = str(error)
        self.machine = RunMachine(started=run.started, reviewed=run.reviewed)
        self.read()
        self.check(0.0)

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def state(self) -> RunState:
        return self.machine.state

    @property
    def busy(self) -> bool:
        return self.state in BUSY

    def kept(self) -> Wizard:
        """The wizard; raises AppError where it cannot be read."""
        if self.wizard is None:
            raise AppError(self.problem)
        return self.wizard

    def read(self) -> bool:
        """Take what is new; → whether anything was."""
        events, self._offset = self.run.events(self._offset)
        return self.machine.take(events)

    def look(self, now: float, *, ended: bool) -> bool:
        """What is new, and from time to time whether the process is there; → whether there is anything to tell.

        `ended`: the process is known to have ended.
        """
        before = self.state
        fresh = self.read()
        self._looks += 1
        if ended:
            self.machine.died()
        elif self._looks % ALIVE_EVERY == 0:
            self.check(now)
        if self.state == "stopped":  # its last words may have come just before its end
            fresh = self.read() or fresh
        return fresh or self.state != before

    def catch_up(self) -> None:
        """Between the looks nobody works on it, as far as is known; a trainer that a person started by hand may."""
        if not self.busy and self.read():
            self.check(0.0)

    def check(self, now: float) -> None:
        """Ask the system for the process."""
        self.machine.check(alive=self.run.alive(self.machine.progress.pid), now=now)

    def record(self) -> c.RunRecord:
        """As a door shows it."""
        self.machine.started, self.machine.reviewed = self.run.started, self.run.reviewed
        return c.RunRecord(
            id=self.id,
            folder=str(self.run.folder),
            state=self.state,
            wizard=self.wizard,
            problem=self.problem,
            reviewed=self.machine.reviewed,
            listed=self.run.listed,
        )

    def moved(self) -> c.RunMoved:
        """What it says now."""
        told, gathering = self.machine.progress, self.machine.gathering
        if gathering is not None:
            return c.RunMoved(
                run_id=self.id,
                state=self.state,
                sentence="Reading your documents",
                gathered=gathering.done,
                to_gather=gathering.total,
            )
        last = told.points[-1] if told.points else None
        failure = told.failure
        return c.RunMoved(
            run_id=self.id,
            state=self.state,
            stage=told.stage,
            sentence=told.sentence(),
            note=told.note,
            fraction=told.fraction,
            train_fraction=told.train_fraction,
            step=last.step if last is not None else 0,
            steps=last.steps if last is not None else 0,
            loss=last.train if last is not None else None,
            seconds_left=told.seconds_left,
            failure=Failure(failure.message, failure.hint, failure.detail) if failure is not None else None,
        )
