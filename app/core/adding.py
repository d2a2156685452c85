"""The queue of adds: one runs at a time, the rest wait, and none is lost with a process, a door or the core itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from app.core import batches
from app.core.batches import LAST_WORDS, Batch
from app.core.calls import documents as c
from app.core.children import Requester
from app.core.collections import CollectionList
from app.core.house import Handler, House
from app.core.reply import Reply
from app.core.requests import Job
from app.core.signals import Signal
from app.errors import AppError, WorkerGone
from app.workers.failures import failure_of
from app.workers.protocol import Add, Added, AddProgress, Call, Done, FileEvent


class AddQueue:
    """Runs adds of all doors one after the other. What is not through is kept in a file."""

    def __init__(self, house: House, child: Requester, collections: CollectionList) -> None:
        self._house, self._child, self._collections = house, child, collections
        self._file = house.home.root / "adding.json"
        self.replaced: Signal[int] = Signal()
        """A document that failed: another copy of it is indexed."""
        self._queue: list[Batch] = []
        self._running: Batch | None = None
        self._phase: c.AddPhase = "running"
        """Of the running one."""
        self._job: Job | None = None
        self._aside = batches.restore(self._file)
        """Interrupted, or cancelled by a person: they wait for a word."""
        self._summary = c.AddState()
        self._break = c.AddState()
        """The figures of the add that was interrupted."""
        self._tally = dict.fromkeys(LAST_WORDS, 0)
        self._places: set[int] = set()

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            Add: self._add,
            c.QueueFiles: self._queue_files,
            c.PauseAdding: lambda _, reply: self._acknowledge(self._pause, reply),
            c.ResumeAdding: lambda _, reply: self._acknowledge(self._resume, reply),
            c.CancelAdding: lambda _, reply: self._acknowledge(self._cancel, reply),
            c.ContinueAdding: lambda _, reply: self._acknowledge(self._carry_on, reply),
            c.DismissAdding: lambda _, reply: self._acknowledge(self._dismiss, reply),
            c.ListAdding: self._list,
        }

    @property
    def is_busy(self) -> bool:
        """Whether an add must not end with its door; a paused one waits on disk for the next start."""
        return (self._running is not None and self._phase != "paused") or bool(self._queue and self._running is None)

    @property
    def running(self) -> bool:
        return self._running is not None

    def state(self) -> c.AddState:
        """What the bar of a window shows."""
        batch = self._running
        if batch is not None:
            said = batch.progress
            return c.AddState(
                phase=self._phase,
                collection_id=batch.collection_id,
                collection=self._name(batch),
                done=said.done,
                total=said.total,
                passages_per_s=said.passages_per_s,
                seconds_left=said.seconds_left,
                waiting=len(self._queue),
            )
        if self._aside:
            first = self._aside[0]
            return msgspec.structs.replace(
                self._break,
                phase="interrupted",
                collection_id=first.collection_id,
                collection=self._name(first),
                waiting=len(self._aside) - 1 + len(self._queue),
            )
        return self._summary

    def stop(self) -> None:
        """The core ends; what is not through is on disk."""
        self._save()
        self._running = self._job = None
        self._queue.clear()

    # --- what a door wants --------------------------------------------------------------------------------------------

    def _add(self, call: Add, reply: Reply) -> None:
        """A command waits until it is through, and is told of its own files."""
        batch = Batch(call.paths, call.collection_id, passwords=call.passwords, force=call.force, reply=reply)
        reply.on_cancel(lambda: self._withdraw(batch))
        if self._running is not None:
            reply.event(AddProgress(done=0, total=0))  # it waits
        self._enter(batch)

    def _queue_files(self, call: c.QueueFiles, reply: Reply) -> None:
        batch = Batch(
            call.paths,
            call.collection_id,
            call.collection_name.strip(),
            call.passwords,
            call.force,
            call.replaces,
            asked=reply,
        )
        self._enter(batch, first=call.first)

    def _enter(self, batch: Batch, *, first: bool = False) -> None:
        self._queue.insert(0 if first else len(self._queue), batch)
        self._find_collection(batch)
        self._save()
        self._pump()

    def _find_collection(self, batch: Batch) -> None:
        """What names a collection gets its id, and waits until it has it."""
        if batch.collection_id:
            self._placed(batch)
            return

        def found(collection_id: int) -> None:
            batch.collection_id, batch.name = collection_id, ""
            if batch in self._queue:
                self._placed(batch)
                self._save()
                self._pump()

        def failed(error: AppError) -> None:
            if batch.asked is not None:
                batch.asked.failed(error)
            if batch in self._queue:
                self._queue.remove(batch)
                self._put_aside([batch], c.AddState(failure=failure_of(error)))
                self._save()
                self._tell()
                self._pump()

        self._collections.find_or_make(batch.name, found, failed)

    def _placed(self, batch: Batch) -> None:
        if batch.asked is not None:
            batch.asked.done(c.Queued(collection_id=batch.collection_id))
        for moved in batch.waiting():
            self._house.tell(moved)

    def _acknowledge(self, action: Any, reply: Reply) -> None:
        action()
        reply.done(Done())

    def _pause(self) -> None:
        if self._job is not None and self._phase == "running":
            self._job.pause()
            self._phase = "paused"
            self._tell()

    def _resume(self) -> None:
        if self._job is not None and self._phase == "paused":
            self._job.resume()
            self._phase = "running"
            self._tell()

    def _cancel(self) -> None:
        """What waited is kept beside what is left of the add under way, for one click that brings it all back."""
        waiting, self._queue = self._queue, []
        if self._running is not None and self._job is not None:
            self._phase = "stopping"
            self._put_aside(waiting, self._break)
            self._job.cancel()
        else:
            self._put_aside(waiting, c.AddState(cancelled=True))
        self._save()
        self._tell()

    def _carry_on(self) -> None:
        returned, self._aside = self._aside, []
        self._queue[:0] = returned
        self._summary = self._break = c.AddState()
        for batch in returned:
            self._find_collection(batch)
        self._pump()
        self._tell()

    def _dismiss(self) -> None:
        self._aside = []
        self._summary = self._break = c.AddState()
        self._save()
        self._tell()

    def _list(self, call: c.ListAdding, reply: Reply) -> None:
        live = [*([self._running] if self._running is not None else []), *self._queue]
        reply.done(c.AddingFiles(state=self.state(), files=tuple(moved for batch in live for moved in batch.files())))

    def _withdraw(self, batch: Batch) -> None:
        """Its own command does not want it any more, or is gone: the others go on."""
        batch.unwanted = True
        if batch is self._running and self._job is not None:
            self._phase = "stopping"
            self._tell()
            self._job.cancel()
        elif batch in self._queue:
            self._queue.remove(batch)
            self._save()
            self._tell()
            _end_cancelled(batch)

    def forget(self, collection_id: int) -> None:
        """A collection goes: what waits for it goes too."""
        self._aside = [each for each in self._aside if each.collection_id != collection_id]
        for batch in [*self._queue, *([self._running] if self._running is not None else [])]:
            if batch.collection_id == collection_id:
                self._withdraw(batch)
        self._save()
        self._tell()

    # --- running ------------------------------------------------------------------------------------------------------

    def _pump(self, *, following: bool = False) -> None:
        """Start the next add. The figures of one that follows another are added to those before."""
        if self._running is not None or not self._queue or not self._queue[0].collection_id:
            self._tell()
            return
        if not following:
            self._tally, self._places = dict.fromkeys(LAST_WORDS, 0), set()
        self._running, self._phase = self._queue.pop(0), "running"
        batch = self._running
        self._places.add(batch.collection_id)
        self._job = self._child.request(
            Add(paths=batch.paths, collection_id=batch.collection_id, passwords=batch.passwords, force=batch.force),
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
        for word in LAST_WORDS:
            self._tally[word] += getattr(added, word)
        several = self._places != {batch.collection_id}
        summary = c.AddState(
            phase="finished",
            collection_id=0 if several else batch.collection_id,
            collection="" if several else self._name(batch),
        )
        self._summary = _counted(summary, self._tally)
        if batch.reply is not None:
            batch.reply.done(added)
        if batch.replaces and not added.failed:
            self.replaced.emit(batch.replaces)
        self._go_on(batch)

    def _cancelled(self) -> None:
        batch = self._let_go()
        if batch is None:
            return
        figures = c.AddState(
            phase="finished",
            collection_id=batch.collection_id,
            collection=self._name(batch),
            done=batch.progress.done,
            total=batch.progress.total,
            cancelled=True,
        )
        figures = _counted(figures, batch.counts)
        self._summary = c.AddState() if batch.unwanted else figures
        _end_cancelled(batch)
        if not batch.unwanted:
            self._put_aside([batch.left()], figures, before=True)
        self._go_on(batch)

    def _failed(self, error: AppError) -> None:
        batch = self._let_go()
        if batch is None:
            return
        self._summary = c.AddState()
        said = batch.progress
        failure = None if isinstance(error, WorkerGone) else failure_of(error)
        if batch.reply is not None:
            batch.reply.failed(error)  # it is told; who typed the command repeats it
        elif not batch.unwanted:
            mine = [each for each in self._queue if each.reply is None]
            self._queue = [each for each in self._queue if each.reply is not None]
            figures = c.AddState(done=said.done, total=said.total, failure=failure)
            self._put_aside([batch.left(), *mine], _counted(figures, batch.counts), before=True)
        self._go_on(batch)

    def _let_go(self) -> Batch | None:
        batch, self._running, self._job = self._running, None, None
        return batch

    def _put_aside(self, put: list[Batch], figures: c.AddState, *, before: bool = False) -> None:
        """Keep adds until somebody says *Continue*; a command behind one of them is told that it was cancelled."""
        for batch in put:
            _end_cancelled(batch)
            batch.reply = batch.asked = None
        kept = [batch for batch in put if batch.paths]
        if kept or self._aside:
            self._break = figures
        self._aside = [*kept, *self._aside] if before else [*self._aside, *kept]

    def _go_on(self, batch: Batch) -> None:
        """The next one; who looks at the collection reads its documents anew."""
        self._save()
        self._pump(following=True)
        self._house.tell(c.DocumentsChanged(collection_id=batch.collection_id))
        self._collections.recount()

    # --- what is shown and kept ---------------------------------------------------------------------------------------

    def _name(self, batch: Batch) -> str:
        return batch.name or self._collections.names_of((batch.collection_id,))

    def _tell(self) -> None:
        self._house.tell(self.state())

    def _save(self) -> None:
        running = [self._running] if self._running is not None and not self._running.unwanted else []
        batches.save(self._file, [*running, *self._aside, *self._queue])


def _end_cancelled(batch: Batch) -> None:
    if batch.reply is not None:
        batch.reply.cancelled()


def _counted(state: c.AddState, counts: Mapping[str, int]) -> c.AddState:
    return msgspec.structs.replace(
        state, indexed=counts["indexed"], unchanged=counts["unchanged"], failed=counts["failed"]
    )
