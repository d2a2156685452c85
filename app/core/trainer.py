"""The trainer's commands as the core starts them: a run in a process that outlives us, a plan in one that does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec
from msgspec import Struct

from app.core.children import Requester
from app.core.clock import Clock
from app.core.local_work import LocalWork
from app.core.requests import ControlWord
from app.errors import AppError
from app.finetune.away import ExportTraining, TakeAdapter
from app.finetune.measured import Measured
from app.finetune.runs import Run
from app.finetune.trainer_command import trainer_command, trainer_environment
from app.finetune.wishes import CheckData, LaunchTrainer, PlanTraining, TryAuthor
from app.paths import Home
from app.workers.message import Call
from trainer.spec import Checked, Trial, Written

LOG = "trainer.log"
"""In the run's folder: what the trainer's process writes beside its events."""
UNWRITTEN, UNTAKEN = "Nothing was written.", "The adapter was not taken."
UNCHECKED = "The data could not be checked."
UNMEASURED, UNTRIED = "What training needs could not be measured.", "The author of the questions could not be tried."


class Trainer(Requester, Protocol):
    """Takes the trainer's calls of app.finetune.cases and away, and knows of the processes that it started itself."""

    def has_ended(self, run: Run) -> bool:
        """Whether the process that was started for a run has ended; False also where another core started it."""
        ...

    def kill(self, run: Run) -> None:
        """End the process that was started for a run, where it was started here."""
        ...

    def stop(self) -> None:
        """The core ends: so do plans and trials. The runs go on."""
        ...


class TrainerProcess(LocalWork):
    """The real one."""

    def __init__(self, home: Home, clock: Clock) -> None:
        super().__init__()
        self._home, self._clock = home, clock
        self._runs: dict[str, subprocess.Popen[bytes]] = {}
        self._asked: dict[int, subprocess.Popen[bytes]] = {}

    def begin(self, key: int, call: Call) -> None:
        try:
            if isinstance(call, LaunchTrainer):
                self._launch(Run(Path(call.folder)))
                self.ended(key)
            elif isinstance(call, PlanTraining):
                more = [] if call.approve_above is None else ["--approve-above", str(call.approve_above)]
                self._ask(key, ["plan", str(Path(call.folder) / "run.json"), *more], Measured, UNMEASURED)
            elif isinstance(call, CheckData):
                self._ask(key, ["check", str(Path(call.folder) / "run.json")], Checked, UNCHECKED)
            elif isinstance(call, TryAuthor):
                self._ask(key, ["author", str(Path(call.folder) / "run.json")], Trial, UNTRIED)
            elif isinstance(call, ExportTraining):
                self._ask(key, ["export-config", call.folder, call.tool, call.to], Written, UNWRITTEN)
            elif isinstance(call, TakeAdapter):
                self._ask(key, ["bring", call.folder, call.source], Written, UNTAKEN)
        except AppError as error:
            self.failed(key, error)

    def control(self, key: int, word: ControlWord) -> None:
        """A plan or a trial that nobody waits for is ended."""
        process = self._asked.pop(key, None) if word == "cancel" else None
        if process is not None:
            process.kill()
            self.cancelled(key)

    def has_ended(self, run: Run) -> bool:
        process = self._runs.get(run.id)
        if process is None or process.poll() is None:
            return False
        del self._runs[run.id]
        return True

    def kill(self, run: Run) -> None:
        process = self._runs.get(run.id)
        if process is not None:
            process.kill()

    def stop(self) -> None:
        for process in self._asked.values():
            process.kill()
        self._asked.clear()
        for process in self._runs.values():
            process.returncode = 0  # it goes on, and Popen need not warn of that
        self._runs.clear()

    def _launch(self, run: Run) -> None:
        """Run or resume, detached from us. One that was started before and never said a word is ended first."""
        run.ask("run")
        mute = self._runs.pop(run.id, None)
        if mute is not None:
            mute.kill()
            mute.wait()
        try:
            with (run.folder / LOG).open("ab") as log:
                self._runs[run.id] = self._start(["run", str(run.folder / "run.json")], subprocess.DEVNULL, log)
        except OSError as error:
            hint = "Restart Inhouse, then try again."
            raise AppError("The training could not be started.", hint, str(error)) from error

    def _ask(self, key: int, command: list[str], kind: type[Struct], problem: str) -> None:
        """A command that prints what it found as one line of JSON, or says in a sentence why it did not."""
        try:
            process = self._start(command, subprocess.PIPE, subprocess.PIPE)
        except OSError as error:
            raise AppError(problem, "Try again.", str(error)) from error
        self._asked[key] = process

        def end(found: Struct) -> None:
            if self._asked.pop(key, None) is not None:
                self.ended(key, found)

        def fail(error: AppError) -> None:
            if self._asked.pop(key, None) is not None:
                self.failed(key, error)

        self._clock.thread(lambda: _wait_for(process, kind, problem), end, fail)

    def _start(self, command: list[str], out: int, errors: int | BinaryIO) -> subprocess.Popen[bytes]:
        detached = 0
        if sys.platform == "win32":
            detached = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(
            trainer_command(self._home, *command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            env=trainer_environment(self._home),
            start_new_session=True,
            creationflags=detached,
        )


def _wait_for(process: subprocess.Popen[bytes], kind: type[Struct], problem: str) -> Struct:
    """The last line of what it printed that can be read. Raises AppError with its own sentence."""
    with process:
        out, errors = process.communicate()
    for line in reversed(out.splitlines()):
        try:
            found: Struct = msgspec.json.decode(line, type=kind)
        except msgspec.MsgspecError:
            continue
        return found
    said = errors.decode(errors="replace").strip().splitlines()
    raise AppError(problem, said[-1] if said else "Try again.", "\n".join(said))
