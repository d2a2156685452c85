"""Stand-ins at the seams: what a child process would say is said by the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.core.children import ChildState
from app.core.signals import Signal
from app.errors import AppError
from app.finetune.measured import Measured
from app.finetune.runs import Run
from app.finetune.wishes import CheckData, LaunchTrainer
from app.workers.message import Call, Done
from app.workers.protocol import AnyCall, AnyData
from trainer.spec import Checked


@dataclass
class FakeJob:
    """A request that a FakeChild keeps until the test answers it."""

    call: AnyCall
    done: Callable[[AnyData], None]
    event: Callable[[AnyData], None] | None = None
    failed: Callable[[AppError], None] | None = None
    cancelled: Callable[[], None] | None = None
    active: bool = True
    controls: list[str] = field(default_factory=list)

    def cancel(self, *, insist: bool = True) -> None:
        self.controls.append("cancel")

    def pause(self) -> None:
        self.controls.append("pause")

    def resume(self) -> None:
        self.controls.append("resume")

    def say(self, data: AnyData) -> None:
        """An event."""
        assert self.active and self.event is not None
        self.event(data)

    def finish(self, data: AnyData) -> None:
        self.active = False
        self.done(data)

    def fail(self, error: AppError) -> None:
        self.active = False
        assert self.failed is not None
        self.failed(error)

    def confirm_cancel(self) -> None:
        self.active = False
        assert self.cancelled is not None
        self.cancelled()


class FakeChild:
    """Looks like app.core.children.Child; every request waits in `jobs`."""

    def __init__(self) -> None:
        self.ready: Signal[object] = Signal()
        self.failed: Signal[AppError] = Signal()
        self.state_changed: Signal[str] = Signal()
        self.state: ChildState = "ready"
        self.jobs: list[FakeJob] = []
        self.restarts = 0

    def request(self, call: AnyCall, **callbacks: object) -> FakeJob:
        job = FakeJob(call, **callbacks)  # type: ignore[arg-type]
        self.jobs.append(job)
        return job

    @property
    def busy(self) -> bool:
        return any(job.active for job in self.jobs)

    def start(self) -> None:
        self.set_state("ready")

    def stop(self) -> None:
        self.retire()

    def retire(self) -> None:
        """As the real one: who waits for an answer hears nothing more."""
        for job in self.jobs:
            job.active = False
        self.set_state("stopped")

    @property
    def gone(self) -> bool:
        return self.state == "stopped"

    def restart(self) -> None:
        self.restarts += 1
        self.retire()
        self.set_state("starting")

    def set_state(self, state: ChildState) -> None:
        self.state = state
        self.state_changed.emit(state)

    def recent_log(self) -> str:
        return ""

    def waiting(self, kind: type) -> list[FakeJob]:
        """Requests of a kind that are not answered yet, oldest first."""
        return [job for job in self.jobs if job.active and isinstance(job.call, kind)]

    def last(self, kind: type) -> FakeJob:
        """The newest request of a kind that is not answered yet."""
        return self.waiting(kind)[-1]


class FakeRemote(FakeChild):
    """Stands for a model on a server: there at once, until it is left."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "stopped"

    def start(self) -> None:
        if self.state != "ready":
            self.set_state("ready")
            self.ready.emit(None)


class FakeTrainer:
    """Looks like app.core.trainer.Trainer. Runs are launched at once, and the test plays what they say."""

    def __init__(self) -> None:
        self.launched: list[str] = []
        """Ids of runs, in the order in which they were launched."""
        self.plans: list[FakeJob] = []
        """Each waits for the test, unless `measured` answers it."""
        self.measured: Measured | None = None
        self.refusal: AppError | None = None
        """Why the next launch fails."""
        self.ended: set[str] = set()
        """Runs whose process has ended."""
        self.killed: list[str] = []

    def request(self, call: Call, **callbacks: object) -> FakeJob:
        job = FakeJob(call, **callbacks)  # type: ignore[arg-type]
        if isinstance(call, LaunchTrainer):
            refusal, self.refusal = self.refusal, None
            if refusal is not None:
                job.fail(refusal)
            else:
                self.launched.append(Path(call.folder).name)
                self.ended.discard(self.launched[-1])
                job.finish(Done())
        elif isinstance(call, CheckData):
            job.finish(Checked())  # type: ignore[arg-type]  # a child of its own kind
        else:
            self.plans.append(job)
            if self.measured is not None:
                job.finish(self.measured)  # type: ignore[arg-type]  # a child of its own kind
        return job

    def has_ended(self, run: Run) -> bool:
        return run.id in self.ended

    def kill(self, run: Run) -> None:
        self.killed.append(run.id)

    def stop(self) -> None:
        self.plans.clear()
