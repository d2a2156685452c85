"""Search: full text and meaning, fused by a weighted sum over the candidates of both.

    S = BM25(text + ½ headings) + COSINE · (cosine − mean of the question's cosines) + PAIRS · pairs

- BM25 (lexical.py) leads where question and documents are in one language; in two it says next to nothing, and the
  cosine alone decides. Ranks lose how sure each side is, so plain rank fusion is worse than BM25 alone.
- *pairs* is the share, by inverse document frequency, of the question's neighbouring words that are neighbours in
  the passage too ("white house" is not "the house is white"). It is worth 2 points of hit@1.
- A passage whose vector another embedder made is weighed as if its cosine were the mean.

Figures, how they were fitted and on what they were checked: docs/retrieval.md.

`score` is the chance that a passage answers, by a logistic fit on what compares between queries: the cosine; how many
standard deviations it lies above the question's others; BM25 divided by what a perfect match would have (share); pairs;
and how much of the question any document has a word of (known), next to nothing where the languages differ. Below FOUND
for the first passages the documents are said to hold nothing.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.background import SPREAD, TYPICAL, like_shipped
from app.documents.codes import INLINE, Codes
from app.documents.lexical import Question, Weighed
from app.documents.matrix import Matrix
from app.documents.rewording import waiting
from app.documents.same_content import once
from app.documents.server_vectors import AWAY, AWAY_EXACT, FILLING, ServerVectors
from app.documents.store import Store
from app.documents.vectors import Vectors
from app.types import Candidate, Filter, Rank, SearchResult, SearchTrace

LEXICAL, NEAR = 40, 24
"""Candidates by full text and by meaning (docs/retrieval.md: how many right passages are in neither)."""

COSINE, PAIRS = 170.0, 10.0

FOUND = 0.3
"""The score from which documents are said to hold an answer. What it refuses and accepts is in docs/retrieval.md; what
lies near but elsewhere, the citation check has to catch."""

SURE = 3
"""The first passages that may say so: among many, one is always near to something."""

LOGISTIC = (23.88, 1.98, 5.88, 5.60, -6.24, -25.29)
"""Weights of cosine, deviations, share, pairs, known, 1: fitted on half of the articles (docs/retrieval.md)."""

LEXICAL_LOGISTIC = (20.78, -5.87)
"""Weights of share, 1 where the vector is another embedder's."""

PRIOR = 20
"""Passages that the usual mean and standard deviation of a question's cosines count for."""

FAR = 6.0
"""Standard deviations above the usual cosine that count as "the same meaning"."""

FROM_ONE_DOCUMENT = 3
"""Passages of one document, after which those of others go first that are nearly as good."""

NEARLY = 0.95
"""Share of a passage's total from which another document's passage goes before a fourth one of its own."""

NO_FILTER = Filter()

NOWHERE = "“{0}” stands nowhere in the documents that were searched."
READING = "The vectors of the documents are being read: until then only words were compared."
RENEWING = "The full text is being built anew; until then some passages may be missed."


class Parts(msgspec.Struct, frozen=True):
    """What a passage's place comes from: "why this answer"."""

    id: int
    bm25: float
    share: float  # of the BM25 that a passage with every term of the query, once, would have
    cosine: float  # 0 where it is not known: the vector is another embedder's
    meaning: float  # the cosine beyond what any passage has with the query, 0 to 1
    pairs: float
    exact: int  # rare codes and quoted phrases that it holds: more of them go first
    total: float
    chance: float


class Near(msgspec.Struct, frozen=True):
    """What the embedder says to a question."""

    ids: list[int]  # nearest passages, the nearest first
    cosine: dict[int, float]  # of these and of the lexical ones; 0 where another embedder made the vector
    mean: float = TYPICAL
    spread: float = SPREAD
    note: str = ""  # why it says less than it could


class Ranking(msgspec.Struct, frozen=True):
    """All candidates, best first, and what search did to get there."""

    parts: list[Parts]
    question: Question
    lexical: list[int]  # by full text, best first
    near: list[int]  # by meaning
    steps_ms: dict[str, float]
    note: str = ""


