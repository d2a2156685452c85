"""The documents child: answers each DocumentsCall over the store, the embedder, Chroma and the parser.

The store opens with the first request and takes milliseconds; the embedder loads in a thread of its own, so that lists
are answered while it warms up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from app.documents.embed import Counter, Embedder
from app.documents.index import Indexing
from app.documents.matrix import Matrix
from app.documents.parse_process import Parser
from app.documents.search import Searcher
from app.documents.store import Store
from app.errors import AppError
from app.paths import Home
from app.workers import protocol as p
from app.workers.roles import Steps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Warm:
    """The embedder on its way: loading starts in a thread, whoever needs it waits for it."""

    def __init__(self) -> None:
        self._embedder: Embedder | None = None
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._load, name="embedder", daemon=True)
            self._thread.start()

    def _load(self) -> None:
        try:
            self._embedder = Embedder()
        except (AppError, OSError, ImportError, ValueError, RuntimeError) as error:
            self._error = error

    def ready(self) -> bool:
        return self._thread is not None and not self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        """Whether it is there within so many seconds."""
        self.start()
        assert self._thread is not None
        self._thread.join(seconds)
        return self.ready()

    def get(self) -> Embedder:
        """
        Raises:
            AppError: the embedder could not be loaded.
        """
        self.wait(120)
        if self._embedder is None:
            raise AppError(
                "The part of Inhouse that reads documents could not be loaded.",
                "Please restart Inhouse; if that does not help, install it again.",
                repr(self._error),
            )
        return self._embedder


class DocumentsRole:
    """RoleHandler of the documents child."""

    concurrent = True

    def __init__(self, home: Home) -> None:
        self._home = home
        self._warm = Warm()
        self._opened: tuple[Store, Matrix, Searcher] | None = None

    def _stores(self) -> tuple[Store, Matrix, Searcher]:
        if self._opened is None:
            self._home.root.mkdir(parents=True, exist_ok=True)
            store = Store(self._home.documents_db, self._home.backups)
            matrix = Matrix(store)
            self._opened = (store, matrix, Searcher(store, matrix))
        return self._opened

    @property
    def _store(self) -> Store:
        return self._stores()[0]

    def handle(self, call: p.AnyCall) -> Steps:
        match call:
            case p.ListCollections():
                return p.Collections(collections=tuple(self._store.collections()))
            case p.CreateCollection():
                self._store.create_collection(_name(call.name))
                return p.Collections(collections=tuple(self._store.collections()))
            case p.RenameCollection():
                self._store.rename_collection(call.name, _name(call.new_name))
                return p.Collections(collections=tuple(self._store.collections()))
            case p.ListDocuments():
                return p.Documents(documents=tuple(self._store.documents(call.collection)))
            case p.Add():
                yield from self._warming()
                indexing = Indexing(self._store, call, self._warm.get(), Counter(), Parser)
                return (yield from indexing.steps())
            case p.Search():
                yield from self._warming()
                return self._search(call)
            case p.ReadText():
                return self._read_text(call)
            case _:
                raise AppError("The documents process cannot do this.", "", type(call).__name__)

    def _warming(self) -> Generator[p.Data, None, None]:
        while not self._warm.wait(0.1):
            yield p.Warming()

    def _search(self, call: p.Search) -> p.Searched:
        began = time.perf_counter()
        store, _, searcher = self._stores()
        ids = [found for name in call.collections if (found := store.collection_id(name)) is not None]
        vector: NDArray[np.float32] = self._warm.get().encode([call.query])[0]
        result = searcher.search(call.query, vector, ids, call.k)
        import msgspec

        elapsed = (time.perf_counter() - began) * 1000
        return p.Searched(result=msgspec.structs.replace(result, elapsed_ms=elapsed))

    def _read_text(self, call: p.ReadText) -> p.DocumentText:
        document = self._store.document(call.document_id)
        text, pages = self._store.text(call.document_id)
        assert document is not None
        return p.DocumentText(name=document.name, format=document.format, text=text, pages=pages)

    def background(self) -> Iterator[None]:
        self._warm.start()
        while not self._warm.wait(0.02):
            yield

    def close(self) -> None:
        if self._opened is not None:
            self._opened[0].close()


def _name(name: str) -> str:
    """
    Raises:
        AppError: a collection needs a name.
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise AppError("A collection needs a name.", "Please type one.")
    return cleaned
