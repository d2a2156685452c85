"""Looks in documents for text that a model wrote, once after they were read, and keeps what a person decides about it.

All of it can end at any time: what was printed is in the chats, what was looked at in the index, and the next start
goes on with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.core.calls.documents import DocumentsChanged
from app.core.clock import Timer
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError
from app.workers.calls.model_text import (
    ApproveModelText,
    ListModelText,
    LookForModelText,
    ModelTextListed,
    ModelTextLooked,
    ModelTextWaits,
    WaitsForModelText,
)
from app.workers.message import Call

AT_ONCE = 20
"""Answers that are printed before others get their turn: a few milliseconds each."""


class ModelTextDesk:
    """Prints the answers of before, then has the documents looked at that wait for it."""

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents
        self._timer: Timer | None = None
        self._asking = self._looking = self._again = False
        documents.ready.connect(lambda _: self._begin_anew())
        documents.list.counted.connect(lambda _: self.look())

    @property
    def is_busy(self) -> bool:
        """Whether documents are looked at: what a command has added is to be known when the core ends."""
        return self._looking or self._timer is not None

    def handlers(self) -> Mapping[type[Call], Handler]:
        """Which calls it answers, and how."""
        return {ListModelText: self._documents.hand_on, ApproveModelText: self._approve}

    def stop(self) -> None:
        """The core ends."""
        self._again = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self) -> None:
        """Look at what waits; where that is under way already, once more behind it."""
        if self._asking or self._timer is not None:
            self._again = True
        else:
            self._print()

    def _print(self) -> None:
        """Some answers, then the loop's turn, until each has its print."""
        self._timer = None
        try:
            more = self._house.store.print_some(AT_ONCE) == AT_ONCE
        except AppError:
            return  # a full or damaged disk: whoever writes next says so
        if more:
            self._timer = self._house.clock.after(0, self._print)
            return
        self._asking, self._again = True, False
        last = self._house.store.last_print()
        self._documents.child.request(
            WaitsForModelText(last=last),
            done=lambda waits: self._ask(waits, last), failed=self._failed, cancelled=self._end,
        )  # fmt: skip

    def _ask(self, waits: ModelTextWaits, last: int) -> None:
        if not waits.documents:
            self._end()
            return
        self._looking = True
        call = LookForModelText(prints=self._house.store.prints(), last=last)
        self._documents.child.request(call, done=self._looked, failed=self._failed, cancelled=self._end)

    def _looked(self, found: ModelTextLooked) -> None:
        for collection_id in found.collections:
            self._house.tell(DocumentsChanged(collection_id=collection_id))
        self._end()

    def _begin_anew(self) -> None:
        """A new documents process knows nothing of what the one before was asked; a count follows."""
        self._asking = self._looking = False

    def _failed(self, _: AppError) -> None:
        """The next count of the documents begins it anew."""
        self._asking = self._looking = False

    def _end(self) -> None:
        self._asking = self._looking = False
        if self._again:
            self._print()

    def _approve(self, call: ApproveModelText, reply: Reply) -> None:
        def kept(data: ModelTextListed) -> None:
            self._house.tell(DocumentsChanged(collection_id=data.document.collection_id))
            reply.done(data)

        self._documents.child.request(call, done=kept, failed=reply.failed)
