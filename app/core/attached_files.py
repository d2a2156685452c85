"""The files in hidden collections as the core knows them, and their reading: one after the other, beside any adding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from app.core.calls.attachments import Attachment
from app.core.children import Requester
from app.core.requests import Job
from app.core.signals import Signal
from app.errors import AppError, WorkerGone
from app.members import is_member
from app.types import Document
from app.workers.calls.attached import Hidden
from app.workers.calls.documents import Add, Documents, FileEvent, ListDocuments

TRIES = 3
"""How often a file is begun whose reading ended with the documents process."""
NOT_READ = AppError("The file could not be read.", "Attach it again.")


@dataclass
class _Reading:
    """The file that is being read."""

    collection_id: int
    path: str
    job: Job | None = None


class AttachedFiles:
    """What waits is in the index, so that a kill loses nothing; here is what the index said last."""

    def __init__(self, child: Requester) -> None:
        self._child = child
        self.changed: Signal[int] = Signal()
        """A file in this hidden collection moved on."""
        self.settled: Signal[int] = Signal()
        """Nothing in this one waits to be read any more."""
        self._files: dict[int, dict[int, Attachment]] = {}
        """By hidden collection and document."""
        self._reading: _Reading | None = None
        self._tries: dict[tuple[int, str], int] = {}

    @property
    def is_reading(self) -> bool:
        return self._reading is not None

    def stop(self) -> None:
        """The core ends."""
        self._reading = None
        self._files.clear()

    # --- what is so ---------------------------------------------------------------------------------------------------

    def known(self, collection_id: int) -> bool:
        """Whether the index was asked for it."""
        return collection_id in self._files

    def of(self, collection_id: int) -> tuple[Attachment, ...]:
        """The files of a hidden collection, in the order in which they came."""
        return tuple(each for _, each in sorted(self._files.get(collection_id, {}).items()))

    def unread(self, collection_id: int) -> list[str]:
        """Names of the files of a hidden collection that are still to be read."""
        return [each.document.name for each in self.of(collection_id) if not each.is_read]

    # --- what the index says ------------------------------------------------------------------------------------------

    def know(self, collection_id: int, documents: Sequence[Document]) -> None:
        """These are the files of a collection now."""
        before = self._files.get(collection_id, {})
        self._files[collection_id] = {
            each.id: Attachment(each, old.fraction if (old := before.get(each.id)) and not old.is_read else 0.0)
            for each in documents
            if not is_member(each.path)  # it goes where what it lies in goes
        }

    def look(self, collection_id: int) -> None:
        """Ask the index, which may still be starting; `settled` follows, once all is read."""

        def listed(data: Documents) -> None:
            self.know(collection_id, data.documents)
            self.changed.emit(collection_id)
            self.read_next()
            self.settle(collection_id)

        def failed(error: AppError) -> None:
            self._files.setdefault(collection_id, {})  # the search says what is wrong
            self.settle(collection_id)

        self._child.request(ListDocuments(collection_id=collection_id), done=listed, failed=failed)

    def begin_again(self) -> None:
        """The documents process is another one: what it was reading has ended."""
        self._reading = None

    def take(self, data: Hidden) -> None:
        """Everything that is in hidden collections, after a start: read what waits."""
        for collection_id in data.collections:
            self.know(collection_id, [each for each in data.documents if each.collection_id == collection_id])
            self.changed.emit(collection_id)
            self.settle(collection_id)
        self.read_next()

    def drop(self, collection_id: int, ids: Sequence[int]) -> None:
        """These are not in it any more."""
        for id_ in ids:
            self._files.get(collection_id, {}).pop(id_, None)
        self.changed.emit(collection_id)
        self.settle(collection_id)

    def forget(self, collection_id: int) -> None:
        """The collection goes."""
        self.give_up(collection_id, [each.document.id for each in self.of(collection_id)])
        self._files.pop(collection_id, None)

    def settle(self, collection_id: int) -> None:
        if not self.unread(collection_id):
            self.settled.emit(collection_id)

    # --- reading ------------------------------------------------------------------------------------------------------

    def read_next(self) -> None:
        """Begin the file that has waited longest, unless one is being read."""
        if self._reading is not None:
            return
        files = [each.document for id_ in self._files for each in self.of(id_) if not each.is_read]
        if not files:
            return
        first = min(files, key=lambda each: each.id)
        reading = self._reading = _Reading(first.collection_id, first.path)
        reading.job = self._child.request(
            Add(paths=(first.path,), collection_id=first.collection_id),
            event=lambda data: self._take(reading, data),
            done=lambda _: self._through(reading),
            failed=lambda error: self._failed(reading, error),
            cancelled=lambda: self._through(reading),
        )

    def give_up(self, collection_id: int, ids: Sequence[int]) -> None:
        """Read these no more."""
        reading = self._reading
        paths = {each.document.path for each in self.of(collection_id) if each.document.id in ids}
        for id_ in ids:
            self._files.get(collection_id, {}).pop(id_, None)
        if reading is not None and reading.collection_id == collection_id and reading.path in paths:
            self._reading = None
            if reading.job is not None:
                reading.job.cancel()
            self.read_next()

    def _now(self, reading: _Reading) -> Attachment | None:
        """The file that is being read, where it is still wanted."""
        if reading is not self._reading:
            return None
        return next((each for each in self.of(reading.collection_id) if each.document.path == reading.path), None)

    def _take(self, reading: _Reading, data: Any) -> None:
        known = self._now(reading)
        if known is not None and isinstance(data, FileEvent) and data.status in ("reading", "indexing"):
            document = msgspec.structs.replace(known.document, status=data.status)
            self._files[reading.collection_id][document.id] = Attachment(document, data.fraction)
            self.changed.emit(reading.collection_id)

    def _through(self, reading: _Reading) -> None:
        """The index says what came of it."""

        def listed(data: Documents) -> None:
            if reading is not self._reading:
                return
            if self.known(reading.collection_id):
                self.know(reading.collection_id, data.documents)
            known = self._now(reading)
            if known is not None and not known.is_read:
                self._failed(reading, NOT_READ)
            else:
                self._end(reading)

        call = ListDocuments(collection_id=reading.collection_id)
        self._child.request(call, done=listed, failed=lambda error: self._failed(reading, error))

    def _failed(self, reading: _Reading, error: AppError) -> None:
        """The documents process ended: `take` begins again. Anything else is said on the file."""
        if reading is not self._reading:
            return
        key = reading.collection_id, reading.path
        self._tries[key] = self._tries.get(key, 0) + 1
        if isinstance(error, WorkerGone) and self._tries[key] < TRIES:
            return
        known = self._now(reading)
        if known is not None:
            document = msgspec.structs.replace(known.document, status="failed", reason=str(error))
            self._files[reading.collection_id][document.id] = Attachment(document)
        self._end(reading)

    def _end(self, reading: _Reading) -> None:
        self._reading = None
        self._tries.pop((reading.collection_id, reading.path), None)
        self.changed.emit(reading.collection_id)
        self.settle(reading.collection_id)
        self.read_next()
