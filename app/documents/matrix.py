"""All vectors in memory, for exact search: 100,000 take about 150 MB and some 10 ms a question.

Filled from the store when it is first needed and kept in step with it; nothing here is ever the truth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.documents.store import Store

LIMIT = 250_000
"""Passages up to which the vectors are held (384 MB); beyond, Chroma proposes and the store's vectors decide."""

WIDTH = 384
"""Dimensions that the limit is meant for; of wider vectors fewer are held."""


class Matrix:
    """The stored vectors, row by row, with the id and the collection of each passage."""

    def __init__(self, store: Store, limit: int = LIMIT) -> None:
        self._store = store
        self._limit = limit
        self._rows = 0
        self._vectors = np.empty((0, store.dimensions), np.float32)
        self._ids = np.empty(0, np.int64)
        self._collections = np.empty(0, np.int64)
        self._generation = -1
        self._embedder = store.embedder

    @property
    def ids(self) -> NDArray[np.int64]:
        return self._ids[: self._rows]

    @property
    def is_held(self) -> bool:
        """Whether rows are in memory."""
        return self._rows > 0

    def fits(self) -> bool:
        """Whether all passages may be held, and an embedder is in use; brings the rows up to date when they are."""
        if self._embedder != self._store.embedder:
            self.clear()
        if not self._store.dimensions:
            return False
        generation = self._store.generation
        if generation != self._generation:
            if self._store.count() * max(self._store.dimensions, WIDTH) > self._limit * WIDTH:
                self.clear()
                return False
            self._forget(self._store.take_erased())
            self._renew(self._store.take_renewed())
            self._load()
            self._generation = generation
        return True

    def clear(self) -> None:
        """Give the memory back."""
        self.__init__(self._store, self._limit)  # type: ignore[misc]

    def scores(self, query: NDArray[np.float32], collections: Sequence[int]) -> NDArray[np.float32]:
        """Cosine with every row (rows,), −2 where its collection is not asked for; all of them are for none."""
        scores: NDArray[np.float32] = self._vectors[: self._rows] @ query
        if collections:
            scores[~np.isin(self._collections[: self._rows], np.asarray(collections))] = -2.0
        return scores

    def positions(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """The rows of these passages; ids rise, so a binary search finds them."""
        return np.searchsorted(self.ids, np.asarray(ids, np.int64))

    def _load(self) -> None:
        after = int(self.ids[-1]) if self._rows else 0
        while batch := self._store.vectors(after):
            self._grow(len(batch))
            place = slice(self._rows, self._rows + len(batch))
            self._ids[place] = [row[0] for row in batch]
            self._collections[place] = [row[1] for row in batch]
            joined = b"".join(row[2] for row in batch)
            self._vectors[place] = np.frombuffer(joined, "<f4").reshape(len(batch), -1)
            self._rows += len(batch)
            after = batch[-1][0]

    def _renew(self, renewed: Sequence[int]) -> None:
        """Take other vectors of passages that are held."""
        held = np.intersect1d(self.ids, np.asarray(renewed, np.int64))
        for start in range(0, len(held), 10_000):
            vectors = self._store.vectors_of([int(id_) for id_ in held[start : start + 10_000]])
            for id_, vector in vectors.items():
                self._vectors[self.positions([id_])[0]] = np.frombuffer(vector, "<f4")

    def _grow(self, more: int) -> None:
        if self._rows + more <= len(self._ids):
            return
        size = max(self._rows + more, len(self._ids) * 3 // 2)
        for name in ("_vectors", "_ids", "_collections"):
            old = getattr(self, name)
            new = np.empty((size, *old.shape[1:]), old.dtype)
            new[: self._rows] = old[: self._rows]
            setattr(self, name, new)

    def _forget(self, erased: Sequence[int]) -> None:
        """Drop rows and overwrite what they leave behind."""
        if not erased or not self._rows:
            return
        keep = ~np.isin(self.ids, np.asarray(erased))
        left = int(keep.sum())
        for array in (self._vectors, self._ids, self._collections):
            array[:left] = array[: self._rows][keep]
            array[left:] = 0
        self._rows = left
