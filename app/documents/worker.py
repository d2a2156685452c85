"""The documents child: answers each DocumentsCall over the store, the embedder, Chroma and the parser.

The store opens with the first request and takes milliseconds; the embedder loads in a thread of its own.
"""

from __future__ import annotations

import base64
import contextlib
import sqlite3
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec

from app.documents.database import plain_errors
from app.documents.embed import Counter
from app.documents.ground import best_sentences, ground
from app.documents.index import Indexing
from app.documents.lock import FolderLock
from app.documents.matrix import Matrix
from app.documents.parse_process import Parser
from app.documents.removal import Removal
from app.documents.search import Searcher, trust
from app.documents.store import Store, line_boxes
from app.documents.vectors import Vectors
from app.documents.warm import Warm, in_thread
from app.errors import AppError, NoSpace
from app.paths import Home
from app.text.parsed import page_at
from app.types import Box, Document, Passage
from app.workers import protocol as p
from app.workers.roles import Steps

STAT_BUDGET_S = 0.2
"""How long a list of documents may look at the files themselves: a network drive must not hold it up."""


class Stores(msgspec.Struct, frozen=True):
    """What is open once the first request came."""

    store: Store
    matrix: Matrix
    vectors: Vectors
    searcher: Searcher


class DocumentsRole:
    """RoleHandler of the documents child."""

    concurrent = True

    def __init__(self, home: Home, warm: Warm | None = None) -> None:
        self._home = home
        self._warm = warm or Warm()
        self._lock = FolderLock(home.root / "documents.lock")
        self._suspect = home.root / "documents.suspect"  # stands when a request met damage: the next start examines
        self._opened: Stores | None = None
        self._counted: Counter | None = None
        self._viewer: Parser | None = None
        self._spare: Parser | None = None  # of the last Add: starting one takes longer than most files
        self._set_aside = ""

    def handle(self, call: p.AnyCall) -> Steps:
        """Start a request.

        Raises:
            Busy: another process works on the same data folder.
            AppError: the index is damaged; the next start examines it.
        """
        try:
            with plain_errors():
                return (yield from self._answer(call))
        except AppError as error:
            if _is_damage(error):
                with contextlib.suppress(OSError):  # the error itself matters more
                    self._suspect.touch()
            raise

    def _answer(self, call: p.AnyCall) -> Steps:
        match call:
            case p.ListCollections():
                return self._collections()
            case p.CreateCollection():
                self._store.create_collection(_name(call.name))
                return self._collections()
            case p.RenameCollection():
                self._store.rename_collection(call.name, _name(call.new_name))
                return self._collections()
            case p.DeleteCollection():
                return (yield from self._delete_collection(call.name))
            case p.ListDocuments():
                return p.Documents(documents=tuple(_with_changes(self._store, call.collection)))
            case p.Add():
                return (yield from self._add(call))
            case p.Remove():
                return (yield from self._remove(call))
            case p.Search():
                return (yield from self._search(call))
            case p.Ground():
                embedder = yield from self._warm.embedder()
                return p.Grounded(support=tuple(ground(call.sentences, call.passages, embedder.encode)))
            case p.RenderPage():
                return (yield from self._render(call))
            case p.ReadText():
                return self._read_text(call)
            case p.CheckHealth():
                return (yield from self._check_health())
            case _:
                raise AppError("The documents process cannot do this.", detail=type(call).__name__)

    def background(self) -> Iterator[None]:
        """Finish what a crash interrupted, warm up, bring Chroma in step."""
        fresh = self._opened is None
        try:
            stores = self._stores()
        except AppError:
            return  # the first request says why
        if stores.store.purge_due():
            stores.vectors.forget(rest=not fresh)
            stores.store.purge()
            yield
        while not self._warm.wait(0.005):
            yield
        stores.matrix.fits()
        yield
        yield from stores.vectors.synchronize()

    def close(self) -> None:
        """Let go of everything; safe to call twice."""
        for parser in (self._viewer, self._spare):
            if parser is not None:
                parser.close()
        self._viewer = self._spare = None
        if self._opened is not None:
            self._opened.vectors.close()
            self._opened.store.close()
            self._opened = None
        self._lock.release()

    # --- stores ------------------------------------------------------------------------------------------------------

    def _stores(self) -> Stores:
        if self._opened is None:
            try:
                self._home.root.mkdir(parents=True, exist_ok=True)
                self._lock.acquire()
                store = self._open_store()
            except OSError as error:
                raise NoSpace(
                    "Inhouse cannot write to its data folder.",
                    "Please check the folder's permissions and the disk's free space.",
                    str(error),
                ) from error
            matrix = Matrix(store)
            vectors = Vectors(self._home.vectors, store)
            self._opened = Stores(store, matrix, vectors, Searcher(store, matrix, vectors))
        return self._opened

    def _open_store(self) -> Store:
        """A file that is no database, or in which damage is found again, is set aside, never deleted."""
        path = self._home.documents_db
        try:
            store = Store(path, self._home.backups)
            if self._suspect.exists():
                self._examine(store)
            return store
        except AppError as error:
            if not _is_damage(error):
                raise
        stamp = time.strftime("%Y%m%d-%H%M%S")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{path}{suffix}").rename(f"{path.with_suffix('')}-damaged-{stamp}.db{suffix}")
        self._set_aside = f"{path.stem}-damaged-{stamp}.db"
        self._suspect.unlink(missing_ok=True)
        return Store(path, self._home.backups)

    def _examine(self, store: Store) -> None:
        """Look whether the damage is in the file; a disk that failed for a moment costs no index."""
        try:
            store.examine()
        except BaseException:
            store.close()
            raise
        self._suspect.unlink(missing_ok=True)

    @property
    def _store(self) -> Store:
        return self._stores().store

    @property
    def _counter(self) -> Counter:
        if self._counted is None:
            self._counted = Counter()
        return self._counted

    # --- calls -------------------------------------------------------------------------------------------------------

    def _collections(self) -> p.Collections:
        return p.Collections(collections=tuple(self._store.collections()))

    def _add(self, call: p.Add) -> Steps:
        call = msgspec.structs.replace(call, collection=_name(call.collection))
        store = self._store
        embedder = yield from self._warm.embedder()
        lent = self._spare or Parser()
        self._spare = None
        try:
            added = yield from Indexing(store, call, embedder, self._counter, lent).steps()
            if self._spare is None:
                self._spare = lent
            return added
        finally:
            if self._spare is not lent:
                lent.close()
            self._purge()

    def _purge(self) -> None:
        """Leave nothing in any file of what was replaced or went with its collection."""
        stores = self._stores()
        if stores.store.purge_due():
            stores.vectors.forget()
            stores.store.purge()

    def _remove(self, call: p.Remove) -> Steps:
        ids = set(call.ids) | set(self._store.ids_named(call.collection, call.names) if call.names else ())
        present = [id_ for id_ in sorted(ids) if self._store.document(id_) is not None]
        return (yield from self._removal().steps(present))

    def _removal(self) -> Removal:
        stores = self._stores()
        return Removal(self._home.root, stores.store, stores.matrix, stores.vectors)

    def _delete_collection(self, name: str) -> Steps:
        collection_id = self._store.collection_id(name)
        if collection_id is None:
            raise AppError(f"There is no collection “{name}”.", "It may have been removed or renamed.")
        removed = yield from self._removal().steps([doc.id for doc in self._store.documents(name)])
        self._store.drop_collection(collection_id)
        self._purge()
        return removed

    def _search(self, call: p.Search) -> Steps:
        stores = self._stores()
        embedder = yield from self._warm.embedder()
        began = time.perf_counter()
        ids = []
        for name in call.collections:
            found = stores.store.collection_id(name)
            if found is None:
                raise AppError(f"There is no collection “{name}”.", "It may have been removed or renamed.")
            ids.append(found)
        believed = trust(self._counter.fertility(call.query))
        vector = embedder.encode([call.query])[0]
        result = stores.searcher.search(call.query, vector, believed, ids, max(1, call.k))
        if call.highlight:
            texts = [passage.text for passage in result.passages]
            spans = best_sentences(call.query, vector, believed, texts, embedder.encode)
            marked = [self._marked(one, span) for one, span in zip(result.passages, spans, strict=True)]
            result = msgspec.structs.replace(result, passages=tuple(marked))
        elapsed = (time.perf_counter() - began) * 1000
        return p.Searched(result=msgspec.structs.replace(result, elapsed_ms=elapsed))

    def _marked(self, passage: Passage, best: tuple[int, int] | None) -> Passage:
        """A passage with its best sentence; one that runs over a page break is cited by the page of that sentence."""
        if best is None or passage.page is None:
            return msgspec.structs.replace(passage, best=best)
        page = page_at(self._store.pages(passage.document_id), passage.start + best[0])
        boxes = passage.boxes
        if page != passage.page:
            boxes = line_boxes(self._store.lines(passage.document_id), passage.start, passage.end, page)
        return msgspec.structs.replace(passage, best=best, page=page, boxes=boxes)

    def _read_text(self, call: p.ReadText) -> p.DocumentText:
        text, pages = self._store.text(call.document_id)
        document = self._document(call.document_id)
        return p.DocumentText(name=document.name, format=document.format, text=text, pages=pages)

    def _document(self, document_id: int) -> Document:
        document = self._store.document(document_id)
        if document is None:
            raise AppError("This document is no longer in the index.", "It may have been removed.")
        return document

    def _render(self, call: p.RenderPage) -> Steps:
        document = self._document(call.document_id)
        path = Path(document.path)
        if not path.is_file():
            raise AppError(
                "The file is not there any more.", "Its text is still here; add the file again to see its pages."
            )
        if _differs(self._store, document):
            raise AppError("The file has changed since it was indexed.", "Add it again to see its pages.")
        viewer = self._viewer = self._viewer or Parser()
        picture = yield from in_thread(lambda: viewer.render_page(document.path, call.page, call.scale))
        marks: tuple[Box, ...] = ()
        if call.end > call.start:
            marks = yield from self._marks(viewer, document, call)
        return p.PageImage(
            png=base64.b64encode(picture.png).decode("ascii"),
            width=picture.width,
            height=picture.height,
            pages=picture.pages,
            scale=picture.scale,
            marks=marks,
        )

    def _marks(
        self, viewer: Parser, document: Document, call: p.RenderPage
    ) -> Generator[p.AnyData, None, tuple[Box, ...]]:
        """The span's own boxes; where the file will not give them, those of its lines, as stored."""
        _, pages = self._store.text(document.id)
        first, last = pages[call.page - 1] if 0 < call.page <= len(pages) else (0, 0)
        start, end = max(call.start, first) - first, min(call.end, last) - first
        try:
            tight: tuple[Box, ...] = yield from in_thread(
                lambda: viewer.span_boxes(document.path, call.page, start, end)
            )
        except AppError:
            tight = ()
        return tight or line_boxes(self._store.lines(document.id), call.start, call.end, call.page)

    def _check_health(self) -> Steps:
        stores = self._stores()
        found: dict[str, str] = {}
        found["documents"] = stores.store.check()
        if self._set_aside:
            found["documents"] = f"A damaged index was set aside as {self._set_aside}. Please add your documents again."
        for _ in stores.vectors.synchronize():
            yield p.Warming()
        found["vectors"] = stores.vectors.note
        yield from self._warm.embedder()
        found["embedder"] = "ok"
        return p.Health(stores=found)


def _is_damage(error: AppError) -> bool:
    """Whether SQLite found its file damaged; a full disk, a lock and newer data are kinds of their own."""
    return type(error) is AppError and isinstance(error.__cause__, sqlite3.DatabaseError)


def _with_changes(store: Store, collection: str) -> Iterator[Document]:
    """Documents of a collection; those whose file has changed since say so, as far as time allows."""
    until = time.monotonic() + STAT_BUDGET_S
    for document in store.documents(collection):
        if document.status == "indexed" and time.monotonic() < until and _differs(store, document):
            document = msgspec.structs.replace(
                document, status="changed", reason="The file has changed since it was indexed. Add it again to update."
            )
        yield document


def _differs(store: Store, document: Document) -> bool:
    """Whether a file that exists has another size or date than what was indexed."""
    try:
        status = Path(document.path).stat()
    except OSError:
        return False
    return status.st_size != document.bytes or abs(status.st_mtime - store.modified(document.id)) > 0.01


def _name(name: str) -> str:
    """
    Raises:
        AppError: a collection needs a name.
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise AppError("A collection needs a name.", "Please type one.")
    return cleaned