class Searcher:
    """Finds passages for a question whose vector is known."""

    def __init__(
        self,
        store: Store,
        matrix: Matrix,
        vectors: Vectors | ServerVectors | None = None,
        codes: Codes | None = None,
    ) -> None:
        self._store = store
        self._matrix = matrix
        self._vectors = vectors
        self._codes = codes

    def search(
        self,
        query: str,
        vector: NDArray[np.float32],
        collections: Sequence[int],
        k: int,
        *,
        documents: Sequence[int] | None = None,
        chosen: Filter = NO_FILTER,
        trace: bool = False,
        also: Sequence[tuple[str, NDArray[np.float32]]] = (),
    ) -> SearchResult:
        """The `k` best passages in these collections (none: in all).

        `documents` are those that the filter `chosen` fits; with `trace` the result says how it came about. `also` are
        other forms of the query with their vectors.
        """
        began = time.perf_counter()
        forms = ((query, vector), *also)
        ranking = _merged([self.rank(text, its, collections, documents) for text, its in forms])
        single, also_in = once(self._store, ranking.parts)
        owners = {id_: place[0] for id_, place in self._store.places_of([parts.id for parts in single]).items()}
        ranked = (single if chosen.documents else spread(single, owners, k))[:k]
        passages = self._store.passages([parts.id for parts in ranked])
        scores = np.maximum.accumulate([parts.chance for parts in reversed(ranked)])[::-1]
        found = tuple(
            msgspec.structs.replace(passages[parts.id], score=round(float(score), 4), also=also_in.get(parts.id, ()))
            for parts, score in zip(ranked, scores, strict=True)
        )
        notes = [NOWHERE.format(phrase) for phrase in ranking.question.missing]
        notes += [ranking.note] if ranking.note else []
        result = SearchResult(
            passages=found,
            found=any(parts.chance >= FOUND for parts in ranked[:SURE]),
            elapsed_ms=(time.perf_counter() - began) * 1000,
            note=" ".join([*notes, RENEWING] if waiting(self._store) else notes),
        )
        if not trace:
            return result
        extent = self._store.extent(collections, documents)
        return msgspec.structs.replace(result, trace=self._trace(ranking, ranked, extent, chosen))

    def _trace(self, ranking: Ranking, shown: Sequence[Parts], extent: tuple[int, int], chosen: Filter) -> SearchTrace:
        """`extent` is how many documents and passages were searched."""
        places = self._store.places_of([parts.id for parts in ranking.parts])
        by_words = {id_: rank for rank, id_ in enumerate(ranking.lexical, 1)}
        by_meaning = {id_: rank for rank, id_ in enumerate(ranking.near, 1)}
        ids = {parts.id for parts in shown}
        last = min((parts.total for parts in shown), default=0.0)
        weighed = []
        for parts in ranking.parts:
            document_id, name, page = places[parts.id]
            passed: Rank = "enough of its document" if parts.total > last else "beyond the last"
            weighed.append(
                Candidate(
                    passage_id=parts.id,
                    document_id=document_id,
                    document=name,
                    page=page,
                    share=round(parts.share, 4),
                    meaning=round(parts.meaning, 4),
                    exact=parts.exact,
                    by_words=by_words.get(parts.id),
                    by_meaning=by_meaning.get(parts.id),
                    outcome="shown" if parts.id in ids else passed,
                )
            )
        asked = ranking.question
        return SearchTrace(
            documents=extent[0],
            passages=extent[1],
            candidates=tuple(weighed),
            filter=chosen,
            terms=tuple(sorted({term for clue in asked.clues for term in clue.all_terms()})),
            codes=tuple(asked.codes),
            phrases=tuple(asked.phrases),
            steps_ms=ranking.steps_ms,
        )

    def rank(
        self,
        query: str,
        vector: NDArray[np.float32],
        collections: Sequence[int],
        documents: Sequence[int] | None = None,
    ) -> Ranking:
        """All candidates; those that hold what was wanted to the letter go first."""
        clock = _Clock()
        question = Question(self._store, query)
        clock.lap("question")
        lexical = question.candidates(LEXICAL, collections, documents)
        clock.lap("words")
        near = self._near(vector, collections, lexical, documents)
        clock.lap("meaning")
        bodies = self._store.bodies(sorted(near.cosine))
        parts = [_weighed(id_, question, body, near) for id_, body in bodies.items()]
        parts.sort(key=lambda part: (-part.exact, -part.total, part.id))
        clock.lap("ranking")
        return Ranking(parts, question, lexical, near.ids, clock.laps, near.note)

    def _near(
        self,
        vector: NDArray[np.float32],
        collections: Sequence[int],
        lexical: Sequence[int],
        documents: Sequence[int] | None,
    ) -> Near:
        """The nearest passages, and the cosine of these and the lexical ones.

        All vectors are compared where memory holds them. Beyond that Chroma proposes, or the signs of the vectors do,
        and the stored vectors decide; while these are being read, words alone say what is near. Mean and spread are
        those of the collections, whatever the filter: a few documents say little about what is usual.
        """
        if isinstance(self._vectors, ServerVectors) and documents is None:
            return self._near_on_server(self._vectors, vector, collections, lexical)
        return self._near_here(vector, collections, lexical, documents)

    def _near_on_server(
        self, server: ServerVectors, vector: NDArray[np.float32], collections: Sequence[int], lexical: Sequence[int]
    ) -> Near:
        """What the server proposes, weighed by the vectors that are stored here; where it is away, what is here."""
        near = server.nearest(vector, collections, NEAR)
        if near is not None:
            return self._exact(vector, near, lexical)
        why = server.server.host, server.problem.rstrip(".") or FILLING
        if self._matrix.fits():
            here = self._near_here(vector, collections, lexical, None)
            return msgspec.structs.replace(here, note=AWAY_EXACT.format(*why))
        return msgspec.structs.replace(self._exact(vector, [], lexical), note=AWAY.format(*why))

    def _near_here(
        self,
        vector: NDArray[np.float32],
        collections: Sequence[int],
        lexical: Sequence[int],
        documents: Sequence[int] | None,
    ) -> Near:
        if self._matrix.fits():
            cosines = self._matrix.scores(vector, collections)
            if self._store.background is not None:
                cosines = like_shipped(cosines, self._store.background)
            usual = _moments(cosines)
            if documents is not None:
                cosines[~np.isin(self._matrix.ids, self._store.passage_ids(documents))] = -2.0
            near = [int(self._matrix.ids[i]) for i in _largest(cosines, NEAR)]
            ids = sorted(set(near) | set(lexical))
            picked = map(float, cosines[self._matrix.positions(ids)])
            return Near(near, dict(zip(ids, picked, strict=True)), *usual)
        proposed = self._proposed(vector, collections, documents)
        found = self._exact(vector, proposed or [], lexical)
        return found if proposed is not None else msgspec.structs.replace(found, note=READING)

    def _proposed(
        self, vector: NDArray[np.float32], collections: Sequence[int], documents: Sequence[int] | None
    ) -> list[int] | None:
        """Passages that may be the nearest, where memory does not hold all vectors; None where nothing is ready."""
        if documents is None and isinstance(self._vectors, Vectors) and self._vectors.ready():
            return self._vectors.nearest(vector, collections, NEAR)
        within = self._store.count() if documents is None else len(only := self._store.passage_ids(documents))
        if within <= INLINE:
            return self._store.nearest(vector, collections, NEAR, documents)
        if self._codes is not None and self._codes.ready():
            return self._codes.nearest(vector, collections, None if documents is None else only)
        return None

    def _exact(self, vector: NDArray[np.float32], near: Sequence[int], lexical: Sequence[int]) -> Near:
        """The nearest among what was proposed, as far as it is still there, by the stored vectors."""
        found = self._store.cosines(vector, sorted(set(near) | set(lexical)))
        if self._store.background is not None:
            lifted = like_shipped(np.fromiter(found.values(), np.float32, len(found)), self._store.background)
            found = dict(zip(found, map(float, lifted), strict=True))
        best = sorted((id_ for id_ in near if id_ in found), key=lambda id_: -found[id_])
        # to weigh all that was proposed by its words takes a second
        return Near(best[:NEAR], {id_: found[id_] for id_ in {*best[:NEAR], *lexical} & found.keys()})


