"""Removals of documents for every door: under way, finished after a crash, and the answers that still tell of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.assistant import forget
from app.core.calls import chats as chat_calls
from app.core.calls import documents as c
from app.core.flows import Flow
from app.core.reply import Reply
from app.errors import AppError
from app.workers.protocol import Call, DeleteCollection, Done, Remove, Removed

if TYPE_CHECKING:
    from app.core.core import Core, Handler
    from app.core.documents import DocumentsDesk

log = logging.getLogger(__name__)

FOLLOW_S = 1.0
"""How often it is looked whether the answers have ended that were under way during a removal."""


class Removals:
    """Drives each removal to its end; it is not cancelled, and goes on when its door leaves."""

    def __init__(self, core: Core, desk: DocumentsDesk) -> None:
        self._core, self._desk = core, desk
        self._flows: set[Flow] = set()

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            Remove: lambda call, reply: self._remove(call, reply),
            DeleteCollection: self._delete_collection,
            c.FindAnswers: self._find_answers,
            c.DeleteAnswers: self._delete_answers,
        }

    @property
    def is_busy(self) -> bool:
        return bool(self._flows)

    def remove(self, ids: tuple[int, ...]) -> None:
        """Remove documents that no door waits for, such as a failed copy that another one replaces."""
        self._remove(Remove(ids=ids), None)

    def finish(self) -> None:
        """Finish what an earlier end of the program cut short, or what waited for answers under way."""

        def done(ids: tuple[int, ...]) -> None:
            if ids:
                self._core.tell(c.DocumentsRemoved(ids=ids))

        def failed(error: AppError) -> None:
            log.info("Removals will be finished at the next start: %s", error)

        self._run(forget.finish_removals(self._core.store, self._writing), done, failed)

    def stop(self) -> None:
        """The core ends; the next one finishes."""
        self._flows.clear()

    def _delete_collection(self, call: DeleteCollection, reply: Reply) -> None:
        self._desk.adds.forget(call.collection_id)
        self._remove(call, reply)

    def _remove(self, call: Remove | DeleteCollection, reply: Reply | None) -> None:
        def done(removed: Removed) -> None:
            if isinstance(call, DeleteCollection):
                self._desk.collection_gone(call.collection_id)
            if reply is not None:
                reply.done(removed)
            if removed.ids:
                self._core.tell(c.DocumentsRemoved(ids=removed.ids))
            self._core.tell(c.DocumentsChanged(collection_id=0))
            self._desk.recount()
            if self._writing():
                self._core.clock.after(FOLLOW_S, self._finish_later)

        def failed(error: AppError) -> None:
            if reply is not None:
                reply.failed(error)
            else:
                log.warning("A document could not be removed: %s", error)

        self._run(
            forget.remove(call, self._core.store, self._writing),
            done,
            failed,
            event=reply.event if reply is not None else None,
        )

    def _run(self, steps: forget.Steps[Any], done: Any, failed: Any, event: Any = None) -> None:
        def ended(then: Any) -> Any:
            def last(said: Any) -> None:
                self._flows.discard(flow)
                then(said)

            return last

        flow = Flow(steps, lambda _: self._desk.child, done=ended(done), failed=ended(failed), event=event)
        self._flows.add(flow)
        flow.start()

    def _writing(self) -> bool:
        return self._core.answers.is_busy

    def _finish_later(self) -> None:
        if self._writing():
            self._core.clock.after(FOLLOW_S, self._finish_later)
        else:
            self.finish()

    # --- answers that tell of them ------------------------------------------------------------------------------------

    def _find_answers(self, call: c.FindAnswers, reply: Reply) -> None:
        reply.done(c.AnswersFound(ids=tuple(self._core.store.answers_about(call.document_ids))))

    def _delete_answers(self, call: c.DeleteAnswers, reply: Reply) -> None:
        chats = self._core.store.delete_answers(call.ids)
        reply.done(Done())
        for chat_id in chats:
            self._core.tell(chat_calls.TurnsChanged(chat_id=chat_id))
        if chats:
            self._core.tell(chat_calls.ChatsChanged(chat_ids=tuple(chats)))
