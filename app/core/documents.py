"""The documents of this data folder: hands calls on to the documents process, and tells every door what changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from app.core.adding import AddQueue
from app.core.calls import documents as c
from app.core.clock import Timer
from app.core.reader import Reader
from app.core.removal import Removals
from app.core.reply import Reply
from app.errors import AppError
from app.types import Collection
from app.workers import protocol as p

if TYPE_CHECKING:
    from app.core.core import Core, Handler

log = logging.getLogger(__name__)

RECOUNT_S = 1.5
"""While files are added the counts are told this often."""
READING = (p.ListDocuments, p.Search, p.Embed, p.Ground, p.RenderPage, p.ReadText, p.CheckHealth)


class DocumentsDesk:
    """Owns the documents process, knows the collections, and lets adds and removals happen in one way for all doors."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._process = core.make_child("documents")
        self.child = Reader(self._process)
        self.collections: tuple[Collection, ...] = ()
        """As far as they are known."""
        self._known = False
        self._listing = self._again = False
        self._asked: list[tuple[Callable[[], object], Callable[[AppError], object]]] = []
        """Who waits for the next list of collections."""
        self._recount_timer: Timer | None = None
        self.adds = AddQueue(core, self)
        self.removals = Removals(core, self)
        self._process.ready.connect(self._ready)
        self._process.state_changed.connect(lambda state: core.tell(c.ReaderMoved(state=state)))

    def handlers(self) -> Mapping[type[p.Call], Handler]:
        return {
            **dict.fromkeys(READING, self.hand_on),
            p.ListCollections: self._list,
            p.CreateCollection: self._create,
            p.RenameCollection: self._rename,
            c.RestartReader: self._restart,
            **self.adds.handlers(),
            **self.removals.handlers(),
        }

    @property
    def is_busy(self) -> bool:
        """Whether files are being added or removed."""
        return self.adds.is_busy or self.removals.is_busy

    def stop(self) -> None:
        if self._recount_timer is not None:
            self._recount_timer.cancel()
        self.adds.stop()
        self.removals.stop()
        self._process.stop()

    def add_state(self) -> c.AddState:
        """The add under way, for a door that comes in the middle."""
        return self.adds.state()

    def names_of(self, ids: tuple[int, ...]) -> str:
        """What these collections are called, for the record of an answer; "" where none is named."""
        names = {each.id: each.name for each in self.collections}
        return ", ".join(names[key] for key in ids if key in names)

    def hand_on(self, call: p.Call, reply: Reply) -> None:
        """Let the child answer. What is not wanted any more stops in its own time: it is not worth ending others."""
        job = self.child.request(
            call, done=reply.done, event=reply.event, failed=reply.failed, cancelled=reply.cancelled
        )
        reply.on_cancel(lambda: job.cancel(insist=False))

    def _ready(self, *_: object) -> None:
        """What it was asked before it ended is void; what it removed then may still stand in the chats."""
        self.recount()
        self.removals.finish()

    def _restart(self, call: c.RestartReader, reply: Reply) -> None:
        self.child.restart()
        reply.done(p.Done())

    # --- collections --------------------------------------------------------------------------------------------------

    def find_or_make(self, name: str, found: Callable[[int], object], failed: Callable[[AppError], object]) -> None:
        """The id of the collection of this name, whatever its case; it is made where there is none."""

        def look() -> None:
            same = [each.id for each in self.collections if each.name.casefold() == name.casefold()]
            if same:
                found(same[0])
            else:
                self.child.request(p.CreateCollection(name=name), done=made, failed=failed)

        def made(data: p.CollectionMade) -> None:
            self._add(data.collection)
            found(data.collection.id)

        if self._known:
            look()
        else:
            self._asked.append((look, failed))
            self.recount()

    def recount(self) -> None:
        """Ask for the collections again; one list at a time is asked for."""
        if self._recount_timer is not None:
            self._recount_timer.cancel()
            self._recount_timer = None
        if self._listing:
            self._again = True
            return
        self._listing, self._again = True, False
        asked, self._asked = self._asked, []

        def listed(data: p.Collections) -> None:
            self._listing = False
            self._take(data.collections)
            for then, _ in asked:
                then()
            if self._asked or self._again:
                self.recount()

        def failed(error: AppError) -> None:
            self._listing = False
            waiting, self._asked = [*asked, *self._asked], []
            for _, tell in waiting:
                tell(error)

        self.child.request(p.ListCollections(), done=listed, failed=failed)

    def recount_soon(self) -> None:
        """Files come in: tell the new counts in a moment, not after each."""
        if self._recount_timer is None:
            self._recount_timer = self._core.clock.after(RECOUNT_S, self.recount)

    def collection_gone(self, collection_id: int) -> None:
        """It was deleted: nothing asks it any more."""
        self._take(tuple(each for each in self.collections if each.id != collection_id))

    def _list(self, call: p.ListCollections, reply: Reply) -> None:
        self._asked.append((lambda: reply.done(p.Collections(collections=self.collections)), reply.failed))
        self.recount()

    def _create(self, call: p.CreateCollection, reply: Reply) -> None:
        def made(data: p.CollectionMade) -> None:
            self._add(data.collection)
            reply.done(data)

        self.child.request(call, done=made, failed=reply.failed)

    def _rename(self, call: p.RenameCollection, reply: Reply) -> None:
        def renamed(data: p.Collections) -> None:
            self._take(data.collections)
            reply.done(data)

        self.child.request(call, done=renamed, failed=reply.failed)

    def _add(self, collection: Collection) -> None:
        if self._known:
            others = tuple(each for each in self.collections if each.id != collection.id)
            self._take((*others, collection))
        self.recount()

    def _take(self, collections: tuple[Collection, ...]) -> None:
        if collections != self.collections or not self._known:
            self.collections, self._known = collections, True
            self._core.tell(c.CollectionsChanged(collections=collections))
