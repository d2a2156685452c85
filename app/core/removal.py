"""Removals of documents for every door: under way, finished after a crash, and the answers that still tell of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from app.assistant import forget
from app.core.calls import chats as chat_calls
from app.core.calls import documents as c
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import Handler, House
from app.core.protocol import SettingsRead
from app.core.reply import Reply
from app.errors import AppError
from app.settings import DEFAULT_COLLECTION
from app.workers.protocol import Call, DeleteCollection, Done, Remove, Removed

log = logging.getLogger(__name__)


class Removals:
    """Drives each removal to its end; it is not cancelled, and goes on when its door leaves."""

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents
        self._flows: set[Flow] = set()
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
        return bool(self._flows)

    def finish(self) -> None:
        """Finish what an earlier end of the program, or of the documents process, cut short."""

        def done(ids: tuple[int, ...]) -> None:
            if ids:
                self._house.tell(c.DocumentsRemoved(ids=ids))

        def failed(error: AppError) -> None:
            log.info("Removals will be finished at the next start: %s", error)

        self._run(forget.finish_removals(self._house.store), done, failed)

    def stop(self) -> None:
        """The core ends; the next one finishes."""
        self._flows.clear()

    def _delete_collection(self, call: DeleteCollection, reply: Reply) -> None:
        self._documents.adds.forget(call.collection_id)
        self._remove(call, reply)

    def _remove(self, call: Remove | DeleteCollection, reply: Reply | None) -> None:
        def done(removed: Removed) -> None:
            if isinstance(call, DeleteCollection):
                self._left(call.collection_id)
            if reply is not None:
                reply.done(removed)
            if removed.ids:
                self._house.tell(c.DocumentsRemoved(ids=removed.ids))
            self._house.tell(c.DocumentsChanged(collection_id=0))
            self._documents.list.recount()

        def failed(error: AppError) -> None:
            if reply is not None:
                reply.failed(error)
            else:
                log.warning("A document could not be removed: %s", error)

        self._run(
            forget.remove(call, self._house.store),
            done,
            failed,
            event=reply.event if reply is not None else None,
        )

    def _left(self, collection_id: int) -> None:
        """A collection is gone: what asked it asks the model alone."""
        self._documents.list.forget(collection_id)
        if self._house.settings.get(DEFAULT_COLLECTION) == collection_id:
            self._house.settings.reset(DEFAULT_COLLECTION)
            self._house.tell(SettingsRead())
        self._house.tell(chat_calls.ChatsChanged())

    def _run(self, steps: forget.Steps[Any], done: Any, failed: Any, event: Any = None) -> None:
        def ended(then: Any) -> Any:
            def last(said: Any) -> None:
                self._flows.discard(flow)
                then(said)

            return last

        flow = Flow(steps, lambda _: self._documents.child, done=ended(done), failed=ended(failed), event=event)
        self._flows.add(flow)
        flow.start()

    # --- answers that tell of them ------------------------------------------------------------------------------------

    def _find_answers(self, call: c.FindAnswers, reply: Reply) -> None:
        reply.done(c.AnswersFound(ids=self._house.store.answers_about(call.document_ids)))

    def _delete_answers(self, call: c.DeleteAnswers, reply: Reply) -> None:
        store = self._house.store
        chats = sorted({store.turn(turn_id).chat_id for turn_id in call.ids})
        store.delete_answers(call.ids)
        reply.done(Done())
        for chat_id in chats:
            self._house.tell(chat_calls.TurnsChanged(chat_id=chat_id))
        self._house.tell(chat_calls.ChatsChanged(chat_ids=tuple(chats)))
