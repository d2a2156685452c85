"""Collections that a team shares in a folder: new editions are noticed and taken over when nobody waits for an answer,
and editions of our own are written after changes, where that is wanted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from app.core.calls.documents import DocumentsChanged
from app.core.clock import Timer
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.removal import Removals
from app.core.reply import Reply
from app.errors import AppError
from app.types import Collection
from app.workers.calls.shares import (
    EditionTaken,
    LookAtShared,
    OpenShared,
    PublishCollection,
    SharedSeen,
    StopPublishing,
    TakeShared,
)
from app.workers.message import Call

LOOK_S = 15.0
"""A shared file is looked at as often as this: a look is one question for its size and date, and nothing tells of
changes on a network drive."""
QUIET_S = 1.0
"""Until it is asked again whether nobody waits for an answer."""
AFTER_S = 30.0
"""After a change an edition is written so much later: more of them follow."""
RETRY_S = 60.0
"""Until an edition that could not be written is tried again."""

log = logging.getLogger(__name__)


class SharesDesk:
    """One look, one take-over and one publishing at a time."""

    def __init__(self, house: House, documents: DocumentsDesk, removals: Removals) -> None:
        self._house, self._documents, self._removals = house, documents, removals
        self._others: list[Callable[[], bool]] = []
        self._looking = self._taking = self._publishing = False
        self._ready: list[int] = []
        """Collections whose new edition waits for a quiet moment."""
        self._timers: dict[str, Timer] = {}
        documents.ready.connect(lambda _: self._begin())
        documents.list.changed.connect(lambda _: self._listed())

    def handlers(self) -> Mapping[type[Call], Handler]:
        """Which calls it answers, and how."""
        return dict.fromkeys((OpenShared, PublishCollection, StopPublishing), self._hand_on)

    def gives_way_to(self, busy: Callable[[], bool]) -> None:
        """No edition is taken over while this is so."""
        self._others.append(busy)

    @property
    def is_busy(self) -> bool:
        """A look, and what it found, is brought to its end: a command's core would leave before it."""
        return self._looking or self._taking or self._publishing or bool(self._ready)

    def stop(self) -> None:
        """The core ends; the next one looks again."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._ready.clear()

    # --- what a door wants --------------------------------------------------------------------------------------------

    def _hand_on(self, call: Call, reply: Reply) -> None:
        def done(data: Any) -> None:
            self._documents.list.recount()
            reply.done(data)

        def failed(error: AppError) -> None:
            self._documents.list.recount()  # what went wrong is kept with the collection
            reply.failed(error)

        job = self._documents.child.request(
            call, done=done, event=reply.event, failed=failed, cancelled=reply.cancelled
        )
        reply.on_cancel(lambda: job.cancel(insist=False))

    # --- reading ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """The documents process is there, or there again: what it was doing has ended."""
        self._looking = self._taking = self._publishing = False
        self._ready.clear()

    def _listed(self) -> None:
        if any(each.shared is not None for each in self._documents.collections):
            self._later("look", 0.0 if "look" not in self._timers and not self._looking else LOOK_S, self._look)
        for each in self._documents.collections:
            if each.published is not None and each.published.follows and each.published.behind:
                self._later("publish", RETRY_S if each.published.problem else AFTER_S, self._publish_due)

    def _later(self, what: str, seconds: float, call: Callable[[], object]) -> None:
        """Once, counted from the first wish."""

        def due() -> None:
            self._timers.pop(what, None)
            call()

        if what not in self._timers:
            self._timers[what] = self._house.clock.after(seconds, due)

    def _look(self) -> None:
        """At each shared collection, one after the other."""
        shared = [each.id for each in self._documents.collections if each.shared is not None]
        if self._looking or not shared:
            return
        self._looking = True
        self._look_at(shared)

    def _look_at(self, ids: list[int]) -> None:
        if not ids:
            self._looking = False
            self._later("look", LOOK_S, self._look)
            return
        first, rest = ids[0], ids[1:]

        def seen(data: SharedSeen) -> None:
            if data.changed:
                self._documents.list.recount()
            if data.ready and first not in self._ready:
                self._ready.append(first)
                self._take()
            self._look_at(rest)

        def failed(error: AppError) -> None:
            log.info("A shared collection could not be looked at: %s", error)
            self._look_at(rest)

        self._documents.child.request(
            LookAtShared(collection_id=first), done=seen, failed=failed, cancelled=lambda: self._look_at(rest)
        )

    def _take(self) -> None:
        """The first edition that is ready, unless somebody waits for an answer: passages would go from under it."""
        if self._taking or not self._ready:
            return
        if any(busy() for busy in self._others):
            self._later("take", QUIET_S, self._take)
            return
        self._taking = True
        collection_id = self._ready.pop(0)

        def ended() -> None:
            self._taking = False
            self._take()

        def taken(data: EditionTaken) -> None:
            if data.removed:
                self._removals.finish()
            self._house.tell(DocumentsChanged(collection_id=collection_id))
            self._documents.list.recount()
            ended()

        def failed(error: AppError) -> None:
            log.warning("An edition could not be taken over: %s", error)
            ended()

        self._documents.child.request(
            TakeShared(collection_id=collection_id), done=taken, failed=failed, cancelled=ended
        )

    # --- writing ------------------------------------------------------------------------------------------------------

    def _publish_due(self) -> None:
        """A new edition of the first collection that was changed, once no files are being added."""
        due = [each for each in self._documents.collections if _is_due(each)]
        if not due or self._publishing:
            return
        if self._documents.adds.is_busy:
            self._later("publish", AFTER_S, self._publish_due)
            return
        self._publishing = True

        def ended(_: object = None) -> None:
            self._publishing = False
            self._documents.list.recount()

        def failed(error: AppError) -> None:
            log.info("An edition could not be written: %s", error)
            self._publishing = False
            self._later("publish", RETRY_S, self._publish_due)
            self._documents.list.recount()

        call = PublishCollection(collection_id=due[0].id)
        self._documents.child.request(call, done=ended, failed=failed, cancelled=ended)


def _is_due(collection: Collection) -> bool:
    published = collection.published
    return published is not None and published.follows and published.behind
