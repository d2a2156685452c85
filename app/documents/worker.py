"""The documents child: answers each DocumentsCall over the store, the embedder, Chroma and the parser.

The store opens with the first request and takes milliseconds; the embedder loads in a thread of its own.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

from app.database.errors import plain_errors
from app.documents import attached, embedder_calls, model_text, rewording
from app.documents.bundle import bring_in, export
from app.documents.comparing import compare_versions
from app.documents.digest import summarised
from app.documents.embed import Vectorizer
from app.documents.fields import read_fields
from app.documents.finding import find
from app.documents.following import Following
from app.documents.grid import read_grid
from app.documents.ground import ground
from app.documents.health import health
from app.documents.in_use import InUse, for_adding, stepped
from app.documents.index import Indexing
from app.documents.listing import listed
from app.documents.migrations import SUBJECT
from app.documents.pages import Pages, document_of, marked, messages_of
from app.documents.parse_process import Parser
from app.documents.personal import PersonalData
from app.documents.recognising import Recognising
from app.documents.reembedding import measure_again, renew
from app.documents.searching import embedded, searched
from app.documents.serving import serve
from app.documents.shares import refuse_changes
from app.documents.sharing import Sharing
from app.documents.sheets import Sheets
from app.documents.store import Store
from app.documents.stores import Opened, Stores
from app.documents.vectors import Vectors
from app.documents.warm import Warm
from app.embedder.embedders import Embedders
from app.embedder.heads import Heads
from app.errors import AppError, Damaged
from app.formats import MAIL
from app.paths import Home
from app.workers.calls.attached import Attach, CopyAttached, ListHidden, LoadPicture, MoveDocuments
from app.workers.calls.bundles import ExportCollection, ImportCollection
from app.workers.calls.digest import Extract, FindTopics, Outline
from app.workers.calls.documents import (
    Add,
    CheckHealth,
    CollectionMade,
    Collections,
    CompareVersions,
    CreateCollection,
    DeleteCollection,
    Documents,
    DocumentText,
    Embed,
    Forgotten,
    Ground,
    Grounded,
    HiddenTextListed,
    ListCollections,
    ListDocuments,
    ListHiddenText,
    ListTombstones,
    Mark,
    Marked,
    Read,
    ReadFields,
    Readings,
    ReadText,
    Remove,
    RenameCollection,
    RenderPage,
    Search,
    Searched,
    Tombstones,
)
from app.workers.calls.embedders import Calls as EmbedderCall
from app.workers.calls.finding import Find
from app.workers.calls.folders import Calls as FolderCall
from app.workers.calls.grid import ReadGrid
from app.workers.calls.model_text import Calls as ModelTextCall
from app.workers.calls.personal import Calls as PersonalCall
from app.workers.calls.reader import ReaderUsed, UseReader
from app.workers.calls.scans import Recognise
from app.workers.calls.shares import Calls as ShareCall
from app.workers.calls.sheets import ReadSheets, RunPlan
from app.workers.calls.vectors import Calls as VectorCall
from app.workers.message import Done
from app.workers.protocol import AnyCall, AnyData
from app.workers.roles import Steps

FIRST_S = 1.0
"""At the start the embedder loads after so long a silence, if nobody needs it before: its tokenizer keeps all other
threads from running for most of a second."""
POLL_S = 0.005


class DocumentsRole:
    """RoleHandler of the documents child."""

    concurrent = True

    def __init__(self, home: Home, warm: Warm | None = None) -> None:
        self._warm = warm or Warm(home.cache, home.readers)
        self._in_use = InUse(self._warm, Embedders(home.embedders), home.cache)
        self._heads = Heads(home.heads)
        self._stores = Stores(home)
        self._path = home.documents_db
        self._live = 0  # requests under way
        self._asked_at = time.monotonic()
        self._pages = Pages(self._stores.presentations)
        self._sheets = Sheets()
        self._personal = PersonalData(home)
        self._following = Following()
        self._recognising = Recognising()
        self._sharing = Sharing(home.cache)
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
            self._asked_at = time.monotonic()

    def _answer(self, call: AnyCall) -> Steps:
        refuse_changes(lambda: self._store, call)
        match call:
            case ListCollections():
                return collections_of(self._store, self._stores.note())
            case CreateCollection():
                made = self._store.create_collection(_name(call.name))
                return CollectionMade(collection=next(each for each in self._store.collections() if each.id == made))
            case RenameCollection():
                self._store.rename_collection(call.collection_id, _name(call.name))
                return collections_of(self._store, "")
            case DeleteCollection():
                return (yield from self._open.removal.collection(call.collection_id))
            case ListDocuments():
                if call.collection_id:
                    self._store.require(call.collection_id)
                return Documents(documents=tuple(listed(self._store, call.collection_id)))
            case Add():
                return (yield from self._add(call))
            case Remove():
                return (yield from self._open.removal.documents(call.ids))
            case ListTombstones():
                documents, collections = self._store.tombstones()
                return Tombstones(ids=documents, collections=collections)
            case Attach() | CopyAttached():
                return attached.answer(self._store, call)
            case ExportCollection():
                return (yield from export(self._store, call))
            case ImportCollection():
                return (yield from bring_in(self._store, call))
            case Forgotten():
                self._store.bury(call.ids, call.collections)
                self._stores.purge()
                return Done()
            case _:
                return (yield from self._answer_keeping(call))

    def _answer_keeping(self, call: AnyCall) -> Steps:
        """What has a part of its own that keeps its state."""
        match call:
            case _ if isinstance(call, ShareCall):
                return (yield from self._sharing.answer(self._store, self._open.removal, call))
            case Recognise():
                return (
                    yield from self._recognising.step(
                        self._store, self._embedder_in_use, self._in_use.shipped, call.collection_id
                    )
                )
            case MoveDocuments():
                moved = attached.move(self._store, call)
                self._stores.purge()
                return moved
            case _ if isinstance(call, EmbedderCall):
                return (yield from embedder_calls.answer(lambda: self._store, self._in_use, self._heads, call))
            case _ if isinstance(call, VectorCall):
                return (yield from serve(self._stores, self._open, call, self._embedder_in_use))
            case _ if isinstance(call, FolderCall):
                return (yield from self._following.answer(self._store, call, self._stores.purge))
            case _ if isinstance(call, ModelTextCall):
                return (yield from model_text.answer(self._store, call))
            case _ if isinstance(call, PersonalCall):
                return (yield from self._personal.answer(self._store, call, self._stores.purge))
            case _:
                return (yield from self._answer_reading(call))

    def _answer_reading(self, call: AnyCall) -> Steps:
        """What changes nothing."""
        match call:
            case Search():
                return (yield from self._search(call))
            case ListHidden():
                return attached.hidden(self._store)
            case Ground():
                return (yield from self._ground(call))
            case Read():
                return (yield from self._read(call))
            case UseReader():
                return ReaderUsed(name=(yield from self._warm.use_reader()).name)
            case Mark():
                return Marked(passages=tuple(marked(self._store, one, one.best) for one in call.passages))
            case Embed():
                return (yield from self._embed(call))
            case LoadPicture():
                return (yield from self._pages.load_picture(self._store, call))
            case RenderPage():
                return (yield from self._pages.render(self._store, call))
            case ReadText():
                return _text(self._store, call)
            case ReadGrid():
                return read_grid(self._store, call)
            case ListHiddenText():
                document = document_of(self._store, call.document_id)
                return HiddenTextListed(document=document, found=self._store.hidden_texts(document.id))
            case CompareVersions():
                return (yield from compare_versions(self._store, call))
            case ReadFields():
                return (yield from read_fields(self._store, call, self._search, self._read))
            case Find():
                return (yield from find(self._open, call, self._embedder_in_use))
            case Outline() | Extract() | FindTopics():
                return (yield from summarised(self._store, call, self._embedder_in_use))
            case ReadSheets():
                return (yield from self._sheets.read(self._store, call))
            case RunPlan():
                return (yield from self._sheets.run(self._store, call))
            case CheckHealth():
                embedder = yield from self._embedder_in_use()
                return (yield from health(self._open, embedder.identity.id, self._in_use.problem))
            case _:
                raise AppError("The documents process cannot do this.", detail=type(call).__name__)

    def background(self) -> Iterator[None]:
        """Finish what a crash interrupted, warm up, read anew what another embedder read, bring Chroma in step."""
        fresh = not self._stores.is_open
        while fresh and time.monotonic() < self._asked_at + FIRST_S:
            time.sleep(POLL_S)
            yield
        self._warm.start()  # beside the opening, which may have to examine the index
        try:
            opened = self._open
        except AppError:
            return  # the first request says why
        if opened.store.purge_due() and not opened.store.read_only:
            opened.vectors.forget(rest=not fresh)
            opened.codes.forget()
            opened.store.purge()
            yield
        if not opened.store.read_only:
            self._stores.presentations.sweep(opened.store)
        while not self._warm.wait(POLL_S):
            yield
        shipped = self._warm.loaded
        if shipped is None:
            return  # as above
        embedder = yield from stepped(self._in_use.embedder(opened.store))
        if isinstance(opened.vectors, Vectors):
            if not opened.matrix.fits():
                yield from opened.codes.synchronize()
            yield
        if not opened.store.read_only:
            yield from rewording.steps(opened.store)
            self._in_use.embedders.sweep()
        if not self._in_use.problem:
            yield from renew(opened.store, embedder, shipped.counter)
            yield from measure_again(opened.store, embedder)
        yield from self._open.vectors.synchronize()

    def close(self) -> None:
        """Let go of everything; safe to call twice."""
        self._pages.close()
        self._recognising.close()
        self._personal.close()
        if self._spare is not None:
            self._spare.close()
            self._spare = None
        self._stores.close()

    @property
    def _open(self) -> Opened:
        return self._stores.open(alone=self._live <= 1)

    @property
    def _store(self) -> Store:
        return self._open.store

    def _embedder_in_use(self) -> Generator[AnyData, None, Vectorizer]:
        """The embedder, whose vectors the store gives from now on."""
        return (yield from self._in_use.embedder(self._store))

    # --- calls -------------------------------------------------------------------------------------------------------

    def _add(self, call: Add) -> Steps:
        store = self._store
        identity, load = yield from for_adding(store, self._in_use)
        lent = self._spare or Parser()
        self._spare = None
        self._recognising.expect(call.passwords)
        try:
            added = yield from Indexing(store, call, identity, load, self._warm.counter, lent).steps()
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
        shipped = yield from self._in_use.shipped()
        return Searched(result=searched(opened, embedder, shipped, call))

    def _ground(self, call: Ground) -> Steps:
        embedder = yield from self._warm.embedder()
        began = time.perf_counter()
        support = tuple(ground(call.sentences, call.passages, embedder.encode_queries))
        return Grounded(support=support, elapsed_ms=(time.perf_counter() - began) * 1000)

    def _read(self, call: Read) -> Steps:
        began = time.perf_counter()
        reader = yield from self._warm.reader()
        found = yield from reader.read(call.question, call.passages)
        elapsed = (time.perf_counter() - began) * 1000
        return Readings(readings=found, elapsed_ms=elapsed, reader=reader.name)

    def _embed(self, call: Embed) -> Steps:
        embedder = yield from self._embedder_in_use()
        counter = (yield from self._in_use.shipped()).counter
        return (yield from embedded(embedder, counter, call.texts))


def _text(store: Store, call: ReadText) -> DocumentText:
    text, pages = store.text(call.document_id)
    document = document_of(store, call.document_id)
    messages = messages_of(store, document.id) if document.format == MAIL.key else ()
    return DocumentText(
        name=document.name, format=document.format, text=text, pages=pages, messages=messages,
        by_model=store.model_text(document.id, approved_too=False),
    )  # fmt: skip


def collections_of(store: Store, note: str) -> Collections:
    """The collections, and how many pages wait to be recognised."""
    return Collections(collections=tuple(store.collections()), note=note, scans=store.pages_waiting())


def _name(name: str) -> str:
    """
    Raises:
        AppError: a collection needs a name.
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise AppError("A collection needs a name.", "Please type one.")
    return cleaned
