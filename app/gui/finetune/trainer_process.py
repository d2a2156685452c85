"""The trainer as a process that outlives the window: started detached, followed by the tail of its events."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from app.errors import AppError
from app.finetune.plan import BUSY, Stand
from app.finetune.progress import RunProgress
from app.finetune.runs import Run, trainer_command
from app.paths import Home
from app.spawn import child_environment
from trainer.events import RunStarted

TAIL_MS = 300
"""At most four looks, and so repaints, a second."""
ALIVE_EVERY = 5
"""Looks between two checks whether the process is still there."""
START_LIMIT_S = 30.0
"""A trainer without a first word by then did not start; the word comes before anything heavy is imported."""


class Measured(Struct, frozen=True, kw_only=True):
    """What `trainer plan` found out on this machine."""

    fits: bool
    memory_bytes: int
    memory_available: int
    disk_bytes: int = 0
    disk_available: int = 0
    seconds: float = 0.0
    steps: int = 0
    tokens: int = 0
    precision: str = ""
    learning_rate: float = 0.0
    epochs: float = 0.0
    reason: str = ""
    instead: str = ""
    warnings: tuple[str, ...] = ()


class Follower(QObject):
    """One run: where it stands, by its events and by whether its process lives."""

    moved = Signal()
    """New events, or the process ended."""

    def __init__(self, run: Run, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.progress = RunProgress()
        self._offset = 0
        self._alive = False
        self._looks = 0
        self._launched_at = 0.0
        self._unwanted = False
        self._timer = QTimer(self, interval=TAIL_MS)
        self._timer.timeout.connect(self.look)
        self._read()
        self._check()
        self._follow()

    @property
    def stand(self) -> Stand:
        """Where the run is."""
        phase = self.progress.phase
        if self._launched_at:
            return "training" if self.run.reviewed else "preparing"
        if phase == "idle":
            return "stopped" if self.run.started else "none"
        if phase in ("review", "failed", "done"):
            ends: dict[str, Stand] = {"review": "review", "failed": "failed", "done": "done"}
            return ends[phase]
        if not self._alive:
            return "stopped"
        if phase in ("paused", "waiting"):
            return "paused" if phase == "paused" else "waiting"
        return "preparing" if self.progress.preparing and not self.run.reviewed else "training"

    def launched(self) -> None:
        """The process was started: follow it. Its first word names its number."""
        self._alive, self._unwanted = True, False
        self._launched_at = time.monotonic()
        self._follow()
        self.moved.emit()

    def look(self) -> None:
        """Read what is new; check the process from time to time."""
        before = self.stand
        fresh = self._read()
        self._looks += 1
        if self._looks % ALIVE_EVERY == 0:
            self._check()
        if fresh or self.stand != before:
            self._follow()
            self.moved.emit()

    def kill(self) -> None:
        """End the process at once, or with its first word, which names its number; what was not done is done later."""
        if self._launched_at:
            self._unwanted = True
            return
        self.run.kill(self.progress.pid)
        self._check()
        self._follow()
        self.moved.emit()

    def end(self) -> None:
        self._timer.stop()

    def _read(self) -> bool:
        events, self._offset = self.run.events(self._offset)
        fresh = self.progress.take(events)
        if self._launched_at and any(isinstance(event, RunStarted) for event in events):
            self._launched_at, self._alive = 0.0, True
            if self._unwanted:
                self.kill()
        return fresh

    def _check(self) -> None:
        if not self._launched_at:
            self._alive = self.run.alive(self.progress.pid)
        elif time.monotonic() - self._launched_at > START_LIMIT_S:
            self._launched_at, self._alive = 0.0, False

    def _follow(self) -> None:
        """The clock runs only while something can happen."""
        if self.stand in BUSY:
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()


class Trainer(QObject):
    """Starts the trainer's commands."""

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._planning: QProcess | None = None

    def start(self, run: Run) -> None:
        """Run or resume, detached from this window.

        Raises:
            AppError: the system could not start it.
        """
        run.ask("run")
        process = self._process("run", run)
        process.setStandardOutputFile(QProcess.nullDevice())
        process.setStandardErrorFile(str(run.folder / "trainer.log"), QProcess.OpenModeFlag.Append)
        started = process.startDetached()
        detail = process.errorString()
        process.deleteLater()
        if not started:
            raise AppError("The training could not be started.", "Restart Inhouse, then try again.", detail)

    def plan(self, run: Run, done: Callable[[Measured | None, str], None]) -> None:
        """Measure what the run needs; `done` gets the figures, or None and the trainer's own sentence."""
        self.cancel_plan()
        process = self._process("plan", run)
        self._planning = process

        def ended(*_: object) -> None:
            if self._planning is not process:
                return
            self._planning = None
            out = process.readAllStandardOutput().data()
            said = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
            process.deleteLater()
            done(_measured(bytes(out)), said.splitlines()[-1] if said else "")

        process.finished.connect(ended)
        process.errorOccurred.connect(lambda error: ended() if error == QProcess.ProcessError.FailedToStart else None)
        process.start()

    def cancel_plan(self) -> None:
        process, self._planning = self._planning, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(1000)
            process.deleteLater()

    def _process(self, command: Literal["run", "plan"], run: Run) -> QProcess:
        program, *arguments = trainer_command(command, str(run.folder / "run.json"))
        process = QProcess(self)
        env = QProcessEnvironment()
        for key, value in child_environment(self._home).items():
            env.insert(key, value)
        process.setProcessEnvironment(env)
        process.setProgram(program)
        process.setArguments(arguments)
        return process


def _measured(out: bytes) -> Measured | None:
    for line in reversed(out.splitlines()):
        try:
            return msgspec.json.decode(line, type=Measured)
        except msgspec.MsgspecError:
            continue
    return None
