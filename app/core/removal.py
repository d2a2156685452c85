"""Removals of documents for every door: under way, finished after a crash, and the answers that still tell of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from app.assistant import forget
from app.assistant.asking import Step
from app.chats.records import Forgot
from app.core.calls import chats as chat_calls
from app.core.calls import documents as c
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.kept_chats import KeptChats
from app.core.protocol import SettingsRead
from app.core.reply import Reply
from app.core.tables import TablesDesk
from app.errors import AppError
from app.settings import DEFAULT_COLLECTION
from app.workers.calls.documents import DeleteCollection, Remove
from app.workers.message import Call, Done

T = TypeVar("T")
log = logging.getLogger(__name__)


class Removals:
    """Drives each removal to its end; it is not cancelled, and goes on when its door leaves."""

    def __init__(self, house: House, documents: DocumentsDesk, tables: TablesDesk, kept: KeptChats) -> None:
        self._kept = kept
        self._house, self._documents, self._tables = house, documents, tables
        self._running = 0
        documents.ready.connect(lambda _: self.finish())
        documents.adds.replaced.connect(lambda document_id: self._remove(Remove(ids=(document_id,)), None))

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            Remove: self._remove,
            DeleteCollection: self._delete_collection,
            c.FindAnswers: self._find_answers,
            c.DeleteAnswers: self._delete_answers,
        }

    @property
    def is_busy(self) -> bool:
        return self._running > 0

    def finish(self) -> None:
        """Finish what an earlier end of the program, or of the documents process, cut short."""

        def failed(error: AppError) -> None:
            log.info("Removals will be finished at the next start: %s", error)

        self._run(forget.finish_removals(), lambda _: None, failed)

    def stop(self) -> None:
        """The core ends; the next one finishes."""

    def remove(self, ids: Sequence[int], reply: Reply, then: Callable[[], object]) -> None:
        """Remove documents for a part of the core; `then` before `reply` is answered."""
        self._drive(forget.remove(ids), reply, then)

    def remove_quietly(self, ids: Sequence[int]) -> None:
        """Remove documents that no door has asked to be removed."""
        self._drive(forget.remove(ids), None)

    def remove_collection(self, collection_id: int) -> None:
        """Remove a collection that no door has asked to be removed."""
        self._drive(forget.remove_collection(collection_id), None)

    def _remove(self, call: Remove, reply: Reply | None) -> None:
        self._drive(forget.remove(call.ids), reply)

    def _delete_collection(self, call: DeleteCollection, reply: Reply) -> None:
        self._documents.adds.forget(call.collection_id)
        self._drive(forget.remove_collection(call.collection_id), reply)

    def _drive(self, steps: forget.Removing, reply: Reply | None, then: Callable[[], object] = lambda: None) -> None:
        def done(outcome: forget.Outcome) -> None:
            then()
            if reply is not None:
                reply.done(msgspec.structs.replace(outcome.removed, answers=outcome.chats.speaking))
            self._changed()

        def failed(error: AppError) -> None:
            if reply is not None:
                reply.failed(error)
            else:
                log.warning("A document could not be removed: %s", error)
            self._changed()  # it may have gone all the same

        self._run(steps, done, failed, event=reply.event if reply is not None else None)

    def _changed(self) -> None:
        self._house.tell(c.DocumentsChanged(collection_id=0))
        self._documents.list.recount()

    def _run(
        self,
        steps: Generator[Step | forget.ForgetInChats, Any, T],
        done: Callable[[T], object],
        failed: Callable[[AppError], object],
        event: Callable[[Any], object] | None = None,
    ) -> None:
        self._running += 1

        def advance(move: Callable[[], Step | forget.ForgetInChats]) -> None:
            try:
                wish = move()
            except (StopIteration, AppError) as end:
                self._running -= 1
                if isinstance(end, AppError):
                    failed(end)
                else:
                    done(end.value)
                return
            if isinstance(wish, forget.ForgetInChats):
                self._forget(wish, took, refused)
            else:
                self._documents.child.request(wish.call, done=took, failed=refused, event=event)

        def took(said: Any) -> None:
            advance(lambda: steps.send(said))

        def refused(error: AppError) -> None:
            advance(lambda: steps.throw(error))

        advance(lambda: next(steps))

    def _forget(
        self, wish: forget.ForgetInChats, took: Callable[[Forgot], object], refused: Callable[[AppError], object]
    ) -> None:
        """The chats that are open at once, their copies beside the loop."""
        store, settings = self._house.store, self._house.settings
        try:
            if wish.collections:
                store.leave_collections(wish.collections)
                self._house.tell(chat_calls.ChatsChanged())
                if settings.get(DEFAULT_COLLECTION) in wish.collections:
                    settings.reset(DEFAULT_COLLECTION)
                    self._house.tell(SettingsRead())
            self._tables.forget(wish.ids, wish.collections)
            forgot = store.forget_here(wish.ids)
        except AppError as error:
            refused(error)
            return
        if wish.ids:
            self._house.tell(c.DocumentsRemoved(ids=wish.ids))

        def forget_copies() -> None:
            self._house.clock.thread(lambda: store.forget_in_copies(wish.ids), lambda _: took(forgot), refused)

        if wish.ids:
            self._kept.forget(then=forget_copies)  # which of them a prompt held, nobody knows for sure
        else:
            forget_copies()

    # --- answers that tell of them ------------------------------------------------------------------------------------

    def _find_answers(self, call: c.FindAnswers, reply: Reply) -> None:
        reply.done(c.AnswersFound(ids=self._house.store.answers_about(call.document_ids)))

    def _delete_answers(self, call: c.DeleteAnswers, reply: Reply) -> None:
        store = self._house.store
        chats = sorted({store.turn(turn_id).chat_id for turn_id in call.ids})
        keys = store.keys_of(call.ids)

        def here(_: None) -> None:
            try:
                store.delete_here(keys)
            except AppError as error:
                reply.failed(error)
                return
            self._kept.forget(chats)
            reply.done(Done())
            for chat_id in chats:
                self._house.tell(chat_calls.TurnsChanged(chat_id=chat_id))
            self._house.tell(chat_calls.ChatsChanged(chat_ids=tuple(chats)))

        self._house.clock.thread(lambda: store.delete_in_copies(keys), here, reply.failed)
