"""Answers which use case fits a half-typed question; it is asked at each pause of the keys."""

from __future__ import annotations

from collections.abc import Mapping

from app.assistant import asking as assistant
from app.assistant.offers import offers
from app.core.attachments import Attachments
from app.core.calls import offers as c
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError
from app.text.offers.offer import Offer
from app.workers.message import Call


class OffersDesk:
    """Every such look under way."""

    def __init__(self, house: House, documents: DocumentsDesk, attachments: Attachments) -> None:
        self._house, self._documents, self._attachments = house, documents, attachments
        self._flows: set[Flow] = set()

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.Offers: self._look}

    @property
    def is_busy(self) -> bool:
        """Nothing of it is worth staying for."""
        return False

    def stop(self) -> None:
        """Nobody wants to know any more."""
        for flow in list(self._flows):
            flow.drop()
        self._flows.clear()

    def _look(self, call: c.Offers, reply: Reply) -> None:
        attached = self._house.store.chat(call.chat_id).attached_id if call.chat_id else 0
        begins = bool(attached) and not self._house.store.turns(call.chat_id)
        scope = self._attachments.scope(attached, call.collections)
        ask = assistant.ask_of(self._house.settings, call.text, **scope, filter=call.filter)

        def done(found: tuple[Offer, ...]) -> None:
            self._flows.discard(flow)
            reply.done(c.Offered(offers=found))

        def failed(error: AppError) -> None:
            self._flows.discard(flow)
            reply.failed(error)

        flow = Flow(offers(ask, begins=begins), lambda _: self._documents.child, done=done, failed=failed)
        self._flows.add(flow)
        reply.on_cancel(lambda: flow.stop(insist=False))
        flow.start()
