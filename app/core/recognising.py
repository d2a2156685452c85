"""Recognises pages that are pictures when nothing else goes on: a page at a time, and none while a person waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.core.calls.documents import DocumentsChanged
from app.core.children import Requester
from app.core.clock import Timer
from app.core.collections import CollectionList
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError
from app.settings import READ_SCANS
from app.workers.calls.scans import PageRecognised, Recognise
from app.workers.message import Call

LOOK_AGAIN_S = 1.0
"""How often it looks whether others are through."""


class RecogniseQueue:
    """Asks the documents process for one page after another. What is done is in the index, so that it may end at any
    time and goes on at the next start."""

    def __init__(self, house: House, child: Requester, collections: CollectionList) -> None:
        self._house, self._child, self._collections = house, child, collections
        self._others: list[Callable[[], bool]] = []
        self._asking = False
        self._timer: Timer | None = None
        self._waiting: list[tuple[int, Reply]] = []
        """Commands that wait for the pages of a collection."""
        collections.scans_wait.connect(lambda _: self._go_on())

    def handlers(self) -> Mapping[type[Call], Handler]:
        """Which calls it answers, and how."""
        return {Recognise: self._wait}

    def gives_way_to(self, busy: Callable[[], bool]) -> None:
        """No page is begun while this is so."""
        self._others.append(busy)

    def stop(self) -> None:
        """The core ends."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.clear()

    def _wait(self, call: Recognise, reply: Reply) -> None:
        """A command waits until the pages of its collection are through, and is told of each."""
        entry = (call.collection_id, reply)
        self._waiting.append(entry)
        reply.on_cancel(lambda: self._leave(entry))
        self._go_on()

    def _leave(self, entry: tuple[int, Reply]) -> None:
        if entry in self._waiting:
            self._waiting.remove(entry)
            entry[1].cancelled()

    def _go_on(self) -> None:
        """The next page, unless one is under way or it is not the time."""
        if self._asking or self._timer is not None:
            return
        if not self._house.settings.get(READ_SCANS):
            self._end_waiting(PageRecognised())
            return
        if any(busy() for busy in self._others):
            self._timer = self._house.clock.after(LOOK_AGAIN_S, self._look_again)
            return
        self._asking = True
        wanted = self._waiting[0][0] if self._waiting else 0
        self._child.request(
            Recognise(collection_id=wanted),
            done=lambda page: self._take(wanted, page),
            failed=self._failed,
            cancelled=self._cancelled,
        )

    def _look_again(self) -> None:
        self._timer = None
        self._go_on()

    def _take(self, wanted: int, page: PageRecognised) -> None:
        self._asking = False
        if not page.document_id:
            waited = bool(self._waiting)
            self._end_waiting(page, wanted)
            if waited:
                self._go_on()  # those of other collections
            return
        self._house.tell(page)
        for collection_id, reply in self._waiting:
            if collection_id in (0, page.collection_id):
                reply.event(page)
        if page.indexed:
            self._house.tell(DocumentsChanged(collection_id=page.collection_id))
            self._collections.recount_soon()
        self._go_on()

    def _end_waiting(self, page: PageRecognised, wanted: int = 0) -> None:
        """Nothing is left in a collection, or in all of them."""
        ended = [entry for entry in self._waiting if wanted in (0, entry[0])]
        for entry in ended:
            self._waiting.remove(entry)
            entry[1].done(page)

    def _failed(self, error: AppError) -> None:
        """It begins anew with the next count of the collections: what was done is in the index."""
        self._asking = False
        ended, self._waiting = self._waiting, []
        for _, reply in ended:
            reply.failed(error)

    def _cancelled(self) -> None:
        self._asking = False
