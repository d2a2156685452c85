"""The documents child: answers each DocumentsCall over the store, the embedder, Chroma and the parser.

The store opens with the first request and takes milliseconds; the embedder loads in a thread of its own.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec

from app.database.errors import plain_errors
from app.documents.embed import Embedder, batches
from app.documents.ground import best_sentences, ground
from app.documents.index import Indexing
from app.documents.migrations import SUBJECT
from app.documents.parse_process import Parser
from app.documents.renewal import renew
from app.documents.store import Store, line_boxes
from app.documents.stores import Opened, Stores, health_of
from app.documents.warm import Warm, in_thread
from app.errors import AppError, Damaged
from app.paths import Home
from app.text.parsed import page_at
from app.types import Box, Document, Passage
from app.workers.calls.documents import (
    Add,
    CheckHealth,
    CollectionMade,
    Collections,
    CreateCollection,
    DeleteCollection,
    Documents,
    DocumentText,
    Embed,
    Embedded,
    Forgotten,
    Ground,
    Grounded,
    Health,
    ListCollections,
    ListDocuments,
    ListTombstones,
    PageImage,
    Read,
    Readings,
    ReadText,
    Remove,
    RenameCollection,
    RenderPage,
    Search,
    Searched,
    Tombstones,
    Warming,
)
from app.workers.message import Done
from app.workers.protocol import AnyCall, AnyData
from app.workers.roles import Steps

STALE = "It is being read anew for search by meaning. Until then it is found by its words."

STAT_BUDGET_S = 0.2
"""How long a list of documents may look at the files themselves: a network drive must not hold it up."""


class DocumentsRole:
    """RoleHandler of the documents child."""

    concurrent = True

    def __init__(self, home: Home, warm: Warm | None = None) -> None:
        self._warm = warm or Warm(home.cache)
        self._stores = Stores(home)
        self._path = home.documents_db
        self._live = 0  # requests under way
        self._viewer: Parser | None = None
        self._spare: Parser | None = None  # of the last Add: starting one takes longer than most files

    def handle(self, call: AnyCall) -> Steps:
        """Start a request.

        Raises:
            Busy: another process works on the same data folder.
            Damaged: the index is damaged; the next request finds what could be read of it in a new one.
        """
        self._live += 1
        try:
            with plain_errors(SUBJECT, self._path):
                return (yield from self._answer(call))
        except Damaged:
            self._stores.met_damage()
            raise
        finally:
            self._live -= 1

    def _answer(self, call: AnyCall) -> Steps:
        match call:
            case ListCollections():
                return Collections(collections=tuple(self._store.collections()), note=self._stores.note())
            case CreateCollection():
                made = self._store.create_collection(_name(call.name))
                return CollectionMade(collection=next(each for each in self._store.collections() if each.id == made))
            case RenameCollection():
                self._store.rename_collection(call.collection_id, _name(call.name))
                return Collections(collections=tuple(self._store.collections()))
            case DeleteCollection():
                return (yield from self._open.removal.collection(call.collection_id))
            case ListDocuments():
                self._store.require(call.collection_id)
                return Documents(documents=tuple(_with_changes(self._store, call.collection_id)))
            case Add():
                return (yield from self._add(call))
            case Remove():
                return (yield from self._open.removal.documents(call.ids))
            case ListTombstones():
                documents, collections = self._store.tombstones()
                return Tombstones(ids=documents, collections=collections)
            case Forgotten():
                self._store.bury(call.ids, call.collections)
                self._stores.purge()
                return Done()
            case _:
                return (yield from self._answer_reading(call))

    def _answer_reading(self, call: AnyCall) -> Steps:
        """What changes nothing."""
        match call:
            case Search():
                return (yield from self._search(call))
            case Ground():
                return (yield from _ground(self._warm, call))
            case Read():
                return (yield from _read(self._warm, call))
            case Embed():
                return (yield from self._embed(call))
            case RenderPage():
                return (yield from self._render(call))
            case ReadText():
                return self._read_text(call)
            case CheckHealth():
                return (yield from self._check_health())
            case _:
                raise AppError("The documents process cannot do this.", detail=type(call).__name__)

    def background(self) -> Iterator[None]:
        """Finish what a crash interrupted, warm up, read anew what another embedder read, bring Chroma in step."""
        fresh = not self._stores.is_open
        self._warm.start()  # beside the opening, which may have to examine the index
        try:
            opened = self._open
        except AppError:
            return  # the first request says why
        if opened.store.purge_due() and not opened.store.read_only:
            opened.vectors.forget(rest=not fresh)
            opened.store.purge()
            yield
        while not self._warm.wait(0.005):
            yield
        embedder = self._warm.loaded
        if embedder is None:
            return  # as above
        opened.store.use(embedder.identity)
        opened.matrix.fits()
        yield
        yield from renew(opened.store, embedder)
        yield from opened.vectors.synchronize()

    def close(self) -> None:
        """Let go of everything; safe to call twice."""
        for parser in (self._viewer, self._spare):
            if parser is not None:
                parser.close()
        self._viewer = self._spare = None
        self._stores.close()

    @property
    def _open(self) -> Opened:
        return self._stores.open(alone=self._live <= 1)

    @property
    def _store(self) -> Store:
        return self._open.store

    def _embedder_in_use(self) -> Generator[AnyData, None, Embedder]:
        """The embedder, whose vectors the store gives from now on."""
        embedder = yield from self._warm.embedder()
        self._store.use(embedder.identity)
        return embedder

    # --- calls -------------------------------------------------------------------------------------------------------

    def _add(self, call: Add) -> Steps:
        store = self._store
        embedder = yield from self._embedder_in_use()
        lent = self._spare or Parser()
        self._spare = None
        try:
            added = yield from Indexing(store, call, embedder, embedder.counter, lent).steps()
            if self._spare is None:
                self._spare = lent
            return added
        finally:
            if self._spare is not lent:
                lent.close()
            self._stores.purge()

    def _search(self, call: Search) -> Steps:
        opened = self._open
        embedder = yield from self._embedder_in_use()
        began = time.perf_counter()
        opened.store.require(*call.collections)
        vector = embedder.encode_queries([call.query])[0]
        result = opened.searcher.search(call.query, vector, call.collections, max(1, call.k), trace=call.trace)
        if call.highlight:
            texts = [passage.text for passage in result.passages]
            spans = best_sentences(call.query, vector, texts, embedder.encode)
            marked = [self._marked(one, span) for one, span in zip(result.passages, spans, strict=True)]
            result = msgspec.structs.replace(result, passages=tuple(marked))
        elapsed = (time.perf_counter() - began) * 1000
        return Searched(result=msgspec.structs.replace(result, elapsed_ms=elapsed))

    def _embed(self, call: Embed) -> Steps:
        """As questions: nobody says what these are, and so they can at least be compared with each other."""
        embedder = yield from self._warm.embedder()
        tokens = [embedder.counter.count(text) for text in call.texts]
        vectors: list[tuple[float, ...]] = [()] * len(tokens)
        for batch in batches(tokens):
            rows = embedder.encode_queries([call.texts[index] for index in batch])
            for index, row in zip(batch, rows, strict=True):
                vectors[index] = tuple(row.tolist())
            yield Warming()
        return Embedded(vectors=tuple(vectors), tokens=sum(tokens))

    def _marked(self, passage: Passage, best: tuple[int, int] | None) -> Passage:
        """A passage with its best sentence; one that runs over a page break is cited by the page of that sentence."""
        if best is None or passage.page is None:
            return msgspec.structs.replace(passage, best=best)
        page = page_at(self._store.pages(passage.document_id), passage.start + best[0])
        boxes = passage.boxes
        if page != passage.page:
            boxes = line_boxes(self._store.lines(passage.document_id), passage.start, passage.end, page)
        return msgspec.structs.replace(passage, best=best, page=page, boxes=boxes)

    def _read_text(self, call: ReadText) -> DocumentText:
        text, pages = self._store.text(call.document_id)
        document = self._document(call.document_id)
        return DocumentText(name=document.name, format=document.format, text=text, pages=pages)

    def _document(self, document_id: int) -> Document:
        document = self._store.document(document_id)
        if document is None:
            raise AppError("This document is no longer in the index.", "It may have been removed.")
        return document

    def _render(self, call: RenderPage) -> Steps:
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
        return PageImage(
            png=base64.b64encode(picture.png).decode("ascii"),
            width=picture.width,
            height=picture.height,
            pages=picture.pages,
            scale=picture.scale,
            marks=marks,
        )

    def _marks(self, viewer: Parser, document: Document, call: RenderPage) -> Generator[AnyData, None, tuple[Box, ...]]:
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
        opened = self._open
        found = {"documents": health_of(opened.store)}
        for _ in opened.vectors.synchronize():
            yield Warming()
        found["vectors"] = opened.vectors.note
        yield from self._embedder_in_use()
        stale = len(opened.store.stale())
        found["embedder"] = f"ok; {stale} documents are still to be read by it" if stale else "ok"
        return Health(stores=found)


def _ground(warm: Warm, call: Ground) -> Steps:
    embedder = yield from warm.embedder()
    began = time.perf_counter()
    support = tuple(ground(call.sentences, call.passages, embedder.encode_queries))
    return Grounded(support=support, elapsed_ms=(time.perf_counter() - began) * 1000)


def _read(warm: Warm, call: Read) -> Steps:
    began = time.perf_counter()
    reader = yield from warm.reader()
    reading = reader.read(call.question, call.passages)
    while True:
        try:
            next(reading)
        except StopIteration as end:
            return Readings(readings=end.value, elapsed_ms=(time.perf_counter() - began) * 1000)
        yield Warming()


def _with_changes(store: Store, collection_id: int) -> Iterator[Document]:
    """Documents of a collection; those whose file has changed since say so, as far as time allows."""
    until = time.monotonic() + STAT_BUDGET_S
    stale = set(store.stale())
    for document in store.documents(collection_id):
        if document.id in stale and not document.reason:
            document = msgspec.structs.replace(document, reason=STALE)
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