class _Clock:
    """Milliseconds of the steps since the one before."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.laps[step] = round((now - self._last) * 1000, 2)
        self._last = now


def _merged(rankings: Sequence[Ranking]) -> Ranking:
    """One ranking of several forms of a question: each passage as the form sees it that gives it the better chance. The
    totals of two forms do not compare, longer ones have higher ones; chances do."""
    first, *others = rankings
    if not others:
        return first
    best: dict[int, Parts] = {}
    for parts in (parts for ranking in rankings for parts in ranking.parts):
        known = best.get(parts.id)
        if known is None or (parts.exact, parts.chance) > (known.exact, known.chance):
            best[parts.id] = parts
    merged = sorted(best.values(), key=lambda parts: (-parts.exact, -parts.chance, parts.id))
    return Ranking(
        merged,
        first.question,
        list(dict.fromkeys(id_ for ranking in rankings for id_ in ranking.lexical)),
        list(dict.fromkeys(id_ for ranking in rankings for id_ in ranking.near)),
        {step: round(sum(ranking.steps_ms[step] for ranking in rankings), 2) for step in first.steps_ms},
        first.note,
    )


def _moments(cosines: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation of the cosines that are known, drawn to what is typical where these are few."""
    known = cosines[cosines > 0].astype(np.float64)
    count = len(known) + PRIOR
    mean = (known.sum() + PRIOR * TYPICAL) / count
    square = (((known - mean) ** 2).sum() + PRIOR * SPREAD**2) / count
    return float(mean), math.sqrt(square)


