"""What a person does with documents: collections, adding, removing, searching. No widgets."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import AppError, WorkerGone
from app.gui.documents.adding import AddQueue, AddState, Batch
from app.gui.documents.collections_model import CollectionsModel
from app.gui.documents.documents_model import DocumentsModel, Row, row_of
from app.gui.documents.passages_model import PassagesModel
from app.gui.worker_client import Job, WorkerClient
from app.paths import Home
from app.types import SUPPORTED_SUFFIXES, Collection, Document
from app.workers import protocol
from app.workers.protocol import AnyData, DocumentsCall, FileEvent

log = logging.getLogger(__name__)

DEFAULT_COLLECTION = "My documents"
FLUSH_MS = 100
EVENTS_A_FLUSH = 1_000
"""So many file states are merged at once at most: 10,000 at once would hold the window for longer than 50 ms."""
RESORT_MS = 1_000
SEARCH_RESULTS = 20
LONGEST_NAME = 80


class DocumentsController(QObject):
    """Owns what the Documents page shows. Every wish is a call to the documents process; none blocks."""

    collections_changed = Signal()
    current_changed = Signal(str)
    documents_listed = Signal()
    add_changed = Signal(object)
    """AddState"""
    collection_created = Signal(str)
    collection_refused = Signal(str)
    """Why a name was not taken, for the field."""
    collection_renamed = Signal(str, str)
    """Old name and new name; the new one is "" where it was deleted."""
    removing = Signal(object)
    """Ids (a tuple) of documents that are about to be removed."""
    documents_removed = Signal(object)
    """Removed"""
    notice_raised = Signal(str)
    """A short sentence that needs no answer (a toast)."""
    failed = Signal(object)
    """AppError of a wish that nothing else shows."""
    search_started = Signal(str)
    search_finished = Signal(object)
    """SearchResult"""
    search_cleared = Signal()
    reader_changed = Signal(str)
    """The documents process: "starting", "ready", "failed", "stopped"."""
    open_document = Signal(int)
    open_passage = Signal(object)
    """Passage"""
    open_file = Signal(str)
    show_in_folder = Signal(str)

    def __init__(self, client: WorkerClient, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.collections = CollectionsModel(self)
        self.documents = DocumentsModel(self)
        self.results = PassagesModel(self)
        self.totals: tuple[Collection, ...] = ()
        self.current = ""
        self._wanted = ""
        self.listed = False
        """Whether the current collection's documents have been read."""
        self._documents: tuple[Document, ...] = ()
        self._live: dict[str, dict[str, FileEvent]] = {}
        self._events: deque[FileEvent] = deque()
        self._search: Job | None = None
        self._query = ""
        self._everywhere = False
        self._adds = AddQueue(client, home.root / "adding.json", self)
        self._adds.file_moved.connect(self._take_file)
        self._adds.changed.connect(lambda: self.add_changed.emit(self._adds.state))
        self._adds.ended.connect(self._add_ended)
        self._flush_timer = self._timer(FLUSH_MS, self._flush)
        self._resort_timer = self._timer(RESORT_MS, self.documents.resort)
        client.state_changed.connect(self._reader_moved)

    def _timer(self, ms: int, action: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=ms)
        timer.timeout.connect(action)
        return timer

    # --- collections --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the collections, and the current one's documents, from the documents process."""
        self._ask(protocol.ListCollections(), self._take_collections)
        if self.current in self.collections.names():
            self._list_documents()

    def choose(self, name: str) -> None:
        """Show another collection."""
        if name == self.current:
            return
        self.current, self.listed = name, False
        self._documents = ()
        self._events.clear()
        self.documents.clear()
        self.clear_search()
        self.current_changed.emit(name)
        if name in self.collections.names():
            self._list_documents()

    def name_problem(self, name: str, renamed: str = "") -> str:
        """Why a collection cannot have this name, or "". `renamed` is the one that gets it."""
        name = name.strip()
        if not name:
            return self.tr("Enter a name.")
        if len(name) > LONGEST_NAME:
            return self.tr("This name is too long. Use at most {0} characters.").format(LONGEST_NAME)
        if any(name.casefold() == other.casefold() and other != renamed for other in self.collections.names()):
            return self.tr("This name is already in use. Choose another.")
        return ""

    def create_collection(self, name: str) -> None:
        name = name.strip()
        problem = self.name_problem(name)
        if problem:
            self.collection_refused.emit(problem)
            return

        def created(_: AnyData) -> None:
            self._wanted = name
            self.collection_created.emit(name)
            self.refresh()

        self._ask(protocol.CreateCollection(name=name), created, self._refuse)

    def rename_collection(self, name: str, new_name: str) -> None:
        new_name = new_name.strip()
        problem = self.name_problem(new_name, renamed=name)
        if problem:
            self.collection_refused.emit(problem)
            return

        def renamed(_: AnyData) -> None:
            self._adds.rename(name, new_name)
            self.collection_created.emit(new_name)
            self.collection_renamed.emit(name, new_name)
            if self.current == name:
                self.current = new_name
                self.current_changed.emit(new_name)
            self.refresh()

        self._ask(protocol.RenameCollection(name=name, new_name=new_name), renamed, self._refuse)

    def list_ids(self, name: str, then: Callable[[tuple[int, ...]], None]) -> None:
        """Hand over the documents of a collection, the current one or another."""

        def listed(data: AnyData) -> None:
            assert isinstance(data, protocol.Documents)
            then(tuple(document.id for document in data.documents))

        self._ask(protocol.ListDocuments(collection=name), listed)

    def list_all_ids(self, then: Callable[[set[int]], None]) -> None:
        """Hand over the documents of all collections, when each has answered; never a part of them."""
        waiting = [collection.name for collection in self.totals]
        found: set[int] = set()

        def take(ids: tuple[int, ...]) -> None:
            found.update(ids)
            if waiting:
                self.list_ids(waiting.pop(), take)
            else:
                then(found)

        take(())

    def delete_collection(self, name: str, ids: tuple[int, ...] = ()) -> None:
        """Remove a collection with all that was indexed, its documents by their ids; the files stay."""

        def deleted(data: AnyData) -> None:
            self.collection_renamed.emit(name, "")
            if self.current == name:
                self.choose("")
            self._removed(data)

        self._adds.forget(name)
        self.removing.emit(ids)
        self._ask(protocol.DeleteCollection(name=name), deleted)

    def _refuse(self, error: AppError) -> None:
        self.collection_refused.emit(str(error))

    def _take_collections(self, data: AnyData) -> None:
        assert isinstance(data, protocol.Collections)
        self.totals = data.collections
        self.collections.replace(data.collections)
        names = self.collections.names()
        if self._wanted in names:
            wanted, self._wanted = self._wanted, ""
            self.choose(wanted)
        if self.current not in names and not self._adds.waiting_in(self.current):
            self.choose(names[0] if names else "")
        self.listed = self.listed or not names
        self.collections_changed.emit()

    # --- documents ----------------------------------------------------------------------------------------------------

    def _list_documents(self) -> None:
        asked = self.current

        def take(data: AnyData) -> None:
            assert isinstance(data, protocol.Documents)
            if asked == self.current:
                self._documents = data.documents
                self.listed = True
                self._merge()
                self.documents_listed.emit()

        self._ask(protocol.ListDocuments(collection=asked), take)

    def _merge(self) -> None:
        """What is stored, over it what an add under way says, and below it what waits."""
        self._events.clear()
        rows = {document.path: row_of(document) for document in self._documents}
        waiting = [
            path for path in self._adds.waiting_in(self.current) if Path(path).suffix.lower() in SUPPORTED_SUFFIXES
        ]
        for path in waiting:
            rows.setdefault(path, Row(path, Path(path).name))
        self.documents.merge(list(rows.values()))
        live = self._live.get(self.current)
        if live:
            self._events.extend(live.values())
            self._flush()

    def remove(self, ids: Iterable[int]) -> None:
        """Remove documents from the index; the files stay."""
        removed = tuple(ids)
        self.removing.emit(removed)
        self._ask(protocol.Remove(ids=removed), self._removed)

    def skip(self, row: Row) -> None:
        """Forget a file that failed; nothing of it was added."""
        self._forget_live([row.path])
        self.documents.drop(row.path)
        if row.id is not None:
            self._ask(protocol.Remove(ids=(row.id,)), lambda _: self.refresh())

    def _removed(self, data: AnyData) -> None:
        assert isinstance(data, protocol.Removed)
        if data.traces == 0:
            self.notice_raised.emit(self.tr("Removed. Nothing of it can be found any more."))
        else:
            self.failed.emit(
                AppError(
                    self.tr("Removed, but {0} traces of it could still be found.").format(data.traces),
                    self.tr("Remove it once more. If the message comes back, open Settings and check the documents."),
                )
            )
        self.documents_removed.emit(data)
        self.refresh()

    # --- adding -------------------------------------------------------------------------------------------------------

    @property
    def add_state(self) -> AddState:
        return self._adds.state

    def add(self, paths: Iterable[str], collection: str = "") -> None:
        """Index files and folders in a collection, the current one unless named."""
        chosen = tuple(dict.fromkeys(str(Path(path).absolute()) for path in paths))
        if not chosen:
            return
        name = collection or self.current or DEFAULT_COLLECTION
        self._queue_batch(Batch(chosen, name))
        if not self.current:
            self.choose(name)
            self._merge()

    def unlock(self, row: Row, password: str) -> None:
        """Try a locked file again with its password, which is kept nowhere."""
        self._queue_batch(Batch((row.path,), self.current, {row.path: password}, force=True), first=True)

    def index_again(self, rows: Iterable[Row]) -> None:
        """Read files again, whether they changed or not."""
        paths = tuple(row.path for row in rows)
        if paths:
            self._queue_batch(Batch(paths, self.current, force=True), first=True)

    def replace_copy(self, row: Row, path: str) -> None:
        """Add another copy of a file that failed; the failed one goes when the copy is indexed."""
        chosen = str(Path(path).absolute())
        then = None if chosen == row.path else lambda: self.skip(row)
        self._queue_batch(Batch((chosen,), self.current, force=True, then=then), first=True)

    def pause(self) -> None:
        self._adds.pause()

    def resume(self) -> None:
        self._adds.resume()

    def cancel(self) -> None:
        self._adds.cancel()

    def carry_on(self) -> None:
        """Take up an add that was interrupted."""
        self._adds.carry_on()

    def dismiss(self) -> None:
        """Close the summary, or give up what was interrupted."""
        self._adds.dismiss()

    def _queue_batch(self, batch: Batch, *, first: bool = False) -> None:
        known = [path for path in batch.paths if Path(path).suffix.lower() in SUPPORTED_SUFFIXES]
        if batch.collection == self.current:
            self._forget_live(known)
            self._events.extend(FileEvent(path=path, status="waiting") for path in known)
            self._flush_timer.start()
        self._adds.add(batch, first=first)

    def _take_file(self, collection: str, event: FileEvent) -> None:
        if collection not in self._live and collection not in self.collections.names():
            self._ask(protocol.ListCollections(), self._take_collections)  # the add has just made it
        self._live.setdefault(collection, {})[event.path] = event
        if collection == self.current:
            self._events.append(event)
            if not self._flush_timer.isActive():
                self._flush_timer.start()

    def _flush(self) -> None:
        """Merge the newest state of a bounded number of files; the rest waits for the next turn."""
        newest: dict[str, FileEvent] = {}
        for _ in range(min(len(self._events), EVENTS_A_FLUSH)):
            event = self._events.popleft()
            newest[event.path] = event
        if newest:
            self.documents.apply(newest.values())
        if self._events:
            self._flush_timer.start()
        if not self._resort_timer.isActive():
            self._resort_timer.start()

    def _add_ended(self, collection: str) -> None:
        """The store knows better now; only failures that it has no row for are kept in sight."""
        live = self._live.get(collection, {})
        self._live[collection] = {
            path: event for path, event in live.items() if event.status == "failed" and event.document_id is None
        }
        if self._client.state == "ready":
            self.refresh()
        else:
            self._merge()  # a process that died reads the list anew when it is back

    def _forget_live(self, paths: Iterable[str]) -> None:
        live = self._live.get(self.current, {})
        for path in paths:
            live.pop(path, None)

    # --- search -------------------------------------------------------------------------------------------------------

    def search(self, query: str, *, everywhere: bool = False) -> None:
        """Find passages in the current collection, or in all; the newest question wins."""
        query = query.strip()
        if not query:
            self.clear_search()
            return
        self._query, self._everywhere = query, everywhere
        if self._search is not None:
            return  # it cannot be cut short without ending an add: the newest question is asked when it is over
        names = () if everywhere or not self.current else (self.current,)
        self.search_started.emit(query)
        call = protocol.Search(query=query, collections=names, k=SEARCH_RESULTS, highlight=True)
        self._search = self._ask(
            call, lambda data: self._searched(query, everywhere, data), lambda error: self._not_searched(query, error)
        )

    def _searched(self, query: str, everywhere: bool, data: AnyData) -> None:
        assert isinstance(data, protocol.Searched)
        self._search = None
        if (query, everywhere) != (self._query, self._everywhere):
            self.search(self._query, everywhere=self._everywhere)
            return
        self.results.replace(data.result.passages)
        self.search_finished.emit(data.result)

    def _not_searched(self, query: str, error: AppError) -> None:
        self._search = None
        if query == self._query:
            self.clear_search()
            self.failed.emit(error)

    def clear_search(self) -> None:
        """Back to the documents."""
        self._query = ""
        self.results.replace(())
        self.search_cleared.emit()

    @property
    def searching(self) -> bool:
        """Whether results are shown instead of the documents."""
        return bool(self._query)

    # --- the documents process ----------------------------------------------------------------------------------------

    @property
    def reader_state(self) -> str:
        return self._client.state

    def restart_reader(self) -> None:
        """Start the documents process anew."""
        self._client.restart()

    def _reader_moved(self, state: str) -> None:
        self.reader_changed.emit(state)
        if state == "ready":
            self.refresh()

    def _ask(
        self,
        call: DocumentsCall,
        done: Callable[[AnyData], None],
        failed: Callable[[AppError], None] | None = None,
    ) -> Job:
        return self._client.request(call, done=done, failed=failed or self._tell)

    def _tell(self, error: AppError) -> None:
        """A process that ended has a banner of its own, from `reader_changed`."""
        if not isinstance(error, WorkerGone):
            self.failed.emit(error)
