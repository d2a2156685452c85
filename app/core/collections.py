"""The collections as the core knows them: names and counts by id, told to every door when they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.core.calls.documents import CollectionsChanged
from app.core.children import Requester
from app.core.clock import Timer
from app.core.house import Handler, House
from app.core.protocol import Noted, SettingsRead
from app.core.reply import Reply
from app.core.signals import Signal
from app.errors import AppError
from app.settings import DEFAULT_COLLECTION
from app.types import Collection
from app.workers.calls.bundles import ImportCollection, Imported
from app.workers.calls.documents import CollectionMade, Collections, CreateCollection, ListCollections, RenameCollection
from app.workers.message import Call

RECOUNT_S = 1.5
"""While files are added the counts are told this often."""


class CollectionList:
    """Asks the documents process for them, once for all who want to know at the same time."""

    def __init__(self, house: House, child: Requester) -> None:
        self._house, self._child = house, child
        self.all: tuple[Collection, ...] = ()
        """As far as they are known."""
        self.note = ""
        """A sentence for the user about the index as a whole, e.g. that it was damaged. It is said in every door."""
        self.changed: Signal[tuple[Collection, ...]] = Signal()
        self.counted: Signal[object] = Signal()
        """They were asked for, since documents may have changed; also where none of the counts did."""
        self.scans_wait: Signal[int] = Signal()
        """So many pages are pictures and are to be recognised."""
        self._known = False
        self._listing = self._again = False
        self._asked: list[tuple[Callable[[], object], Callable[[AppError], object]]] = []
        """Who waits for the next list."""
        self._timer: Timer | None = None

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            ListCollections: self._list,
            CreateCollection: self._create,
            RenameCollection: self._rename,
            ImportCollection: self._import,
        }

    def names_of(self, ids: tuple[int, ...]) -> str:
        """What these collections are called, for the record of an answer; "" where none is named."""
        names = {each.id: each.name for each in self.all}
        return ", ".join(names[key] for key in ids if key in names)

    def find_or_make(self, name: str, found: Callable[[int], object], failed: Callable[[AppError], object]) -> None:
        """The id of the collection of this name, whatever its case; it is made where there is none."""

        same = [each.id for each in self.all if each.name.casefold() == name.casefold()]
        if same:
            found(same[0])
            return

        def made(data: CollectionMade) -> None:
            self._made(data.collection)
            found(data.collection.id)

        self._child.request(CreateCollection(name=name), done=made, failed=failed)

    def recount(self) -> None:
        """Ask for them again; one list at a time is asked for."""
        self.stop()
        if self._listing:
            self._again = True
            return
        self._listing, self._again = True, False
        asked, self._asked = self._asked, []

        def listed(data: Collections) -> None:
            self._listing = False
            self._take_note(data.note)
            if data.scans:
                self.scans_wait.emit(data.scans)
            self.take(data.collections)
            self.counted.emit(None)
            for then, _ in asked:
                then()
            if self._asked or self._again:
                self.recount()

        def failed(error: AppError) -> None:
            self._listing = False
            waiting, self._asked = [*asked, *self._asked], []
            for _, tell in waiting:
                tell(error)

        self._child.request(ListCollections(), done=listed, failed=failed)

    def recount_soon(self) -> None:
        """Files come in: tell the new counts in a moment, not after each."""
        if self._timer is None:
            self._timer = self._house.clock.after(RECOUNT_S, self.recount)

    def stop(self) -> None:
        """Ask no more by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def take(self, collections: tuple[Collection, ...]) -> None:
        """The documents process says that there are these; what still knows one by its name gets its id."""
        if collections != self.all or not self._known:
            self.all, self._known = collections, True
            self._resolve({each.name: each.id for each in collections})
            self._house.tell(CollectionsChanged(collections=collections))
            self.changed.emit(collections)

    def _resolve(self, ids: dict[str, int]) -> None:
        self._house.store.resolve_collections(ids)
        chosen = self._house.settings.get(DEFAULT_COLLECTION)
        self._house.settings.resolve_collections(ids)
        if self._house.settings.get(DEFAULT_COLLECTION) != chosen:
            self._house.tell(SettingsRead())

    def _take_note(self, note: str) -> None:
        if note:
            self.note = note
            self._house.tell(Noted(text=note))

    def _list(self, call: ListCollections, reply: Reply) -> None:
        self._asked.append((lambda: reply.done(Collections(collections=self.all, note=self.note)), reply.failed))
        self.recount()

    def _create(self, call: CreateCollection, reply: Reply) -> None:
        def made(data: CollectionMade) -> None:
            self._made(data.collection)
            reply.done(data)

        self._child.request(call, done=made, failed=reply.failed)

    def _import(self, call: ImportCollection, reply: Reply) -> None:
        def imported(data: Imported) -> None:
            self._made(data.collection)
            reply.done(data)

        job = self._child.request(
            call, done=imported, event=reply.event, failed=reply.failed, cancelled=reply.cancelled
        )
        reply.on_cancel(lambda: job.cancel(insist=False))

    def _made(self, collection: Collection) -> None:
        if self._known:
            self.take((*(each for each in self.all if each.id != collection.id), collection))
        self.recount()

    def _rename(self, call: RenameCollection, reply: Reply) -> None:
        def renamed(data: Collections) -> None:
            self.take(data.collections)
            reply.done(data)

        self._child.request(call, done=renamed, failed=reply.failed)
