"""The files that are only in one chat, or in one question: read one after the other, beside any adding, and forgotten
with whom they belong to.

Each chat names its hidden collection, and the index says which files in it are still to be read: so a kill loses
nothing, and a hidden collection that nobody names is one to be removed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from app.assistant.flow import ALL, ONLY_HERE
from app.core.calls import attachments as c
from app.core.calls.chats import ChatsChanged
from app.core.calls.documents import DocumentsChanged
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.removal import Removals
from app.core.reply import Reply
from app.core.requests import Job
from app.core.signals import Signal
from app.errors import AppError, WorkerGone
from app.types import Document
from app.workers.calls.attached import Attach, Attached, Hidden, ListHidden, Moved, MoveDocuments
from app.workers.calls.documents import Add, Documents, FileEvent, ListDocuments
from app.workers.message import Call

TRIES = 3
"""How often a file is begun whose reading ended with the documents process."""
NAMED = 2
"""Names of files in a sentence; more are counted."""


@dataclass
class _Reading:
    """The file that is being read."""

    collection_id: int
    path: str
    job: Job | None = None


class Attachments:
    """Knows the hidden collections that are in use, and reads what waits in them."""

    def __init__(self, house: House, documents: DocumentsDesk, removals: Removals) -> None:
        self._house, self._documents, self._removals = house, documents, removals
        self.settled: Signal[int] = Signal()
        """A hidden collection in which nothing waits to be read any more."""
        self._files: dict[int, dict[str, c.Attachment]] = {}
        """By hidden collection and path."""
        self._once: set[int] = set()
        """Hidden collections of single questions."""
        self._waiting: dict[int, Callable[[], object]] = {}
        """What begins when the files of one of these are read."""
        self._reading: _Reading | None = None
        self._tries: dict[tuple[int, str], int] = {}
        documents.ready.connect(lambda _: self.take_up())

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.AttachFiles: self._attach,
            c.ListAttachments: self._list,
            c.DetachFiles: self._detach,
            c.PromoteFiles: self._promote,
        }

    @property
    def is_busy(self) -> bool:
        return self._reading is not None

    def stop(self) -> None:
        """The core ends; what waits is in the index."""
        self._reading = None
        self._files.clear()

    # --- what is so ---------------------------------------------------------------------------------------------------

    def unread(self, collection_id: int) -> list[str]:
        """Names of the files of a hidden collection that are still to be read."""
        return [each.document.name for each in self._files.get(collection_id, {}).values() if not each.is_read]

    def waiting_for(self, collection_id: int) -> str:
        """A sentence while files are still to be read; "" when all are. `settled` follows."""
        if collection_id not in self._files:
            self._look(collection_id)
            return "Looking for the files of this chat…"
        names = self.unread(collection_id)
        shown = ", ".join(names) if len(names) <= NAMED else f"{len(names)} files"
        return f"Reading {shown} first…" if names else ""

    def files(self, collection_id: int) -> tuple[c.Attachment, ...]:
        """The files of a hidden collection, in the order in which they came."""
        return tuple(sorted(self._files.get(collection_id, {}).values(), key=lambda each: each.document.id))

    def _look(self, collection_id: int) -> None:
        """The documents process was not asked yet: it may still be starting."""

        def listed(data: Documents) -> None:
            self._know(collection_id, data.documents)
            self._read_next()
            self._settle(collection_id)

        def failed(error: AppError) -> None:
            self._files.setdefault(collection_id, {})  # the search says what is wrong
            self._settle(collection_id)

        self._documents.child.request(ListDocuments(collection_id=collection_id), done=listed, failed=failed)

    def scope(self, collection_id: int, collections: tuple[int, ...] | None) -> dict[str, Any]:
        """Where a question is asked, as fields of an Ask: the files of a hidden collection before these collections."""
        names = self._documents.names_of(collections or ())
        if not any(each.document.passages for each in self.files(collection_id)):
            return {"collections": collections, "searched": names}
        known = tuple(each.id for each in self._documents.collections)
        others = known if collections == () else collections or ()
        named = "" if collections is None else names or ALL
        return {
            "attached": collection_id,
            "collections": (collection_id, *others),
            "searched": ", ".join(each for each in (ONLY_HERE, named) if each),
        }

    # --- of a chat ----------------------------------------------------------------------------------------------------

    def _attach(self, call: c.AttachFiles, reply: Reply) -> None:
        """Answered once the files are in the index as waiting, and the chat names them."""
        there = self._house.store.chat(call.chat_id).attached_id if call.chat_id else 0

        def attached(data: Attached) -> None:
            store = self._house.store
            with store.together():
                chat_id = call.chat_id or store.create(collection_id=call.collection_id).id
                store.attach(chat_id, data.collection_id)
            self._know(data.collection_id, data.documents)
            reply.done(c.ChatAttached(chat=store.chat(chat_id), files=self.files(data.collection_id)))
            self._house.tell(ChatsChanged(chat_ids=(chat_id,)))
            self._tell(data.collection_id)
            self._read_next()

        self._documents.child.request(
            Attach(paths=call.paths, collection_id=there), done=_kept(attached, reply), failed=reply.failed
        )

    def _list(self, call: c.ListAttachments, reply: Reply) -> None:
        collection_id = self._house.store.chat(call.chat_id).attached_id

        def listed(data: Documents) -> None:
            self._know(collection_id, data.documents)
            reply.done(c.AttachmentsChanged(chat_id=call.chat_id, files=self.files(collection_id)))

        if collection_id and collection_id not in self._files:
            self._documents.child.request(ListDocuments(collection_id=collection_id), done=listed, failed=reply.failed)
        else:
            reply.done(c.AttachmentsChanged(chat_id=call.chat_id, files=self.files(collection_id)))

    def _detach(self, call: c.DetachFiles, reply: Reply) -> None:
        collection_id = self._house.store.chat(call.chat_id).attached_id
        mine = {each.document.id: path for path, each in self._files.get(collection_id, {}).items()}
        ids = tuple(id_ for id_ in call.ids if id_ in mine)

        def removed() -> None:
            for id_ in ids:
                self._files.get(collection_id, {}).pop(mine[id_], None)
            self._tell(collection_id)
            self._settle(collection_id)

        self._give_up(collection_id, {mine[id_] for id_ in ids})
        self._removals.remove(ids, reply, then=removed)

    def _promote(self, call: c.PromoteFiles, reply: Reply) -> None:
        chat = self._house.store.chat(call.chat_id)
        mine = {each.document.id: path for path, each in self._files.get(chat.attached_id, {}).items()}
        ids = tuple(id_ for id_ in call.ids if id_ in mine)
        name = call.collection_name.strip()
        if not ids or not (call.collection_id or name):
            raise AppError("There is nothing to add, or no collection to add it to.", "Choose both.")
        if any(not self._files[chat.attached_id][mine[id_]].is_read for id_ in ids):
            raise AppError("The file is still being read.", "Add it to a collection in a moment.")

        def found(collection_id: int) -> None:
            def moved(data: Moved) -> None:
                for id_ in data.ids:
                    self._files.get(chat.attached_id, {}).pop(mine[id_], None)
                if not self._house.store.chat(chat.id).collection_id:
                    self._house.store.set_collection(chat.id, collection_id)
                reply.done(data)
                self._house.tell(ChatsChanged(chat_ids=(chat.id,)))
                self._house.tell(DocumentsChanged(collection_id=collection_id))
                self._tell(chat.attached_id)
                self._documents.list.recount()

            wanted = MoveDocuments(ids=ids, collection_id=collection_id)
            self._documents.child.request(wanted, done=_kept(moved, reply), failed=reply.failed)

        if call.collection_id:
            found(call.collection_id)
        else:
            self._documents.list.find_or_make(name, found, reply.failed)

    # --- of one question ----------------------------------------------------------------------------------------------

    def once(self, paths: Sequence[str], reply: Reply, then: Callable[[int], object]) -> None:
        """Read files for one question and call `then` with their hidden collection; see `done_with`.

        What could not be read is told to `reply` as FileEvents; where nothing could, the question fails.
        """

        def attached(data: Attached) -> None:
            collection_id = data.collection_id
            self._once.add(collection_id)
            self._know(collection_id, data.documents)

            def cancelled() -> None:
                reply.cancelled()
                self._waiting.pop(collection_id, None)
                self.done_with(collection_id)

            if not reply.open:
                self.done_with(collection_id)
                return
            reply.on_cancel(cancelled)
            self._waiting[collection_id] = lambda: settled(collection_id)
            self._read_next()

        def settled(collection_id: int) -> None:
            files = self.files(collection_id)
            bad = [each.document for each in files if each.document.status == "failed"]
            for each in bad:
                reply.event(FileEvent(path=each.path, status="failed", reason=each.reason, code=each.code))
            if len(bad) == len(files):
                reply.failed(AppError(bad[0].reason or "The file could not be read.", detail=bad[0].code))
                self.done_with(collection_id)
            else:
                then(collection_id)

        self._documents.child.request(Attach(paths=tuple(paths)), done=_kept(attached, reply), failed=reply.failed)

    def done_with(self, collection_id: int) -> None:
        """The question is answered: its files are removed, as every removal with proof."""
        self._once.discard(collection_id)
        self._remove(collection_id)

    # --- what nobody names --------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Remove the hidden collections that no chat and no question names: of deleted chats, or of before a kill."""

        def listed(data: Hidden) -> None:
            named = self._house.store.attached().keys() | self._once
            for collection_id in data.collections:
                if collection_id not in named:
                    self._remove(collection_id)

        self._documents.child.request(ListHidden(), done=listed)

    def _remove(self, collection_id: int) -> None:
        self._give_up(collection_id, set(self._files.pop(collection_id, {})))
        self._removals.remove_collection(collection_id)

    # --- reading ------------------------------------------------------------------------------------------------------

    def take_up(self) -> None:
        """The documents process has come up: read what waits, whatever cut it short, and remove what nobody names."""

        def listed(data: Hidden) -> None:
            for collection_id in data.collections:
                self._know(collection_id, [each for each in data.documents if each.collection_id == collection_id])
                self._tell(collection_id)
                self._settle(collection_id)
            self._read_next()
            self.sweep()

        self._reading = None
        self._documents.child.request(ListHidden(), done=listed)

    def _know(self, collection_id: int, documents: Sequence[Document]) -> None:
        """These are the files of a collection now."""
        before = self._files.get(collection_id, {})
        known = {each.path: before.get(each.path) for each in documents}
        self._files[collection_id] = {
            each.path: c.Attachment(each, old.fraction if (old := known[each.path]) and not old.is_read else 0.0)
            for each in documents
        }

    def _read_next(self) -> None:
        """Begin the file that has waited longest, unless one is being read."""
        if self._reading is not None:
            return
        waiting = [
            (each.document.id, collection_id, path)
            for collection_id, files in self._files.items()
            for path, each in files.items()
            if not each.is_read
        ]
        if not waiting:
            return
        _, collection_id, path = min(waiting)
        reading = self._reading = _Reading(collection_id, path)
        reading.job = self._documents.child.request(
            Add(paths=(path,), collection_id=collection_id),
            event=lambda data: self._take(reading, data),
            done=lambda _: self._read(reading),
            failed=lambda error: self._failed(reading, error),
            cancelled=lambda: self._read(reading),
        )

    def _take(self, reading: _Reading, data: Any) -> None:
        known = self._files.get(reading.collection_id, {}).get(reading.path)
        if reading is not self._reading or known is None or not isinstance(data, FileEvent):
            return
        if data.status in ("reading", "indexing"):
            document = msgspec.structs.replace(known.document, status=data.status)
            self._files[reading.collection_id][reading.path] = c.Attachment(document, data.fraction)
            self._tell(reading.collection_id)

    def _read(self, reading: _Reading) -> None:
        """Through, or not wanted any more: the index says what came of it."""

        def listed(data: Documents) -> None:
            if reading is not self._reading:
                return
            if reading.collection_id in self._files:
                self._know(reading.collection_id, data.documents)
            if not self._is_read(reading):
                self._failed(reading, AppError("The file could not be read.", "Attach it again."))
                return
            self._reading = None
            self._tell(reading.collection_id)
            self._settle(reading.collection_id)
            self._read_next()

        def failed(error: AppError) -> None:
            self._failed(reading, error)

        call = ListDocuments(collection_id=reading.collection_id)
        self._documents.child.request(call, done=listed, failed=failed)

    def _is_read(self, reading: _Reading) -> bool:
        known = self._files.get(reading.collection_id, {}).get(reading.path)
        return known is None or known.is_read

    def _failed(self, reading: _Reading, error: AppError) -> None:
        """The documents process ended: `take_up` begins again. Anything else is said on the file."""
        if reading is not self._reading:
            return
        key = reading.collection_id, reading.path
        self._tries[key] = self._tries.get(key, 0) + 1
        if isinstance(error, WorkerGone) and self._tries[key] < TRIES:
            return
        self._reading = None
        known = self._files.get(reading.collection_id, {}).get(reading.path)
        if known is not None:
            document = msgspec.structs.replace(known.document, status="failed", reason=str(error))
            self._files[reading.collection_id][reading.path] = c.Attachment(document)
            self._tell(reading.collection_id)
            self._settle(reading.collection_id)
        self._read_next()

    def _give_up(self, collection_id: int, paths: set[str]) -> None:
        """Read these no more."""
        reading = self._reading
        if reading is not None and reading.collection_id == collection_id and reading.path in paths:
            self._reading = None
            if reading.job is not None:
                reading.job.cancel()
            self._read_next()

    def _settle(self, collection_id: int) -> None:
        if not self.unread(collection_id):
            self.settled.emit(collection_id)
            self._waiting.pop(collection_id, lambda: None)()

    def _tell(self, collection_id: int) -> None:
        chat_id = self._house.store.attached().get(collection_id)
        if chat_id is not None:
            self._house.tell(c.AttachmentsChanged(chat_id=chat_id, files=self.files(collection_id)))


def _kept(then: Callable[[Any], object], reply: Reply) -> Callable[[Any], object]:
    """What the stores refuse is told to who asked."""

    def take(data: Any) -> None:
        try:
            then(data)
        except AppError as error:
            reply.failed(error)

    return take
