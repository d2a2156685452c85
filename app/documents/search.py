"""Search: full text and meaning, fused.

Score of a passage = BM25 + weight · cosine.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents import words
from app.documents.matrix import Matrix
from app.documents.store import Store, scope_term
from app.types import Passage, SearchResult

CANDIDATES = 60
COSINE_WEIGHT = 14.0


class Searcher:
    """Finds passages for a question whose vector is known."""

    def __init__(self, store: Store, matrix: Matrix) -> None:
        self._store = store
        self._matrix = matrix

    def search(self, query: str, vector: NDArray[np.float32], collections: Sequence[int], k: int) -> SearchResult:
        began = time.perf_counter()
        ranked = self.rank(query, vector, collections)[:k]
        passages = self._store.passages([id_ for id_, _ in ranked])
        found = tuple(
            msgspec.structs.replace(passages[id_], score=max(0.0, min(1.0, score / 40))) for id_, score in ranked
        )
        return SearchResult(passages=found, found=bool(found), elapsed_ms=(time.perf_counter() - began) * 1000)

    def rank(self, query: str, vector: NDArray[np.float32], collections: Sequence[int]) -> list[tuple[int, float]]:
        if not self._matrix.fits() or not len(self._matrix.ids):
            return []
        cosines = self._matrix.scores(vector, collections)
        lexical = dict(self._lexical(query, collections))
        count = min(CANDIDATES, len(cosines))
        near = np.argpartition(-cosines, count - 1)[:count]
        ids = {int(self._matrix.ids[i]) for i in near if cosines[i] > -2} | set(lexical)
        order = sorted(ids)
        cos = cosines[self._matrix.positions(order)]
        scored = [(i, lexical.get(i, 0.0) + COSINE_WEIGHT * float(c)) for i, c in zip(order, cos, strict=True)]
        return sorted(scored, key=lambda pair: (-pair[1], pair[0]))

    def _lexical(self, query: str, collections: Sequence[int]) -> list[tuple[int, float]]:
        terms = words.query_terms(query)
        if not terms:
            return []
        match = " OR ".join(f'"{term}"' for term in terms)
        match = "{context body} : (" + match + ")"
        if collections:
            match = f"({match}) AND scope : ({' OR '.join(scope_term(c) for c in collections)})"
        rows = self._store.db.execute(
            "SELECT rowid, -bm25(words, 0.0, 0.5, 1.0) AS s FROM words WHERE words MATCH ? ORDER BY s DESC LIMIT ?",
            (match, CANDIDATES),
        )
        return [(row[0], row[1]) for row in rows]
