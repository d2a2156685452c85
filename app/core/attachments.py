"""The files that are only in one chat, or in one question: whose they are, and that they go with whom they belong to.

Each chat names its hidden collection. A hidden collection that no chat and no question names is one to be removed.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.chats.records import Chat
from app.cited import ALL_COLLECTIONS, ATTACHED_FILES
from app.core.attached_files import AttachedFiles
from app.core.calls import attachments as c
from app.core.calls.chats import ChatsChanged
from app.core.calls.documents import DocumentsChanged
from app.core.clock import Timer
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.removal import Removals
from app.core.reply import Reply
from app.core.signals import Signal
from app.errors import AppError, Busy
from app.workers.calls.attached import (
    Attach,
    Attached,
    AttachedCopied,
    CopyAttached,
    Hidden,
    ListHidden,
    Moved,
    MoveDocuments,
)
from app.workers.calls.documents import FileEvent
from app.workers.message import Call

log = logging.getLogger(__name__)
AGAIN_S = 2.0
"""Until a documents process that would not answer is asked again."""
NAMED = 2
"""Names of files in a sentence; more are counted."""


class Attachments:
    """Takes files into chats and questions, and removes what nobody names."""

    def __init__(self, house: House, documents: DocumentsDesk, removals: Removals) -> None:
        self._house, self._documents, self._removals = house, documents, removals
        self._files = AttachedFiles(documents.child)
        self._files.changed.connect(self._tell)
        self._files.settled.connect(lambda collection_id: self._settled(collection_id))
        self.settled: Signal[int] = self._files.settled
        """A hidden collection in which nothing waits to be read any more."""
        self._once: dict[int, Callable[[], object]] = {}
        """Hidden collections of single questions, and what begins when their files are read."""
        shutil.rmtree(house.home.uploads, ignore_errors=True)  # of questions that a kill cut short
        self._again: Timer | None = None
        documents.ready.connect(lambda _: self._take_up())

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.AttachFiles: self._attach,
            c.ListAttachments: self._list,
            c.DetachFiles: self._detach,
            c.PromoteFiles: self._promote,
        }

    @property
    def is_busy(self) -> bool:
        return self._files.is_reading

    def stop(self) -> None:
        """The core ends; what waits is in the index."""
        if self._again is not None:
            self._again.cancel()
        self._files.stop()

    # --- for an answer ------------------------------------------------------------------------------------------------

    def waiting_for(self, collection_id: int) -> str:
        """A sentence while files are still to be read; "" when all are. `settled` follows."""
        if not self._files.known(collection_id):
            self._files.look(collection_id)
            return "Looking for the files of this chat…"
        names = self._files.unread(collection_id)
        shown = ", ".join(names) if len(names) <= NAMED else f"{len(names)} files"
        return f"Reading {shown} first…" if names else ""

    def scope(self, collection_id: int, collections: tuple[int, ...] | None) -> dict[str, Any]:
        """Where a question is asked, as fields of an Ask: the files of a hidden collection before these collections."""
        names = self._documents.names_of(collections or ())
        if not any(each.document.passages for each in self._files.of(collection_id)):
            return {"collections": collections, "searched": names}
        known = tuple(each.id for each in self._documents.collections)
        others = known if collections == () else collections or ()
        named = "" if collections is None else names or ALL_COLLECTIONS
        return {
            "attached": collection_id,
            "collections": (collection_id, *others),
            "searched": ", ".join(each for each in (ATTACHED_FILES, named) if each),
        }

    # --- of a chat ----------------------------------------------------------------------------------------------------

    def _attach(self, call: c.AttachFiles, reply: Reply) -> None:
        """Answered once the files are in the index as waiting, and the chat names them."""
        there = self._house.store.chat(call.chat_id).attached_id if call.chat_id else 0

        def attached(data: Attached) -> None:
            store = self._house.store
            meanwhile = store.chat(call.chat_id).attached_id if call.chat_id else 0
            if meanwhile not in (0, data.collection_id):  # another door was quicker
                self._remove(data.collection_id)
                self._attach(call, reply)
                return
            with store.together():
                chat_id = call.chat_id or store.create(collection_id=call.collection_id).id
                store.attach(chat_id, data.collection_id)
            self._files.know(data.collection_id, data.documents)
            reply.done(c.ChatAttached(chat=store.chat(chat_id), files=self._files.of(data.collection_id)))
            self._house.tell(ChatsChanged(chat_ids=(chat_id,)))
            self._tell(data.collection_id)
            self._files.read_next()

        self._documents.child.request(
            Attach(paths=call.paths, collection_id=there), done=_kept(attached, reply), failed=reply.failed
        )

    def _list(self, call: c.ListAttachments, reply: Reply) -> None:
        """As far as the index was asked; what it says later is told."""
        collection_id = self._house.store.chat(call.chat_id).attached_id
        if collection_id and not self._files.known(collection_id):
            self._files.look(collection_id)
        reply.done(c.AttachmentsChanged(chat_id=call.chat_id, files=self._files.of(collection_id)))

    def _detach(self, call: c.DetachFiles, reply: Reply) -> None:
        chat, ids = self._mine(call.chat_id, call.ids)
        self._files.give_up(chat.attached_id, ids)
        self._removals.remove(ids, reply, then=lambda: self._files.drop(chat.attached_id, ids))

    def _promote(self, call: c.PromoteFiles, reply: Reply) -> None:
        chat, ids = self._mine(call.chat_id, call.ids)
        name = call.collection_name.strip()
        if not ids or not (call.collection_id or name):
            raise AppError("There is nothing to add, or no collection to add it to.", "Choose both.")
        if any(not each.is_read for each in self._files.of(chat.attached_id) if each.document.id in ids):
            raise AppError("The file is still being read.", "Add it to a collection in a moment.")

        def found(collection_id: int) -> None:
            def moved(data: Moved) -> None:
                if not self._house.store.chat(chat.id).collection_id:
                    self._house.store.set_collection(chat.id, collection_id)
                reply.done(data)
                self._house.tell(ChatsChanged(chat_ids=(chat.id,)))
                self._house.tell(DocumentsChanged(collection_id=collection_id))
                self._files.drop(chat.attached_id, data.ids)
                self._documents.list.recount()
                self._documents.masking.catch_up(collection_id)

            wanted = MoveDocuments(ids=ids, collection_id=collection_id)
            self._documents.child.request(wanted, done=_kept(moved, reply), failed=reply.failed)

        if call.collection_id:
            found(call.collection_id)
        else:
            self._documents.list.find_or_make(name, found, reply.failed)

    def copied(
        self, collection_id: int, then: Callable[[int, Mapping[int, int]], object], failed: Callable[[AppError], object]
    ) -> None:
        """Copy a hidden collection, and call `then` with the new one, which a chat must name now, and its documents by
        those that they are copies of."""

        def taken(data: AttachedCopied) -> None:
            self._files.know(data.collection_id, data.documents)
            then(data.collection_id, data.copies)
            self._files.read_next()

        self._documents.child.request(CopyAttached(collection_id=collection_id), done=taken, failed=failed)

    def _mine(self, chat_id: int, ids: Sequence[int]) -> tuple[Chat, tuple[int, ...]]:
        """The chat, and those of these documents that are its files."""
        chat = self._house.store.chat(chat_id)
        mine = {each.document.id for each in self._files.of(chat.attached_id)}
        return chat, tuple(id_ for id_ in ids if id_ in mine)

    def _tell(self, collection_id: int) -> None:
        chat_id = self._house.store.attached().get(collection_id)
        if chat_id is not None:
            self._house.tell(c.AttachmentsChanged(chat_id=chat_id, files=self._files.of(collection_id)))

    # --- of one question ----------------------------------------------------------------------------------------------

    def once(self, paths: Sequence[str], reply: Reply, then: Callable[[int], object]) -> None:
        """Read files for one question and call `then` with their hidden collection; see `done_with`.

        What could not be read is told to `reply` as FileEvents; where nothing could, the question fails.
        """

        def attached(data: Attached) -> None:
            collection_id = data.collection_id
            self._once[collection_id] = lambda: read(collection_id)
            self._files.know(collection_id, data.documents)
            if not reply.open:
                self.done_with(collection_id)
                return
            reply.on_cancel(lambda: cancelled(collection_id))
            self._files.read_next()

        def cancelled(collection_id: int) -> None:
            reply.cancelled()
            self.done_with(collection_id)

        def read(collection_id: int) -> None:
            files = [each.document for each in self._files.of(collection_id)]
            bad = [each for each in files if each.status == "failed"]
            if len(bad) == len(files) == 1:
                reply.failed(AppError(bad[0].reason))
                self.done_with(collection_id)
                return
            for each in bad:
                reply.event(FileEvent(path=each.path, status="failed", reason=each.reason, code=each.code))
            if len(bad) == len(files):
                reply.failed(AppError("None of these files could be read."))
                self.done_with(collection_id)
            else:
                then(collection_id)

        self._documents.child.request(Attach(paths=tuple(paths)), done=_kept(attached, reply), failed=reply.failed)

    def done_with(self, collection_id: int) -> None:
        """The question is answered: its files are removed, as every removal with proof."""
        self._once.pop(collection_id, None)
        self._remove(collection_id)

    def _settled(self, collection_id: int) -> None:
        begin = self._once.get(collection_id)
        if begin is not None:
            self._once[collection_id] = lambda: None
            begin()

    # --- what nobody names --------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Remove the hidden collections that no chat and no question names: of deleted chats, or of before a kill."""
        self._documents.child.request(ListHidden(), done=self._sweep)

    def _take_up(self) -> None:
        """The documents process has come up: read what waits, whatever cut it short, and remove what nobody names."""

        def listed(data: Hidden) -> None:
            self._sweep(data)
            named = tuple(each for each in data.collections if each in self._named())
            self._files.take(Hidden(collections=named, documents=data.documents))

        def failed(error: AppError) -> None:
            """The process of a core that was killed may still hold the index."""
            if not isinstance(error, Busy):
                return  # it comes up again, or says what is wrong to who asks
            log.info("The files of chats are looked for again: %s", error)
            self._again = self._house.clock.after(AGAIN_S, self._take_up)

        if self._again is not None:
            self._again.cancel()
        self._files.begin_again()
        self._documents.child.request(ListHidden(), done=listed, failed=failed)

    def _sweep(self, data: Hidden) -> None:
        for collection_id in data.collections:
            if collection_id not in self._named():
                self._remove(collection_id)

    def _named(self) -> set[int]:
        """The hidden collections that a chat or a question has."""
        return {*self._house.store.attached(), *self._once}

    def _remove(self, collection_id: int) -> None:
        self._files.forget(collection_id)
        self._removals.remove_collection(collection_id)


def _kept(then: Callable[[Any], object], reply: Reply) -> Callable[[Any], object]:
    """What the stores refuse is told to who asked."""

    def take(data: Any) -> None:
        try:
            then(data)
        except AppError as error:
            reply.failed(error)

    return take
