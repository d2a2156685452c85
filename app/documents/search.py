"""Search: full text and meaning, fused by a weighted sum over the candidates of both.

    S = BM25(text + ½ headings) + COSINE · (cosine − mean of the question's cosines) + PAIRS · pairs

- BM25 (k1 1.2, b 0.75) leads where question and documents are in one language; in two it says next to nothing, and the
  cosine alone decides. Ranks lose how sure each side is, so plain rank fusion is worse than BM25 alone.
- *pairs* is the share, by inverse document frequency, of the question's neighbouring words that are neighbours in
  the passage too ("white house" is not "the house is white"). It is worth 2 points of hit@1.
- A passage whose vector another embedder made is weighed as if its cosine were the mean.

Figures, how they were fitted and on what they were checked: docs/retrieval.md.

`score` is the chance that a passage answers, by a logistic fit on what compares between queries: the cosine; how many
standard deviations it lies above the question's others; BM25 divided by what a perfect match would have (share); and
how much of the question any document has a word of (known), next to nothing where the languages differ. Below FOUND for
all passages the documents are said to hold nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.fulltext import scope_term
from app.documents.matrix import Matrix
from app.documents.store import Store
from app.documents.vectors import Vectors
from app.text import words
from app.types import Candidate, SearchResult, SearchTrace

LEXICAL, NEAR = 40, 24
"""Candidates by full text and by meaning (docs/retrieval.md: how many right passages are in neither)."""

K1, B = 1.2, 0.75
"""Robertson and Zaragoza, The Probabilistic Relevance Framework (2009): the usual constants, which are not critical."""

COSINE, PAIRS, HEADINGS = 110.0, 10.0, 0.5

FOUND = 0.1
"""The score from which documents are said to hold an answer: refuses 1 % (SQuAD) to 5 % (German) of what they can
answer, and 95 % of questions about something else. What lies near but elsewhere, the citation check has to catch."""

LOGISTIC = (0.0, 0.0, 0.0, 0.0, 0.0)
"""Weights of cosine, deviations, share, known, 1: fitted on half of the articles (docs/retrieval.md)."""

LEXICAL_LOGISTIC = (20.78, -5.87)
"""Weights of share, 1 where the vector is another embedder's."""

TYPICAL, SPREAD, PRIOR = 0.74, 0.022, 20
"""Mean and standard deviation of a question's cosines with passages of all kinds, and the passages they count for."""

STRONGEST = 8.0
"""Standard deviations above the question's other cosines that count as a match of meaning of 1."""


class Parts(msgspec.Struct, frozen=True):
    """What a passage's place comes from: "why this answer"."""

    id: int
    bm25: float
    share: float  # of the BM25 that a passage with every term of the query, once, would have
    cosine: float  # 0 where it is not known: the vector is another embedder's
    meaning: float  # how far the cosine lies above the question's others, 0 to 1; 0 where it is not known
    pairs: float
    total: float
    chance: float


class Near(msgspec.Struct, frozen=True):
    """What the embedder says to a question."""

    ids: list[int]  # nearest passages
    cosine: dict[int, float]  # of these and of the lexical ones; 0 where another embedder made the vector
    mean: float = TYPICAL
    spread: float = SPREAD


