"""The queue of adds: one runs at a time, the rest wait, and none is lost with a process or with the window."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
from PySide6.QtCore import QObject, Signal

from app.errors import AppError, NoSpace
from app.files import set_aside, write_atomic
from app.gui.worker_client import Job, WorkerClient
from app.workers.protocol import Add, Added, AddProgress, AnyData, FileEvent

log = logging.getLogger(__name__)

Phase = Literal["idle", "running", "paused", "stopping", "interrupted", "finished"]
LAST_WORDS = ("indexed", "unchanged", "failed")


class Pending(msgspec.Struct, frozen=True):
    """An add as it is kept on disk. Passwords never are."""

    paths: tuple[str, ...]
    collection: str
    force: bool = False


@dataclass
class Batch:
    """One add: what was asked for and how far it is."""

    paths: tuple[str, ...]
    collection: str
    passwords: dict[str, str] = field(default_factory=dict)
    force: bool = False
    then: Callable[[], None] | None = None
    """Called after the files are indexed without a failure."""
    finished: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LAST_WORDS, 0))
    done: int = 0
    total: int = 0
    passages_per_s: float = 0.0
    seconds_left: float | None = None

    def take(self, event: FileEvent) -> None:
        """Remember that a file is through."""
        if event.status in LAST_WORDS and event.path not in self.finished:
            self.finished.add(event.path)
            self.counts[event.status] += 1

    def left(self) -> Batch:
        """What is still to do. A folder is asked for as a whole again: what it has already is passed over quickly."""
        paths = tuple(path for path in self.paths if path not in self.finished)
        return Batch(paths, self.collection, self.passwords, self.force and len(self.paths) == 1, self.then)


@dataclass(frozen=True)
class AddState:
    """What the bar at the bottom shows."""

    phase: Phase = "idle"
    collection: str = ""
    done: int = 0
    total: int = 0
    passages_per_s: float = 0.0
    seconds_left: float | None = None
    waiting: int = 0
    """Adds behind this one."""
    indexed: int = 0
    unchanged: int = 0
    failed: int = 0
    cancelled: bool = False
    error: AppError | None = None


class AddQueue(QObject):
    """Runs adds one after the other. What is not through is kept in `file`, so that a crash costs no file."""

    file_moved = Signal(str, object)
    """collection, FileEvent"""
    changed = Signal()
    """`state` is another."""
    ended = Signal(str)
    """collection: an add there is over, one way or another."""

    def __init__(self, client: WorkerClient, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._file = file
        self._queue: list[Batch] = []
        self._running: Batch | None = None
        self._job: Job | None = None
        self._interrupted: list[Batch] = []
        self._tally = dict.fromkeys(LAST_WORDS, 0)
        self._places: set[str] = set()
        self.state = AddState()
        self._restore()
        client.state_changed.connect(self._client_changed)

    # --- what the user does -------------------------------------------------------------------------------------------

    def add(self, batch: Batch, *, first: bool = False) -> None:
        """Queue an add; `first` puts it before the others that wait."""
        self._queue.insert(0 if first else len(self._queue), batch)
        self._save()
        self._pump()

    def pause(self) -> None:
        if self._job is not None and self.state.phase == "running":
            self._job.pause()
            self._show("paused")

    def resume(self) -> None:
        if self._job is not None and self.state.phase == "paused":
            self._job.resume()
            self._show("running")

    def cancel(self) -> None:
        """Stop the add under way and drop those behind it. What is indexed stays."""
        self._queue.clear()
        if self._job is not None and self._running is not None:
            self._show("stopping")
            self._save()
            self._job.cancel()

    def carry_on(self) -> None:
        """Take up what was interrupted."""
        self._queue[:0] = self._interrupted
        self._interrupted = []
        self.state = AddState()
        self._pump()

    def dismiss(self) -> None:
        """Close the summary, or give up what was interrupted."""
        self._interrupted = []
        self.state = AddState()
        self._save()
        self.changed.emit()
        self._pump()

    def waiting_in(self, collection: str) -> list[str]:
        """Paths that are asked for in a collection and not through."""
        batches = [*self._queue, *([self._running] if self._running else [])]
        return [path for each in batches if each.collection == collection for path in each.left().paths]

    def rename(self, name: str, new_name: str) -> None:
        """A collection has another name: what still waits goes there."""
        for batch in [*self._queue, *self._interrupted]:
            if batch.collection == name:
                batch.collection = new_name
        self._save()

    def forget(self, collection: str) -> None:
        """A collection is gone: what still waits for it goes too."""
        self._queue = [each for each in self._queue if each.collection != collection]
        self._interrupted = [each for each in self._interrupted if each.collection != collection]
        if self._running is not None and self._running.collection == collection and self._job is not None:
            self._job.cancel()
        self._save()

    # --- running ------------------------------------------------------------------------------------------------------

    def _pump(self, *, following: bool = False) -> None:
        """Start the next add. The figures of one that follows another are added to those before."""
        if self._running is not None:
            self._show(self.state.phase)
            return
        if self._interrupted:
            self._show_interrupted(self.state.error)
            return
        if not self._queue:
            return
        if not following:
            self._tally, self._places = dict.fromkeys(LAST_WORDS, 0), set()
        self._running = batch = self._queue.pop(0)
        self._places.add(batch.collection)
        call = Add(paths=batch.paths, collection=batch.collection, passwords=batch.passwords, force=batch.force)
        self._job = self._client.request(
            call, done=self._finished, event=self._take, failed=self._failed, cancelled=self._cancelled
        )
        self._show("running")

    def _take(self, data: AnyData) -> None:
        batch = self._running
        if batch is None:
            return
        if isinstance(data, FileEvent):
            batch.take(data)
            self.file_moved.emit(batch.collection, data)
        elif isinstance(data, AddProgress):
            batch.done, batch.total = data.done, data.total
            batch.passages_per_s, batch.seconds_left = data.passages_per_s, data.seconds_left
            self._show(self.state.phase)

    def _finished(self, data: AnyData) -> None:
        batch, self._running, self._job = self._running, None, None
        if batch is None or not isinstance(data, Added):
            return
        for word in LAST_WORDS:
            self._tally[word] += getattr(data, word)
        where = batch.collection if self._places <= {batch.collection} else ""
        self.state = AddState(
            "finished",
            where,
            indexed=self._tally["indexed"],
            unchanged=self._tally["unchanged"],
            failed=self._tally["failed"],
        )
        if batch.then is not None and not data.failed:
            batch.then()
        self._go_on(batch)

    def _cancelled(self) -> None:
        batch, self._running, self._job = self._running, None, None
        if batch is None:
            return
        done = batch.counts
        self.state = AddState(
            "finished",
            batch.collection,
            total=batch.total,
            indexed=done["indexed"],
            unchanged=done["unchanged"],
            failed=done["failed"],
            cancelled=True,
        )
        self._go_on(batch)

    def _failed(self, error: AppError) -> None:
        batch, self._running, self._job = self._running, None, None
        if batch is None:
            return
        left = batch.left()
        if left.paths:
            self._interrupted.append(left)
            self._show_interrupted(error, batch)
        else:
            self.state = AddState()
        self._go_on(batch)

    def _go_on(self, batch: Batch) -> None:
        self._save()
        self.changed.emit()
        self.ended.emit(batch.collection)
        if not self._interrupted:
            self._pump(following=True)

    def _client_changed(self, state: str) -> None:
        """A restart by hand drops requests without a word: what ran is kept as interrupted."""
        if state in ("starting", "stopped") and self._job is not None and not self._job.active:
            self._failed(AppError("Adding was interrupted."))

    # --- what is shown and kept ---------------------------------------------------------------------------------------

    def _show(self, phase: Phase) -> None:
        batch = self._running
        if batch is not None:
            self.state = AddState(
                phase,
                batch.collection,
                batch.done,
                batch.total,
                batch.passages_per_s,
                batch.seconds_left,
                len(self._queue),
            )
        self.changed.emit()

    def _show_interrupted(self, error: AppError | None, batch: Batch | None = None) -> None:
        first = self._interrupted[0]
        self.state = AddState(
            "interrupted",
            first.collection,
            batch.done if batch else 0,
            batch.total if batch else 0,
            waiting=len(self._interrupted) - 1 + len(self._queue),
            error=error,
        )
        self.changed.emit()

    def _save(self) -> None:
        """Keep what is not through. A full disk must not stop the adding itself, so it is only logged."""
        running = [self._running] if self._running is not None and self.state.phase != "stopping" else []
        batches = [*running, *self._interrupted, *self._queue]
        try:
            if batches:
                kept = [Pending(each.paths, each.collection, each.force) for each in batches]
                write_atomic(self._file, msgspec.json.encode(kept))
            else:
                self._file.unlink(missing_ok=True)
        except (NoSpace, OSError) as error:
            log.warning("The list of files to add could not be kept: %s", error)

    def _restore(self) -> None:
        try:
            kept = msgspec.json.decode(self._file.read_bytes(), type=list[Pending])
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("The list of files to add could not be read: %s", error)
            if self._file.is_file():
                set_aside(self._file)
            return
        self._interrupted = [Batch(each.paths, each.collection, force=each.force) for each in kept if each.paths]
        if self._interrupted:
            self._show_interrupted(None)
