"""Adds files to a collection: read ahead, embed in length-sorted batches across files, one transaction a document.

A kill at any line leaves only whole documents; adding the same files again skips those. Memory is bounded by the window
of passages that wait for the embedder, not by the size of the drop.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from msgspec import Struct

from app.documents import folders
from app.documents.containers import OPEN, UnderWay
from app.documents.embed import batches
from app.documents.files import walk
from app.documents.loaders import CONTAINERS
from app.documents.pace import Pace
from app.documents.reading import Closed, Item, Read, ReadAhead, Reader, Refused, Started, Unchanged
from app.documents.store import NewDocument, Store
from app.documents.warned import warned_of
from app.embedder.identity import Identity
from app.members import container_of
from app.text import passages
from app.text.passages import Piece, Tokens, embedded
from app.workers.calls.documents import Add, Added, AddProgress, FileEvent
from app.workers.protocol import AnyData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW = 768
"""Passages that are sorted by length together: enough to waste hardly any padding."""

PATIENCE_S = 0.3
"""How long the embedder waits for more to read before it takes what there is."""


def recipe_of(identity: Identity) -> str:
    """How passages and vectors are made; content indexed by another recipe is indexed again when it is added."""
    return f"{identity.id}/{passages.VERSION}"


class Encoder(Protocol):
    """What turns texts into vectors of length 1."""

    identity: Identity

    def encode(self, texts: list[str]) -> NDArray[np.float32]: ...


class _Open(Struct):
    """A document on its way: read, not yet stored."""

    read: Read
    vectors: list[bytes | None]
    next: int = 0  # first piece not yet handed to the embedder
    missing: int = 0


class Indexing:
    """One Add, as steps. Use `steps()` once."""

    def __init__(
        self,
        store: Store,
        call: Add,
        identity: Identity,
        load: Callable[[], Generator[AnyData, None, Encoder]],
        counter: Callable[[float], Tokens | None],
        reader: Reader,
    ) -> None:
        """`load` gives the embedder of this identity, `counter` waits so many seconds for what measures passages. Both
        are asked once a file was read: nothing is loaded for files that have not changed."""
        self._store = store
        self._call = call
        self._load = load
        self._counter = counter
        self._reader = reader
        self._recipe = recipe_of(identity)
        self._collection_id = call.collection_id
        self._open: list[_Open] = []
        self._containers = UnderWay(store, call.collection_id)
        self._counts = {"indexed": 0, "unchanged": 0, "failed": 0}
        self._total = 0
        self._sizes: dict[str, int] = {}
        self._embedded = 0
        self._pace = Pace()

    def steps(self) -> Generator[AnyData, None, Added]:
        """Run; cancel with `close()`. Between two steps others have their turn, which is no time of this work.

        Raises:
            NoSpace: the disk is full; what was stored before stands.
            AppError: there is no such collection, or it was removed meanwhile.
        """
        with contextlib.closing(self._work()) as work:
            while True:
                try:
                    data = next(work)
                except StopIteration as end:
                    return cast(Added, end.value)
                with self._pace.rest():
                    yield data

    def _work(self) -> Generator[AnyData, None, Added]:
        self._store.require(self._collection_id)
        for path in walk(self._call.paths):
            self._sizes[path] = size = _size(path)
            self._pace.expect(size)
            if len(self._sizes) % 500 == 0:
                yield self._progress(len(self._sizes))
        self._total = len(self._sizes)
        yield self._progress()
        ahead = ReadAhead(
            list(self._sizes),
            self._store.known(self._collection_id),
            self._recipe,
            self._reader,
            self._counter,
            self._call.passwords,
            self._call.force,
            self._call.read_hidden,
            folders.taken_out(self._store, self._collection_id),
            self._store.masks(self._collection_id),
            self._call.exempt,
        )
        try:
            yield from self._run(ahead)
        finally:
            ahead.close()
        return Added(**self._counts)

    def _run(self, ahead: ReadAhead) -> Iterator[AnyData]:
        more = True
        while more or self._open:
            more = yield from self._fill(ahead, more)
            yield from self._embed_window()

    def _fill(self, ahead: ReadAhead, more: bool) -> Generator[AnyData, None, bool]:
        """Take in what was read until a window is full, or nothing comes for a while; → whether there may be more."""
        while more and self._pending() < WINDOW:
            try:
                item = ahead.get(PATIENCE_S)
            except queue.Empty:
                yield self._progress()
                if self._pending():
                    return True
                continue
            if item is None:
                return False
            yield from self._take(item)
        return more

    def _pending(self) -> int:
        return sum(len(doc.vectors) - doc.next for doc in self._open)

    def _take(self, item: Item) -> Iterator[AnyData]:
        if isinstance(item, Started):
            if item.held is not None and item.path not in self._sizes:
                self._sizes[item.path] = item.held.size
                self._pace.expect(item.held.size)
                self._total += 1
            yield FileEvent(path=item.path, status="reading")
        elif isinstance(item, Closed):
            self._containers.closed(item)
            yield from self._close()
        elif isinstance(item, Unchanged):
            if item.seen != item.stored.seen:
                self._store.set_modified(item.stored.id, item.seen)
            self._counts["unchanged"] += 1
            self._pace.passed_over(self._sizes.get(item.path, 0))
            yield FileEvent(
                path=item.path,
                status="unchanged",
                fraction=1.0,
                document_id=item.stored.id,
                pages=item.stored.pages,
                passages=item.stored.passages,
            )
            yield self._progress()
        elif isinstance(item, Refused):
            holder = container_of(item.path)
            while any(doc.read.path == holder for doc in self._open):
                yield from self._embed_window()  # a file in it is stored after the container
            self._counts["failed"] += 1
            self._pace.through(self._sizes.get(item.path, 0))
            document_id = self._store.put_failure(
                self._collection_id, item.path, item.reason, item.code, item.seen, holder
            )
            self._containers.failed(holder)
            yield FileEvent(
                path=item.path, status="failed", document_id=document_id or None, reason=item.reason, code=item.code
            )
            yield self._progress()
        else:
            yield from self._begin(item)

    def _begin(self, read: Read) -> Iterator[AnyData]:
        """Start a document; vectors of the same content filed elsewhere are taken over."""
        vectors: list[bytes | None] = [None] * len(read.pieces)
        twin = None if self._call.force else self._store.twin(read.parsed.sha256, read.recipe)
        if twin is not None:
            stored = {(start, end, context): vector for start, end, context, vector in self._store.twin_vectors(twin)}
            vectors = [stored.get((piece.start, piece.end, piece.context)) for piece in read.pieces]
        doc = _Open(read, vectors, missing=sum(vector is None for vector in vectors))
        self._open.append(doc)
        yield FileEvent(path=read.path, status="indexing", pages=len(read.parsed.pages) or None)
        yield from self._commit_whole()

    def _window(self) -> list[tuple[_Open, int]]:
        """The next passages to embed, across documents in their order."""
        chosen: list[tuple[_Open, int]] = []
        for doc in self._open:
            while doc.next < len(doc.vectors) and len(chosen) < WINDOW:
                if doc.vectors[doc.next] is None:
                    chosen.append((doc, doc.next))
                doc.next += 1
        return chosen

    def _embed_window(self) -> Iterator[AnyData]:
        window = self._window()
        if not window:
            return
        encoder = yield from self._load()
        for batch in batches([doc.read.pieces[at].tokens for doc, at in window]):
            chosen = [window[i] for i in batch]
            rows = encoder.encode([_text(doc.read, doc.read.pieces[at]) for doc, at in chosen])
            for (doc, at), row in zip(chosen, rows, strict=True):
                doc.vectors[at] = row.astype("<f4").tobytes()
                doc.missing -= 1
            self._embedded += len(chosen)
            yield self._progress()
            yield from self._commit_whole()
        yield from self._commit_whole()
        for doc in self._open:
            if doc.next:
                done = 1 - doc.missing / len(doc.vectors)
                yield FileEvent(path=doc.read.path, status="indexing", fraction=done)

    def _commit_whole(self) -> Iterator[AnyData]:
        """Store what is embedded: a container before what lies in it."""
        for doc in [doc for doc in self._open if not doc.missing]:
            holder = container_of(doc.read.path)
            if not any(other.read.path == holder for other in self._open):
                yield from self._commit(doc)
        yield from self._close()

    def _commit(self, doc: _Open) -> Iterator[AnyData]:
        read = doc.read
        holds = read.parsed.format in CONTAINERS
        document_id = self._store.put(
            NewDocument(
                collection_id=self._collection_id,
                path=read.path,
                parsed=read.parsed,
                recipe=read.recipe + OPEN if holds else read.recipe,
                seen=read.seen,
                pieces=read.pieces,
                vectors=[vector for vector in doc.vectors if vector is not None],
                read_hidden=read.read_hidden,
                within=container_of(read.path),
                exempt=read.exempt,
            )
        )
        self._open.remove(doc)
        if not document_id:
            self._counts["failed"] += 1
            yield FileEvent(path=read.path, status="failed", reason="What it lies in was removed.", code="missing")
        elif holds:
            self._containers.stored(read, document_id)
        else:
            yield from self._indexed(read, document_id)

    def _close(self) -> Iterator[AnyData]:
        """End the containers all of whose files are stored."""
        for each in self._containers.completed([doc.read.path for doc in self._open]):
            yield from self._indexed(each.read, each.document_id, each.note)

    def _indexed(self, read: Read, document_id: int, note: str = "") -> Iterator[AnyData]:
        self._counts["indexed"] += 1
        self._pace.through(self._sizes.get(read.path, 0))
        yield FileEvent(
            path=read.path,
            status="indexed",
            fraction=1.0,
            document_id=document_id,
            pages=len(read.parsed.pages) or None,
            passages=len(read.pieces),
            reason=note or read.parsed.note,
            hidden=warned_of(read.parsed.hidden),
            masked=len(read.parsed.personal),
        )
        yield self._progress()

    def _progress(self, found: int | None = None) -> AddProgress:
        done, seconds = sum(self._counts.values()), self._pace.seconds()
        parts = [
            (1 - doc.missing / len(doc.vectors)) * self._sizes.get(doc.read.path, 0)
            for doc in self._open
            if doc.vectors
        ]
        return AddProgress(
            done=done,
            total=found or self._total,
            passages_per_s=round(self._embedded / seconds, 1) if seconds else 0.0,
            seconds_left=self._pace.left(sum(parts)) if self._total else None,
        )


def _size(path: str) -> int:
    """Bytes of a file; 0 where the system does not say."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _text(read: Read, piece: Piece) -> str:
    return embedded(piece.context, read.parsed.text[piece.start : piece.end])