class Searcher:
    """Finds passages for a question whose vector is known."""

    def __init__(self, store: Store, matrix: Matrix, vectors: Vectors | None = None) -> None:
        self._store = store
        self._matrix = matrix
        self._vectors = vectors

    def search(
        self, query: str, vector: NDArray[np.float32], collections: Sequence[int], k: int, *, trace: bool = False
    ) -> SearchResult:
        """The `k` best passages in these collections (none: in all)."""
        began = time.perf_counter()
        candidates = self.rank(query, vector, collections)
        ranked = candidates[:k]
        passages = self._store.passages([parts.id for parts in ranked])
        scores = np.maximum.accumulate([parts.chance for parts in reversed(ranked)])[::-1]
        found = tuple(
            msgspec.structs.replace(passages[parts.id], score=round(float(score), 4))
            for parts, score in zip(ranked, scores, strict=True)
        )
        return SearchResult(
            passages=found,
            found=bool(found) and found[0].score >= FOUND,
            elapsed_ms=(time.perf_counter() - began) * 1000,
            trace=self._trace(candidates, collections) if trace else None,
        )

    def _trace(self, candidates: Sequence[Parts], collections: Sequence[int]) -> SearchTrace:
        documents, passages = self._store.extent(collections)
        places = self._store.places([parts.id for parts in candidates])
        weighed = []
        for parts in candidates:
            document_id, name, page = places[parts.id]
            weighed.append(
                Candidate(
                    passage_id=parts.id,
                    document_id=document_id,
                    document=name,
                    page=page,
                    share=round(parts.share, 4),
                    meaning=round(parts.meaning, 4),
                )
            )
        return SearchTrace(documents=documents, passages=passages, candidates=tuple(weighed))

    def rank(self, query: str, vector: NDArray[np.float32], collections: Sequence[int]) -> list[Parts]:
        """All candidates, best first."""
        terms = words.query_terms(query)
        counts = self._store.term_counts(terms)
        lexical = self._lexical(terms, counts, collections)
        near = self._near(vector, collections, lexical)
        ids = sorted(near.cosine)
        scorer = _Scorer(query, terms, counts, self._store.count(), self._store.mean_terms(), near)
        bodies = self._store.bodies(ids)
        parts = [scorer.score(id_, *bodies[id_]) for id_ in ids]
        return sorted(parts, key=lambda part: (-part.total, part.id))

    def _near(self, vector: NDArray[np.float32], collections: Sequence[int], lexical: Sequence[int]) -> Near:
        """The nearest passages, and the cosine of these and the lexical ones.

        All vectors are compared where memory holds them. Beyond that Chroma proposes, and while it is being rebuilt
        the stored vectors are read through, which is slow but right.
        """
        if self._matrix.fits():
            cosines = self._matrix.scores(vector, collections)
            near = [int(self._matrix.ids[i]) for i in _largest(cosines, NEAR)]
            ids = sorted(set(near) | set(lexical))
            picked = map(float, cosines[self._matrix.positions(ids)])
            return Near(near, dict(zip(ids, picked, strict=True)), *_moments(cosines))
        if self._vectors is not None and self._vectors.ready():
            near = self._vectors.nearest(vector, collections, NEAR)
        else:
            near = self._store.nearest(vector, collections, NEAR)
        return Near(near, self._store.cosines(vector, sorted(set(near) | set(lexical))))

    def _lexical(self, terms: Sequence[str], counts: dict[str, int], collections: Sequence[int]) -> list[int]:
        """Candidates by full text. Words in every other passage only cost time, so rare ones stand for the query."""
        known = sorted((term for term in terms if counts.get(term)), key=lambda term: counts[term])
        chosen: list[str] = []
        seen = 0
        for term in known:
            if chosen and seen + counts[term] > MATCHES:
                break
            chosen.append(term)
            seen += counts[term]
        if not chosen:
            return []
        match = "{context body} : (" + " OR ".join(f'"{term}"' for term in chosen) + ")"
        if collections:
            match = f"({match}) AND scope : ({' OR '.join(scope_term(c) for c in collections)})"
        return self._store.best_words(match, LEXICAL)


MATCHES = 5_000
"""Passages that full text may have to weigh for one query: about 10 ms."""


def _moments(cosines: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation of the cosines that are known, drawn to what is typical where these are few."""
    known = cosines[cosines > 0].astype(np.float64)
    count = len(known) + PRIOR
    mean = (known.sum() + PRIOR * TYPICAL) / count
    square = (((known - mean) ** 2).sum() + PRIOR * SPREAD**2) / count
    return float(mean), math.sqrt(square)


def _largest(scores: NDArray[np.float32], count: int) -> list[int]:
    count = min(count, len(scores))
    return [int(i) for i in np.argpartition(-scores, count - 1)[:count] if scores[i] > 0]


class _Scorer:
    """Weighs passages for one query."""

    def __init__(
        self, query: str, terms: Sequence[str], counts: dict[str, int], passages: int, mean: float, near: Near
    ) -> None:
        self._idf = {t: math.log(1 + (passages - (n := counts.get(t, 0)) + 0.5) / (n + 0.5)) for t in terms}
        self._all = sum(self._idf.values()) or 1.0
        whole = words.terms(query)
        self._neighbours = {(a, b): self._idf.get(a, 0.0) + self._idf.get(b, 0.0) for a, b in pairwise(whole)}
        self._mean = mean
        self._near = near
        self._known = sum(idf for term, idf in self._idf.items() if counts.get(term)) / self._all

    def score(self, id_: int, context: str, text: str) -> Parts:
        """Weigh one passage."""
        body = words.terms(text)
        above = words.terms(context)
        bm25 = self._bm25(body, above)
        together = set(pairwise(body))
        pairs = sum(weight for pair, weight in self._neighbours.items() if pair in together) / self._all
        cosine = self._near.cosine[id_]
        lift = cosine - self._near.mean if cosine else 0.0
        total = bm25 + COSINE * lift + PAIRS * pairs
        share = bm25 / self._all
        meaning = min(max(lift / self._near.spread / STRONGEST, 0.0), 1.0)
        return Parts(id_, bm25, share, cosine, meaning, pairs, total, self._chance(share, cosine))

    def _bm25(self, body: list[str], above: list[str]) -> float:
        length = K1 * (1 - B + B * (len(body) + HEADINGS * len(above)) / self._mean)
        score = 0.0
        for term, idf in self._idf.items():
            if often := body.count(term) + HEADINGS * above.count(term):
                score += idf * often * (K1 + 1) / (often + length)
        return score

    def _chance(self, share: float, cosine: float) -> float:
        if cosine:
            deviations = (cosine - self._near.mean) / self._near.spread
            z = float(np.dot(LOGISTIC, (cosine, deviations, share, self._known, 1.0)))
        else:
            z = float(np.dot(LEXICAL_LOGISTIC, (share, 1.0)))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))
