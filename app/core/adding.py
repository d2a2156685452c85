"""The queue of adds: one runs at a time, the rest wait, and none is lost with a process, a door or the core itself."""

from __future__ import annotations

from typing import Any

from app.core import batches
from app.core.add_figures import AddFigures
from app.core.batches import Batch
from app.core.calls import documents as c
from app.core.children import Requester
from app.core.collections import CollectionList
from app.core.house import House
from app.core.requests import Job
from app.core.signals import Signal
from app.errors import AppError
from app.workers.calls.documents import Add, Added, AddProgress, FileEvent


class AddQueue:
    """Runs adds of all doors one after the other. What is not through is kept in a file."""

    def __init__(self, house: House, child: Requester, collections: CollectionList) -> None:
        self._house, self._child, self._collections = house, child, collections
        self._file = house.home.root / "adding.json"
        self.replaced: Signal[int] = Signal()
        """A document that failed: another copy of it is indexed."""
        self.moved: Signal[c.AddState] = Signal()
        """It stands otherwise now."""
        self._queue: list[Batch] = []
        self._running: Batch | None = None
        self._phase: c.AddPhase = "running"
        """Of the running one."""
        self._job: Job | None = None
        self._aside = batches.restore(self._file)
        """Interrupted, or cancelled by a person: they wait for a word."""
        self._figures = AddFigures(collections)

    @property
    def is_busy(self) -> bool:
        """Whether an add must not end with its door; a paused one waits on disk for the next start."""
        return self._phase != "paused" if self._running is not None else bool(self._queue)

    @property
    def running(self) -> bool:
        """Whether files are being added, or paused."""
        return self._running is not None

    def state(self) -> c.AddState:
        """What the bar of a window shows."""
        return self._figures.state(self._running, self._phase, self._aside, len(self._queue))

    def files(self) -> tuple[c.FileMoved, ...]:
        """Every file that waits or is under way."""
        live = [*([self._running] if self._running is not None else []), *self._queue]
        return tuple(moved for batch in live for moved in batch.files())

    def stop(self) -> None:
        """The core ends; what is not through is on disk."""
        self._save()
        self._running = self._job = None
        self._queue.clear()

    # --- what a door wants --------------------------------------------------------------------------------------------

    def enter(self, batch: Batch, *, first: bool = False) -> None:
        """Queue an add; `first` puts it before the others that wait."""
        self._queue.insert(0 if first else len(self._queue), batch)
        self._save()  # before anybody is told that it is queued
        self._find_collection(batch)
        self._pump()

    def pause(self) -> None:
        """Hold the add under way."""
        if self._job is not None and self._phase == "running":
            self._job.pause()
            self._phase = "paused"
            self._tell()

    def resume(self) -> None:
        """Let it go on."""
        if self._job is not None and self._phase == "paused":
            self._job.resume()
            self._phase = "running"
            self._tell()

    def cancel(self) -> None:
        """What waited is kept beside what is left of the add under way, for one click that brings it all back."""
        waiting, self._queue = self._queue, []
        self._put_aside(waiting)
        if self._job is not None:
            self._phase = "stopping"
            self._job.cancel()
        self._save()
        self._tell()

    def carry_on(self) -> None:
        """Take up what was put aside."""
        returned, self._aside = self._aside, []
        self._queue[:0] = returned
        self._figures.clear()
        for batch in returned:
            self._find_collection(batch)
        self._pump()

    def dismiss(self) -> None:
        """Give up what was put aside."""
        self._aside = []
        self._figures.clear()
        self._save()
        self._tell()

    def withdraw(self, batch: Batch) -> None:
        """Who asked for it does not want it any more, or is gone: the others go on."""
        batch.unwanted = True
        if batch is self._running and self._job is not None:
            self._phase = "stopping"
            self._tell()
            self._job.cancel()
        elif batch in self._queue:
            self._queue.remove(batch)
            self._save()
            self._tell()
            batch.end_cancelled()

    def forget(self, collection_id: int) -> None:
        """A collection goes: what waits for it goes too."""
        self._aside = [each for each in self._aside if each.collection_id != collection_id]
        for batch in [*self._queue, *([self._running] if self._running is not None else [])]:
            if batch.collection_id == collection_id:
                self.withdraw(batch)
        self._save()
        self._tell()

    def _find_collection(self, batch: Batch) -> None:
        """What names a collection gets its id, and waits until it has it."""
        if batch.collection_id:
            self._placed(batch)
            return

        def found(collection_id: int) -> None:
            batch.collection_id, batch.name = collection_id, ""
            if batch in self._queue:
                self._save()
                self._placed(batch)
                self._pump()

        def failed(error: AppError) -> None:
            if batch.asked is not None:
                batch.asked.failed(error)
            if batch in self._queue:
                self._queue.remove(batch)
                self._figures.interrupt(batch, error)
                self._put_aside([batch])
                self._save()
                self._pump()

        self._collections.find_or_make(batch.name, found, failed)

    def _placed(self, batch: Batch) -> None:
        if batch.asked is not None:
            batch.asked.done(c.Queued(collection_id=batch.collection_id))
        for moved in batch.waiting():
            self._house.tell(moved)

    # --- running ------------------------------------------------------------------------------------------------------

    def _pump(self, *, following: bool = False) -> None:
        """Start the next add, unless one runs or the next one has no collection yet."""
        if self._running is None and self._queue and self._queue[0].collection_id:
            self._running = batch = self._queue.pop(0)
            self._phase = "running"
            self._figures.begin(batch, following=following)
            self._job = self._child.request(
                Add(
                    paths=batch.paths,
                    collection_id=batch.collection_id,
                    passwords=batch.passwords,
                    force=batch.force,
                    read_hidden=batch.read_hidden,
                    exempt=batch.exempt,
                ),
                event=self._take,
                done=self._finished,
                failed=self._failed,
                cancelled=self._cancelled,
            )
        self._tell()

    def _take(self, data: Any) -> None:
        batch = self._running
        if batch is None:
            return
        if batch.reply is not None:
            batch.reply.event(data)
        if isinstance(data, FileEvent):
            batch.take(data)
            self._house.tell(c.FileMoved(collection_id=batch.collection_id, file=data))
            if data.status in ("indexed", "failed"):
                self._collections.recount_soon()
        elif isinstance(data, AddProgress):
            batch.progress = data
            self._tell()

    def _finished(self, added: Added) -> None:
        batch = self._let_go()
        if batch is None:
            return
        self._figures.finish(batch, added)
        if batch.reply is not None:
            batch.reply.done(added)
        if batch.replaces and not added.failed:
            self.replaced.emit(batch.replaces)
        self._go_on(batch)

    def _cancelled(self) -> None:
        batch = self._let_go()
        if batch is None:
            return
        self._figures.cancel(batch)
        batch.end_cancelled()
        if not batch.unwanted:
            self._put_aside([batch.left()], before=True)
        self._go_on(batch)

    def _failed(self, error: AppError) -> None:
        """What a window queued behind it waits for a word too; a command is told, and who typed it types it again."""
        batch = self._let_go()
        if batch is None:
            return
        if batch.reply is not None:
            batch.reply.failed(error)
        elif not batch.unwanted:
            self._figures.interrupt(batch, error)
            behind = [each for each in self._queue if each.reply is None]
            self._queue = [each for each in self._queue if each.reply is not None]
            self._put_aside([batch.left(), *behind], before=True)
        self._go_on(batch)

    def _let_go(self) -> Batch | None:
        batch, self._running, self._job = self._running, None, None
        return batch

    def _put_aside(self, put: list[Batch], *, before: bool = False) -> None:
        """Keep adds until somebody says *Continue*; a command behind one of them is told that it was cancelled."""
        for batch in put:
            batch.end_cancelled()
            batch.reply = batch.asked = None
        kept = [batch for batch in put if batch.paths]
        self._aside = [*kept, *self._aside] if before else [*self._aside, *kept]

    def _go_on(self, batch: Batch) -> None:
        """The next one; who looks at the collection reads its documents anew."""
        self._save()
        self._pump(following=True)
        self._house.tell(c.DocumentsChanged(collection_id=batch.collection_id))
        self._collections.recount()

    def _tell(self) -> None:
        state = self.state()
        self._house.tell(state)
        self.moved.emit(state)

    def _save(self) -> None:
        running = [self._running] if self._running is not None and not self._running.unwanted else []
        batches.save(self._file, [*running, *self._aside, *self._queue])
