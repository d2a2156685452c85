"""What a person does with documents, as calls to the core: collections, adding, removing, searching. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.calls import documents as c
from app.core.protocol import Welcome
from app.errors import AppError, WorkerGone
from app.gui.collections import DEFAULT_COLLECTION, KnownCollections
from app.gui.core_client import CoreClient
from app.gui.documents.adds import Adds
from app.gui.documents.collections_model import CollectionsModel
from app.gui.documents.finder import Finder
from app.gui.documents.followed import FollowedFolders
from app.gui.documents.live_rows import LiveRows
from app.gui.documents.naming import Naming
from app.gui.documents.row import Row
from app.text.find.plan import Plan
from app.types import Collection
from app.workers.calls.documents import DeleteCollection, Documents, ListDocuments, Remove, Removed
from app.workers.message import Call


class DocumentsController(QObject):
    """Owns what the Documents page shows. Every wish is a call to the core; none blocks."""

    collections_changed = Signal()
    current_changed = Signal(int)
    """Id of the collection that is shown, 0 for none."""
    documents_listed = Signal()
    documents_removed = Signal(object)
    """Ids (a tuple) of documents that are gone, whatever door removed them."""
    notice_raised = Signal(str)
    """A short sentence that needs no answer (a toast)."""
    failed = Signal(object)
    """AppError of a wish that nothing else shows."""
    reader_changed = Signal(str)
    """The documents process: "starting", "ready", "failed", "stopped"."""
    open_document = Signal(int)
    open_passage = Signal(object)
    """Passage"""

    def __init__(self, core: CoreClient, known: KnownCollections, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.core, self._known = core, known
        self.collections = CollectionsModel(self)
        self._rows = LiveRows(self)
        self.documents = self._rows.model
        self.finder = finder = Finder(core, self)
        self.results = finder.results
        self.search_started, self.search_finished, self.search_cleared = finder.started, finder.finished, finder.cleared
        finder.failed.connect(self._tell)
        self._adds = adds = Adds(core, self._rows, self)
        adds.failed.connect(self._tell)
        self.add_changed, self.pause, self.resume, self.cancel = adds.changed, adds.pause, adds.resume, adds.cancel
        self.carry_on, self.dismiss = adds.carry_on, adds.dismiss
        self.followed = FollowedFolders(core, self._tell, self._removed, self)
        self._naming = naming = Naming(core, known, self)
        self.collection_created, self.collection_refused = naming.named, naming.refused
        self.name_problem, self.rename_collection = naming.problem, naming.rename
        self.current = self._wanted = 0
        """The collection that is shown, and one that is to be shown as soon as it is known."""
        self._awaited = False
        """Files wait for a collection that is being made."""
        self.listed = False
        """Whether the current collection's documents have been read."""
        self.reader_state = "starting"
        known.changed.connect(self._take_collections)
        core.told.connect(self._told)
        core.welcomed.connect(self._welcomed)
        if known.all or known.told:
            self._take_collections()

    @property
    def totals(self) -> tuple[Collection, ...]:
        return self._known.all

    @property
    def add_state(self) -> c.AddState:
        return self._adds.state

    @property
    def current_name(self) -> str:
        """What the shown collection is called now."""
        return self._known.name(self.current)

    def refresh(self) -> None:
        """Read the collections, and the current one's documents."""
        self._known.refresh()
        self._read_documents()

    # --- collections --------------------------------------------------------------------------------------------------

    def choose(self, collection_id: int) -> None:
        """Show another collection."""
        if collection_id == self.current:
            return
        self.current, self.listed = collection_id, False
        self._rows.show_collection(collection_id)
        self.clear_search()
        self.current_changed.emit(collection_id)
        if collection_id:
            self._read_documents()

    def create_collection(self, name: str) -> None:
        """Make a collection and show it."""
        self._naming.create(name, self.show_when_known)

    def list_ids(self, collection_id: int, then: Callable[[tuple[int, ...]], None]) -> None:
        """Hand over the documents of a collection, the current one or another."""

        def listed(data: Documents) -> None:
            then(tuple(document.id for document in data.documents))

        self._ask(ListDocuments(collection_id=collection_id), listed)

    def delete_collection(self, collection_id: int, answers: tuple[int, ...] = ()) -> None:
        """Remove a collection with all that was indexed, and what these answers say; the files stay."""
        self._remove(DeleteCollection(collection_id=collection_id), answers)

    def show_when_known(self, collection_id: int) -> None:
        """Show a collection that is just being made."""
        self._wanted = collection_id
        self._take_collections()

    def _take_collections(self) -> None:
        self.collections.replace(self.totals)
        ids = [each.id for each in self.totals]
        if self._wanted in ids:
            wanted, self._wanted, self._awaited = self._wanted, 0, False
            self.choose(wanted)
        if self.current not in ids and not self._awaited:
            self.choose(ids[0] if ids else 0)
        self.listed = self.listed or (self._known.told and not ids)
        self.collections_changed.emit()

    # --- documents ----------------------------------------------------------------------------------------------------

    def _read_documents(self) -> None:
        """What adds say first, then what is stored."""
        self._adds.list_files()
        asked = self.current
        if not asked:
            return

        def take(data: Documents) -> None:
            if asked == self.current:
                self.listed = True
                self._rows.show_documents(data.documents)
                self.documents_listed.emit()

        self._ask(ListDocuments(collection_id=asked), take)

    def find_answers(self, ids: Iterable[int], then: Callable[[tuple[int, ...]], None]) -> None:
        """Hand over the answers that hold the model's own words about these documents."""
        self._ask(c.FindAnswers(document_ids=tuple(ids)), lambda data: then(data.ids))

    def remove(self, ids: Iterable[int], answers: tuple[int, ...] = ()) -> None:
        """Remove documents from the index, and what these answers say; the files stay."""
        self._remove(Remove(ids=tuple(ids)), answers)

    def _remove(self, call: Call, answers: tuple[int, ...]) -> None:
        """The answers go first: when this is cut short the documents are still there to be removed once more."""
        if answers:
            self._ask(c.DeleteAnswers(ids=answers), lambda _: self._ask(call, self._removed))
        else:
            self._ask(call, self._removed)

    def skip(self, row: Row) -> None:
        """Forget a file that failed; nothing of it was added."""
        self._rows.forget(row.path)
        if row.id is not None:
            self._ask(Remove(ids=(row.id,)), lambda _: None)

    def _removed(self, removed: Removed) -> None:
        if removed.traces:
            self.failed.emit(
                AppError(
                    self.tr("Removed, but {0} traces of it could still be found.").format(removed.traces),
                    self.tr("Open Settings and check the documents. The files that hold them are named under Details."),
                    "\n".join(removed.places),
                )
            )
        elif removed.answers:
            count = len(removed.answers)
            text = self.tr("Removed from search. {0} answer{1} in your chats still tell{2} of it in the model's words.")
            self.notice_raised.emit(text.format(count, *(("", "s") if count == 1 else ("s", ""))))
        else:
            self.notice_raised.emit(self.tr("Removed. Nothing of it can be found any more."))

    # --- adding -------------------------------------------------------------------------------------------------------

    def add(self, paths: Iterable[str], collection_id: int = 0, name: str = "") -> None:
        """Index files and folders in a collection: this one, the one of this name (made where there is none), or the
        current one."""
        chosen = tuple(dict.fromkeys(str(Path(path).absolute()) for path in paths))
        if not chosen:
            return
        target = collection_id or (0 if name else self.current)
        if target:
            self._adds.queue(c.QueueFiles(paths=chosen, collection_id=target))
            return
        self._awaited = not self.current
        call = c.QueueFiles(paths=chosen, collection_name=name or DEFAULT_COLLECTION)
        self._adds.queue(call, self.show_when_known if self._awaited else lambda _: None)

    def unlock(self, row: Row, password: str) -> None:
        """Try a locked file again with its password, which is kept nowhere."""
        self._queue_again((row.path,), passwords={row.path: password})

    def index_again(self, rows: Iterable[Row]) -> None:
        """Read files again, whether they changed or not."""
        paths = tuple(row.path for row in rows)
        if paths:
            self._queue_again(paths)

    def replace_copy(self, row: Row, path: str) -> None:
        """Add another copy of a file that failed; the failed one goes when the copy is indexed."""
        chosen = str(Path(path).absolute())
        self._queue_again((chosen,), replaces=0 if chosen == row.path else row.id or 0)

    def _queue_again(self, paths: tuple[str, ...], **more: Any) -> None:
        self._adds.queue(c.QueueFiles(paths=paths, collection_id=self.current, force=True, first=True, **more))

    # --- search -------------------------------------------------------------------------------------------------------

    def search(self, wanted: str | Plan, *, everywhere: bool = False) -> None:
        """Find passages, or the documents of a plan, in the current collection or in all; the newest wish wins."""
        self.finder.look_for(wanted, () if everywhere or not self.current else (self.current,))

    def clear_search(self) -> None:
        """Back to the documents."""
        self.finder.clear()

    @property
    def searching(self) -> bool:
        """Whether results are shown instead of the documents."""
        return self.finder.searching

    # --- what the core tells ------------------------------------------------------------------------------------------

    def restart_reader(self) -> None:
        """Start the documents process anew."""
        self._ask(c.RestartReader(), lambda _: None)

    def _welcomed(self, _: Welcome) -> None:
        self._read_documents()

    def _told(self, data: object) -> None:
        if isinstance(data, c.FileMoved):
            self._rows.take(data.collection_id, data.file)
        elif isinstance(data, c.AddState):
            self._adds.take(data)
        elif isinstance(data, c.DocumentsChanged):
            if data.collection_id in (0, self.current):
                self._read_documents()
        elif isinstance(data, c.DocumentsRemoved):
            self.documents_removed.emit(data.ids)
        elif isinstance(data, c.ReaderMoved):
            self.reader_state = data.state
            self.reader_changed.emit(data.state)
            if data.state == "ready":
                self.refresh()

    def _ask(
        self, call: Call, done: Callable[[Any], object], failed: Callable[[AppError], object] | None = None
    ) -> None:
        self.core.request(call, done=done, failed=failed or self._tell)

    def _tell(self, error: AppError) -> None:
        """A process that ended has a banner of its own, from `reader_changed`."""
        if not isinstance(error, WorkerGone):
            self.failed.emit(error)
