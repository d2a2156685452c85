"""Runs on disk: find them again after a restart, hand the trainer its inputs and wishes, and read what it wrote."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil
from msgspec import Struct

from app.errors import AppError
from app.files import PRIVATE_FOLDER, cannot_write, make_folder, write_atomic
from app.finetune.wizard import Wizard
from app.finetune.wizard_file import read_wizard, write_wizard
from trainer.events import AnyEvent, read_events
from trainer.spec import (
    BROUGHT,
    SAMPLE_FILE,
    Action,
    BaseReport,
    Control,
    ExportResult,
    GateResult,
    HeadResult,
    Marker,
    RunSpec,
    SampleQuestion,
    TrainResult,
    TrialsResult,
)

T = TypeVar("T", bound=Struct)
PART = ".part"
DATA_PARTS = ("inputs", "collect", "clean", "questions", "split", "review.jsonl", SAMPLE_FILE)
"""What a run learned from, and what a person said of it."""
REMOVABLE = (*DATA_PARTS, "train/checkpoints", "export")
"""What can be deleted of a run that stays."""


class Run:
    """One run's folder. Reading gives None where something is not there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        return self.folder.name

    # --- the wizard's own state ---------------------------------------------------------------------------------------

    def load(self) -> Wizard:
        """Raises AppError: it cannot be read, or a newer Inhouse wrote it."""
        return read_wizard(self.folder)

    def save(self, wizard: Wizard) -> None:
        """Raises NoSpace."""
        write_wizard(self.folder, wizard)

    # --- what the trainer is given ------------------------------------------------------------------------------------

    def write_input(self, name: str, rows: Iterable[Struct]) -> Path:
        """Write one of the run's inputs as JSON lines; raises NoSpace."""
        encoder = msgspec.json.Encoder()
        path = self._input(name)
        write_atomic(path, b"".join(encoder.encode(row) + b"\n" for row in rows))
        return path

    def copy_input(self, number: int, path: Path) -> Path:
        """A person's file as it is now: what they review is what is learned, whatever becomes of the file.

        Raises:
            AppError: it is gone or cannot be read.
            NoSpace: it could not be written.
        """
        if not os.access(path, os.R_OK):
            what = "cannot be read" if path.exists() else "is no longer there"
            raise AppError(f"“{path.name}” {what}.", "Put it back or leave it out.", str(path))
        copied = self.folder / "inputs" / f"file-{number}" / path.name
        try:
            make_folder(copied.parent)
            shutil.copyfile(path, copied)
        except OSError as error:
            raise cannot_write(copied, error) from error
        return copied

    def add_to_input(self, name: str, row: Struct) -> None:
        """Append a row to an input that `end_input` makes whole, so that no collection is held in memory.

        Raises:
            NoSpace: it could not be written.
        """
        part = self._input(name).with_suffix(PART)
        try:
            make_folder(part.parent)
            with part.open("ab") as out:
                out.write(msgspec.json.encode(row) + b"\n")
        except OSError as error:
            raise cannot_write(part, error) from error

    def end_input(self, name: str) -> Path | None:
        """The whole input of `add_to_input`, or None where nothing was added; raises NoSpace."""
        path = self._input(name)
        part = path.with_suffix(PART)
        try:
            if not part.exists():
                return None
            with part.open("rb+") as out:
                os.fsync(out.fileno())
            part.replace(path)
        except OSError as error:
            raise cannot_write(path, error) from error
        return path

    def _input(self, name: str) -> Path:
        return self.folder / "inputs" / f"{name}.jsonl"

    def write_spec(self, spec: RunSpec) -> None:
        """What the trainer is to do. Another specification than before needs another look at the list."""
        encoded = msgspec.json.format(msgspec.json.encode(spec), indent=2) + b"\n"
        path = self.folder / "run.json"
        if path.exists() and path.read_bytes() != encoded:
            (self.folder / "reviewed").unlink(missing_ok=True)
        write_atomic(path, encoded)

    def mark_reviewed(self) -> None:
        """A person has seen the list: training may begin."""
        write_atomic(self.folder / "reviewed", b"")

    def train_here(self) -> None:
        """Training may begin, and an adapter that was brought counts no more. Raises NoSpace."""
        if (self.folder / BROUGHT).exists():
            try:
                shutil.rmtree(self.folder / BROUGHT)
            except OSError as error:
                raise cannot_write(self.folder / BROUGHT, error) from error
        self.mark_reviewed()

    @property
    def reviewed(self) -> bool:
        """Whether a person let it train once."""
        return (self.folder / "reviewed").exists()

    @property
    def listed(self) -> bool:
        """Whether there is a list to review."""
        return (self.folder / "split" / "done.json").exists()

    def ask(self, action: Action) -> None:
        """Tell a run under way to pause, to go on, or to stop and keep its best."""
        write_atomic(self.folder / "control.json", msgspec.json.encode(Control(action)))

    def ask_sample(self, question: str) -> None:
        """The question whose answer is shown while it learns, "" for none; raises NoSpace."""
        write_atomic(self.folder / SAMPLE_FILE, msgspec.json.encode(SampleQuestion(question)))

    @property
    def sample(self) -> str:
        """The question that the person asked to see answered while it learns, "" for none."""
        kept = self._read(SAMPLE_FILE, SampleQuestion)
        return kept.question if kept is not None else ""

    # --- what the trainer says ----------------------------------------------------------------------------------------

    @property
    def started(self) -> bool:
        return (self.folder / "run.json").exists()

    def events(self, offset: int = 0) -> tuple[list[AnyEvent], int]:
        """Events from a byte offset, and the offset to go on from."""
        try:
            return read_events(self.folder / "events.jsonl", offset)
        except OSError:
            return [], offset

    def alive(self, pid: int) -> bool:
        """Whether this process still works on this run; a number that another program took over does not count."""
        if pid <= 0:
            return False
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return any(self.id in part for part in process.cmdline())
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True

    def kill(self, pid: int) -> None:
        """End this run's process, if it is this run's; waits up to three seconds."""
        if not self.alive(pid):
            return
        try:
            process = psutil.Process(pid)
            process.kill()
            process.wait(3)
        except (psutil.NoSuchProcess, psutil.TimeoutExpired):
            return

    def summary(self, stage: str) -> dict[str, str | int | float | bool]:
        """A finished stage's figures, or nothing."""
        marker = self._read(f"{stage}/done.json", Marker)
        return marker.summary if marker is not None else {}

    @property
    def training(self) -> TrainResult | None:
        return self._finished("train", TrainResult)

    @property
    def trials(self) -> TrialsResult | None:
        """What was tried before the training, also while it is being tried."""
        return self._read("trials/result.json", TrialsResult)

    @property
    def head(self) -> HeadResult | None:
        """Of a head on the embedder, which sorts into labels without a model."""
        return self._finished("head", HeadResult)

    @property
    def exported(self) -> ExportResult | None:
        return self._finished("export", ExportResult)

    @property
    def gate(self) -> GateResult | None:
        return self._finished("gate", GateResult)

    @property
    def report(self) -> BaseReport | None:
        """Of the model that was taught, or that was made."""
        return self._read("base/report.json", BaseReport)

    @property
    def spec(self) -> RunSpec | None:
        return self._read("run.json", RunSpec)

    def log(self, limit: int = 20_000) -> str:
        """The end of what the trainer's process wrote beside its events, for Details."""
        try:
            data = (self.folder / "trainer.log").read_bytes()[-limit:]
        except OSError:
            return ""
        return data.decode(errors="replace")

    def bytes_of(self, *parts: str) -> int:
        """Disk that removing some of the run's folders would free; a file with a second name elsewhere stays."""
        files = (path for part in parts for path in (self.folder / part).rglob("*") if path.is_file())
        return sum(stat.st_size for stat in (path.stat() for path in files) if stat.st_nlink <= 1)

    def remove(self, *parts: str) -> None:
        """Delete some of the run's folders; raises AppError where the system refuses."""
        for part in parts:
            _delete(self.folder / part)

    def _finished(self, stage: str, kind: type[T]) -> T | None:
        return self._read(f"{stage}/result.json", kind) if (self.folder / stage / "done.json").exists() else None

    def _read(self, name: str, kind: type[T]) -> T | None:
        """None where it is missing or half there: the run is then offered to go on, which writes it again."""
        try:
            return msgspec.json.decode((self.folder / name).read_bytes(), type=kind)
        except (OSError, msgspec.MsgspecError):
            return None


class Runs:
    """All runs of this user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def list(self) -> list[Run]:
        """Runs that the wizard began, newest first."""
        if not self.folder.is_dir():
            return []
        found = [Run(path.parent) for path in self.folder.glob("*/wizard.json")]
        return sorted(found, key=lambda run: run.id, reverse=True)

    def create(self) -> Run:
        """A folder for a new run; its name is its time, so that runs sort. Raises NoSpace."""
        name = time.strftime("%Y%m%d-%H%M%S")
        count = 1
        while (self.folder / name).exists():
            count += 1
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{count}"
        folder = self.folder / name
        try:
            make_folder(self.folder)
            folder.mkdir(PRIVATE_FOLDER)
        except OSError as error:
            raise cannot_write(folder, error) from error
        return Run(folder)

    def get(self, key: str) -> Run | None:
        """The run of this name, where it is still there."""
        run = Run(self.folder / key)
        known = key == run.id and (run.folder / "wizard.json").exists()
        return run if known else None

    def delete(self, run: Run) -> None:
        """Raises AppError: the system refuses."""
        _delete(run.folder)


def _delete(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise AppError(
            f"“{path.name}” could not be deleted.", "Close what uses it, then try again.", str(error)
        ) from error
