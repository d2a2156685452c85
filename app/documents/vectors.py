"""Chroma: the vector index for sizes that exact search in memory does not hold. The only importer of chromadb.

It is a cache of ids and vectors, never of text, rebuilt from the store whenever it will not open, does not agree with
the store, or held something that was removed: its files keep what it deletes, so removing means building it anew.
A crash inside Chroma takes the process with it: a marker file beside the folder tells the next start.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.documents.store import Store

log = logging.getLogger(__name__)

BATCH = 500
"""Vectors a step hands over: a search may have to wait for one such step. Chroma takes at most 5,461."""

MOST = 500_000
"""Passages up to which Chroma is kept in step; beyond, codes.py proposes (docs/retrieval.md)."""

_NAME = "passages"


class Vectors:
    """Opens nothing until `synchronize` is stepped."""

    def __init__(self, folder: Path, store: Store, *, rest: bool = False) -> None:
        """`rest`: leave Chroma alone, as where its folder cannot be written; exact search answers then."""
        self._folder = folder
        self._store = store
        self._client: Any = None
        self._collection: Any = None
        self._generation = ""
        self._resting = rest
        self.note = "not used in this process" if rest else "not opened yet"

    @property
    def _marker(self) -> Path:
        """Stands while Chroma is being opened or written to; left over, the process died in there."""
        return self._folder.with_name("vectors.open")

    def ready(self) -> bool:
        """Whether Chroma agrees with the store."""
        return self._collection is not None and self._generation == str(self._store.generation)

    def synchronize(self) -> Iterator[None]:
        """Bring Chroma in step with the store, a batch a step; rebuild it where that cannot be. Cheap when it is."""
        if self.ready() or self._resting or not self._store.dimensions:
            return
        if self._store.stale():
            self.note = "waits until every document is read by the embedder in use; exact search answers"
            return
        if self._store.count() > MOST:
            if self._collection is not None or self._folder.exists():
                self.wipe()
            self.note = f"not used beyond {MOST:,} passages"
            return
        if self._collection is None and not self._store.count() and not self._folder.exists():
            self.note = "ok"
            return
        for _ in self._attempts():
            yield
            if self._resting:
                return  # something was removed between two steps

    def _attempts(self) -> Iterator[None]:
        yield from _imported()
        for attempt in range(2):
            try:
                yield from self._synchronize()
                return
            except _chroma_errors() as error:
                log.info("Chroma is built anew: %r", error)
                self.note = f"rebuilt: it could not be used ({type(error).__name__})"
                self.wipe()
                if attempt:
                    self.note = f"unavailable ({type(error).__name__}); exact search answers instead"

    def _synchronize(self) -> Iterator[None]:
        wanted = str(self._store.generation)
        if self._collection is None:
            self._open()
            yield
        held = self._collection.metadata or {}
        after = int(held.get("last", 0))
        if held.get("chain") != self._store.meta("chain", "0"):
            self.wipe()
            self._open()
            after = 0
        if self._collection.count() != self._store.count_to(after):
            if after:
                self.note = "rebuilt: it did not agree with the documents"
            self.wipe()
            self._open()
            after = 0
        with self._guard():
            while batch := self._store.vectors(after, BATCH):
                self._add(batch)
                after = batch[-1][0]
                yield
            self._collection.modify(metadata={"chain": self._store.meta("chain", "0"), "last": after})
        self._generation = wanted
        if not self.note.startswith("rebuilt"):
            self.note = "ok"

    def _add(self, batch: Sequence[tuple[int, int, bytes]]) -> None:
        joined = np.frombuffer(b"".join(row[2] for row in batch), "<f4").reshape(len(batch), -1)
        self._collection.upsert(
            ids=[str(row[0]) for row in batch],
            embeddings=joined,
            metadatas=[{"collection": row[1]} for row in batch],
        )

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        self._marker.parent.mkdir(parents=True, exist_ok=True)
        self._marker.touch()
        yield
        self._marker.unlink(missing_ok=True)

    def _open(self) -> None:
        """Open or create; a folder in which the process died before is not trusted again."""
        if self._marker.exists():
            log.warning("Inhouse ended inside Chroma the last time; its folder is built anew.")
            self.note = "rebuilt: Inhouse ended while writing it"
            self.wipe()
        with self._guard():
            import chromadb
            from chromadb.config import Settings

            self._folder.mkdir(parents=True, exist_ok=True)
            self._client = chromadb.PersistentClient(str(self._folder), Settings(anonymized_telemetry=False))
            self._collection = self._client.get_or_create_collection(
                _NAME, embedding_function=None, configuration={"hnsw": {"space": "ip"}}
            )

    def wipe(self) -> None:
        """Close Chroma and remove its folder with all it holds."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._folder.is_file():
            self._folder.unlink(missing_ok=True)
        self._marker.unlink(missing_ok=True)

    def forget(self, *, rest: bool = True) -> None:
        """Something was removed from the store: nothing of it may stay in Chroma's files.

        They are built anew by the next process and not by this one, unless `rest` is False: Chroma writes memory to its
        files that it never filled, and memory that this process has used before may hold what was removed (seen: one
        removed vector in about ten rebuilds). Exact search answers until then.
        """
        if self._collection is not None or self._folder.exists():
            self.wipe()
            self.note = "resting after documents were removed; built anew at the next start"
        self._resting = self._resting or rest

    def close(self) -> None:
        """Let go of Chroma's files."""
        client, self._client, self._collection, self._generation = self._client, None, None, ""
        if client is not None:
            with contextlib.suppress(*_chroma_errors()):
                client.close()
        if _is_imported():  # it keeps a client that failed to start, and would hand that out again
            sys.modules["chromadb"].api.client.SharedSystemClient.clear_system_cache()

    def nearest(self, query: NDArray[np.float32], collections: Sequence[int], count: int) -> list[int]:
        """Passages near a query, approximately. Call only when `ready`.

        Raises:
            RuntimeError: Chroma failed; it is closed and rebuilt later.
        """
        where = {"collection": {"$in": [int(c) for c in collections]}} if collections else None
        try:
            found = self._collection.query(query_embeddings=[query], n_results=count, where=where, include=[])
        except _chroma_errors() as error:
            self.wipe()
            raise RuntimeError(str(error)) from error
        return [int(id_) for id_ in found["ids"][0]]


def _import_chroma() -> None:
    import chromadb  # noqa: F401


_importing = threading.Thread(target=_import_chroma, daemon=True)


def _imported() -> Iterator[None]:
    """Import Chroma beside the requests: it takes a second or two. Who comes meanwhile waits for the same import."""
    if _importing.ident is None:
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        _importing.start()
    while _importing.is_alive():
        _importing.join(0.02)
        yield


def _is_imported() -> bool:
    """Whether Chroma is there as a whole: a module that is still being imported has a name, and nothing in it."""
    return "chromadb" in sys.modules and not _importing.is_alive()


def _chroma_errors() -> tuple[type[BaseException], ...]:
    """What Chroma throws: its own, its Rust core's panics (a BaseException by name), and SQLite's and the disk's."""
    errors: list[type[BaseException]] = [
        *[sqlite3.Error, OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError]
    ]
    with contextlib.suppress(ImportError):
        from chromadb.errors import ChromaError, InternalError

        errors += [ChromaError, InternalError]
    with contextlib.suppress(ImportError):
        from pyo3_runtime import PanicException  # type: ignore[import-not-found]

        errors.append(PanicException)
    return tuple(errors)
