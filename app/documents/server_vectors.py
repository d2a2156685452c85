"""Vectors on a Chroma server of the company: a cache of the index, like Chroma's own folder, for more than fits here.

What leaves this computer are vectors and the numbers of passages and collections; texts and names stay. Every change
waits in the index (`vector_queue`) until the server has confirmed it, so that an end at whatever line costs nothing.
Requests go out one after the other from a thread of their own: an older one never overtakes a removal.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.documents import vector_queue
from app.documents.chroma_server import ChromaServer, NotThere
from app.documents.store import Store
from app.errors import AppError
from app.vector_server import VectorServer
from app.workers.calls.vectors import VectorProgress, VectorServerFound, VectorState

log = logging.getLogger(__name__)
T = TypeVar("T")

TURN_S = 0.01
FRESH = 5_000
"""Passages that are compared here because the server may not have them yet; with more of them it is not asked."""
AGAIN_S, LONGEST_S = 5.0, 300.0
"""After a failure the server is left alone for so long, twice as long after each further one, up to the second."""
WAITS_FOR_KEY = "the key of the vector server is not there yet"
AWAY = "The vector server {0} was not asked ({1}): only words were compared."
AWAY_EXACT = "The vector server {0} was not asked ({1}): the vectors on this computer were compared instead."
FILLING = "it does not have all vectors yet"
"""What a search says that did not ask the server."""


class ServerVectors:
    """Connects when `use` has given it the key."""

    def __init__(self, server: VectorServer, store: Store, *, rest: bool = False) -> None:
        """`rest`: only ask, tell nothing, as where the index may only be read."""
        self.server, self._store, self._resting = server, store, rest
        self._remote: ChromaServer | None = None
        self._collection = ""
        self._collection_of, self._looked_through = "", False
        self._away_until, self._away_s = 0.0, 0.0
        self.problem = ""
        self._pool = ThreadPoolExecutor(1, "vector-server")
        if not server.keyed:
            self.use("")

    @property
    def note(self) -> str:
        """For the doctor."""
        if self.problem:
            return f"{self.server.host}: {self.problem}"
        waiting = vector_queue.waiting(self._store)
        return f"on {self.server.host}; {waiting} changes wait" if waiting else f"on {self.server.host}"

    def use(self, key: str) -> None:
        """The server may be asked, with this key, from now on."""
        self._let_go()
        self._remote = ChromaServer(self.server, key)
        self._away_until = self._away_s = 0.0

    def state(self) -> VectorState:
        return VectorState(waiting=vector_queue.waiting(self._store), problem=self.problem)

    # --- search -------------------------------------------------------------------------------------------------------

    def nearest(self, query: NDArray[np.float32], collections: Sequence[int], count: int) -> list[int] | None:
        """Passages near a query; None where the server cannot say: it is away, or has not been told of enough."""
        remote = self._remote
        if remote is None or not self._is_ours() or time.monotonic() < self._away_until:
            return None
        fresh = vector_queue.untold(self._store, FRESH + 1)
        if len(fresh) > FRESH:
            return None
        try:
            found = self._pool.submit(self._nearest, remote, query, collections, count).result()
        except AppError as error:
            self._failed(error)
            return None
        self._away_s, self.problem = 0.0, ""
        return [*found, *(each for each in fresh if each not in found)]

    def _nearest(
        self, remote: ChromaServer, query: NDArray[np.float32], collections: Sequence[int], count: int
    ) -> list[int]:
        return remote.nearest(self._opened(remote), query.tolist(), collections, count)

    # --- keeping it in step -------------------------------------------------------------------------------------------

    def synchronize(self) -> Iterator[None]:
        """Tell the server what it has not been told, a batch a step; nothing where it is away."""
        for _ in self.tell():
            yield

    def tell(self) -> Generator[VectorProgress | None, None, VectorState]:
        """The same, with how much is left; → how it stands."""
        remote, store = self._remote, self._store
        if remote is None or self._resting or store.embedder is None or time.monotonic() < self._away_until:
            return self.state()
        try:
            if not self._is_ours():
                yield from self._waited(lambda: self._renewed(remote))
                vector_queue.begin(store, self._whom)
            while True:
                rows, passages, gone = vector_queue.next_batch(store, remote.batch)
                if not rows:
                    break
                yield from (self._remove if gone else self._send)(remote, passages)
                vector_queue.told(store, rows)
                yield VectorProgress(waiting=vector_queue.waiting(store))
            yield from self._look_through(remote)
            self._away_s, self.problem = 0.0, ""
        except AppError as error:
            self._failed(error)
        return self.state()

    def confirm(self) -> Generator[None, None, int]:
        """Have the server delete what was removed here; → how many vectors it has not confirmed to be gone."""
        self._away_until = 0.0  # a person waits for it
        steps = self.tell()
        while self._unconfirmed():
            try:
                next(steps)
            except StopIteration:
                break
            yield
        steps.close()
        return self._unconfirmed()

    def _unconfirmed(self) -> int:
        """Removals first of all: where the server still has a collection of before, it may hold everything."""
        if not self._is_ours():
            return 1
        return int(self._store.db.execute("SELECT count(*) FROM vector_queue WHERE gone = 1").fetchone()[0])

    def _send(self, remote: ChromaServer, passages: Sequence[int]) -> Iterator[None]:
        """Those that another embedder made are nothing yet; those that are gone are told as such."""
        marks = ",".join("?" * len(passages))
        sql = f"""SELECT p.id, d.collection_id FROM passages p JOIN documents d ON d.id = p.document_id
            WHERE p.id IN ({marks})"""
        filed = dict(tuple(row) for row in self._store.db.execute(sql, tuple(passages)))
        vectors = self._store.vectors_of(list(filed))
        rows = [(id_, filed[id_], vector) for id_, vector in vectors.items() if any(vector)]
        if rows:
            yield from self._waited(lambda: remote.upsert(self._opened(remote), rows))

    def _remove(self, remote: ChromaServer, passages: Sequence[int]) -> Iterator[None]:
        left = yield from self._waited(lambda: remote.delete(self._opened(remote), passages))
        if left:
            raise AppError(f"{self.server.host} did not delete what was removed.", "Ask who looks after it.")

    def _renewed(self, remote: ChromaServer) -> None:
        """A collection for this embedder, empty; those of before go."""
        self._drop_all(remote)
        self._collection, self._collection_of = remote.collection(self._name), self._name

    def _drop_all(self, remote: ChromaServer) -> None:
        for name in remote.names():
            if name.startswith(self.server.prefix):
                remote.drop(name)

    def _look_through(self, remote: ChromaServer) -> Iterator[None]:
        """Once after each opening: a collection that lost vectors is filled anew."""
        if self._looked_through:
            return
        count = yield from self._waited(lambda: remote.count(self._opened(remote)))
        self._looked_through = True
        stale = set(self._store.stale())
        sql = "SELECT document_id, count(*) FROM passages GROUP BY document_id"
        there = sum(row[1] for row in self._store.db.execute(sql) if row[0] not in stale)
        if count < there:
            log.info("The vector server has %d of %d vectors; it is told of all anew.", count, there)
            vector_queue.end(self._store)

    def drop_all(self) -> Generator[None, None, VectorState]:
        """Delete all that the server has of this data folder; → what could not be."""
        remote = self._remote
        if remote is None:
            return VectorState(problem=WAITS_FOR_KEY)
        try:
            yield from self._waited(lambda: self._drop_all(remote))
        except AppError as error:
            return VectorState(problem=str(error))
        return VectorState()

    def forget(self, *, rest: bool = True) -> None:
        """Something was removed: the queue knows, in the same transaction."""

    def close(self) -> None:
        self._let_go()
        self._pool.shutdown(wait=False, cancel_futures=True)

    # --- the connection -----------------------------------------------------------------------------------------------

    @property
    def _whom(self) -> str:
        embedder = self._store.embedder
        return f"{self.server.id} {embedder.id if embedder is not None else ''}"

    @property
    def _name(self) -> str:
        """Of the collection: one for each embedder, whose vectors are never compared."""
        return self.server.prefix + hashlib.sha256(self._whom.encode()).hexdigest()[:8]

    def _is_ours(self) -> bool:
        return vector_queue.is_for(self._store, self._whom)

    def _opened(self, remote: ChromaServer) -> str:
        name = self._name
        if self._collection_of != name:
            self._collection, self._collection_of = remote.collection(name), name
        return self._collection

    def _waited(self, work: Callable[[], T]) -> Generator[None, None, T]:
        """Have it done in the thread; others have their turn meanwhile."""
        future: Future[T] = self._pool.submit(work)
        while not future.done():
            wait([future], TURN_S)
            yield None
        return future.result()

    def _failed(self, error: AppError) -> None:
        log.info("The vector server: %s %s", error, error.detail)
        self.problem = str(error)
        self._collection_of, self._looked_through = "", False
        if isinstance(error, NotThere):
            vector_queue.end(self._store)  # it lost the collection: all is told anew
        self._away_s = min(LONGEST_S, 2 * self._away_s or AGAIN_S)
        self._away_until = time.monotonic() + self._away_s

    def _let_go(self) -> None:
        remote, self._remote = self._remote, None
        self._collection_of, self._looked_through = "", False
        if remote is not None:
            remote.close()  # a request under way ends with it


def checked(server: VectorServer, key: str) -> VectorServerFound:
    """What stands at an address.

    Raises:
        AppError: no Chroma server, or none that can be used; in plain words.
    """
    remote = ChromaServer(server, key)
    try:
        return remote.check()
    finally:
        remote.close()