def _largest(scores: NDArray[np.float32], count: int) -> list[int]:
    """Where the largest of the scores above 0 are, the largest first."""
    count = min(count, len(scores))
    largest = np.argpartition(-scores, count - 1)[:count]
    return [int(i) for i in largest[np.argsort(-scores[largest])] if scores[i] > 0]


def spread(ranked: Sequence[Parts], owners: dict[int, int], k: int) -> list[Parts]:
    """The first `k`, with more than three of one document only where no other one is nearly as good."""
    left, chosen = list(ranked), list[Parts]()
    held: Counter[int] = Counter()
    while left and len(chosen) < k:
        best = left[0]
        if held[owners[best.id]] >= FROM_ONE_DOCUMENT:
            others = (
                each
                for each in left
                if held[owners[each.id]] < FROM_ONE_DOCUMENT
                and each.exact == best.exact
                and each.total >= NEARLY * best.total
            )
            best = next(others, best)
        left.remove(best)
        held[owners[best.id]] += 1
        chosen.append(best)
    return chosen


def _weighed(id_: int, question: Question, body: tuple[str, str, str], near: Near) -> Parts:
    """Weigh one passage."""
    said, cosine = question.weigh(*body), near.cosine[id_]
    lift = cosine - near.mean if cosine else 0.0
    return Parts(
        id=id_,
        bm25=said.bm25,
        share=said.share,
        cosine=cosine,
        meaning=min(1.0, max(0.0, lift / (FAR * near.spread))),
        pairs=said.pairs,
        exact=said.exact,
        total=said.bm25 + COSINE * lift + PAIRS * said.pairs,
        chance=_chance(said, cosine, lift / near.spread, question.known),
    )


def _chance(said: Weighed, cosine: float, deviations: float, known: float) -> float:
    """That a passage answers, 0 to 1."""
    if cosine:
        z = float(np.dot(LOGISTIC, (cosine, deviations, said.share, said.pairs, known, 1.0)))
    else:
        z = float(np.dot(LEXICAL_LOGISTIC, (said.share, 1.0)))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))
