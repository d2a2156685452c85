"""Search: full text and meaning, fused by a weighted sum over the candidates of both.

    S = BM25(text + ½ headings) + a · (22 · cosine + 6 · pairs)

- BM25 (k1 1.2, b 0.75) leads: of 813 SQuAD paragraphs it ranks the right one first for 0.83 of the questions,
  the embedder for 0.67. Ranks lose how sure each side is, so plain rank fusion (0.76) is worse than BM25 alone.
- *pairs* is the share, by inverse document frequency, of the question's neighbouring words that are neighbours in
  the passage too ("white house" is not "the house is white"). It is worth 2 points of hit@1.
- *a* is how well the embedder knows the query's language, by its tokens a word (fertility): 1 up to 1.2 (English),
  0.7 in German, 0 from 4.6 (Chinese, Arabic), where its cosines are noise.

Figures, how they were fitted and on what they were checked: docs/retrieval.md.

`score` is the chance that a passage answers, by a logistic fit on the same parts divided by what a perfect match would
have (so that it compares between queries); below FOUND for all passages the documents are said to hold nothing.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.lexical import Question
from app.documents.matrix import Matrix
from app.documents.renewal import waiting
from app.documents.store import Store
from app.documents.vectors import Vectors
from app.types import Candidate, Filter, SearchResult, SearchTrace

LEXICAL, NEAR = 40, 24
"""Candidates by full text and by meaning (docs/retrieval.md: how many right passages are in neither)."""

COSINE, PAIRS = 22.0, 6.0

FOUND = 0.1
"""The score from which documents are said to hold an answer: refuses 1 % (SQuAD) to 5 % (German) of what they can
answer, and 95 % of questions about something else. What lies near but elsewhere, the citation check has to catch."""

LOGISTIC = (14.56, 20.78, -12.89, -4.87, -5.87)
"""Weights of a·cosine, share, a·share, a, 1: fitted on SQuAD and XQuAD-zh against questions of other articles."""


FROM_ONE_DOCUMENT = 3
"""Passages of one document, after which those of others go first that are nearly as good."""

NEARLY = 0.95
"""Share of a passage's total from which another document's passage goes before a fourth one of its own."""

NO_FILTER = Filter()

NOWHERE = "“{0}” stands nowhere in the documents that were searched."
RENEWING = "The full text is being built anew; until then some passages may be missed."


class Parts(msgspec.Struct, frozen=True):
    """What a passage's place comes from: "why this answer"."""

    id: int
    bm25: float
    share: float  # of the BM25 that a passage with every term of the query, once, would have
    cosine: float
    pairs: float
    exact: int  # rare codes and quoted phrases that it holds: more of them go first
    total: float
    chance: float


class Ranking(msgspec.Struct, frozen=True):
    """All candidates, best first, and what search did to get there."""

    parts: list[Parts]
    question: Question
    lexical: list[int]  # by full text, best first
    near: list[int]  # by meaning
    steps_ms: dict[str, float]


def trust(fertility: float) -> float:
    """How far the embedder is to be believed on a query of so many tokens a word, 0 to 1."""
    return min(1.0, max(0.0, (4.6 - fertility) / 3.4))


class Searcher:
    """Finds passages for a question whose vector is known."""

    def __init__(self, store: Store, matrix: Matrix, vectors: Vectors | None = None) -> None:
        self._store = store
        self._matrix = matrix
        self._vectors = vectors

    def search(
        self,
        query: str,
        vector: NDArray[np.float32],
        believed: float,
        collections: Sequence[int],
        k: int,
        *,
        documents: Sequence[int] | None = None,
        chosen: Filter = NO_FILTER,
        trace: bool = False,
    ) -> SearchResult:
        """The `k` best passages in these collections (none: in all); `believed` is `trust` of the query.

        `documents` are those that the filter `chosen` fits; with `trace` the result says how it came about.
        """
        began = time.perf_counter()
        ranking = self.rank(query, vector, believed, collections, documents)
        owners = self._store.owners([parts.id for parts in ranking.parts])
        ranked = ranking.parts if chosen.documents else spread(ranking.parts, owners, k)
        ranked = ranked[:k]
        passages = self._store.passages([parts.id for parts in ranked])
        scores = np.maximum.accumulate([parts.chance for parts in reversed(ranked)])[::-1]
        found = tuple(
            msgspec.structs.replace(passages[parts.id], score=round(float(score), 4))
            for parts, score in zip(ranked, scores, strict=True)
        )
        notes = [NOWHERE.format(phrase) for phrase in ranking.question.missing]
        return SearchResult(
            passages=found,
            found=bool(found) and found[0].score >= FOUND,
            elapsed_ms=(time.perf_counter() - began) * 1000,
            note=" ".join([*notes, RENEWING] if waiting(self._store) else notes),
            trace=_trace(query, believed, chosen, ranking, ranked, owners) if trace else None,
        )

    def rank(
        self,
        query: str,
        vector: NDArray[np.float32],
        believed: float,
        collections: Sequence[int],
        documents: Sequence[int] | None = None,
    ) -> Ranking:
        """All candidates; those that hold what was wanted to the letter go first."""
        clock = _Clock()
        question = Question(self._store, query)
        clock.lap("question")
        lexical = question.candidates(LEXICAL, collections, documents)
        clock.lap("words")
        near, cosine = self._cosines(vector, believed, collections, lexical, documents)
        clock.lap("meaning")
        ids = sorted(set(near) | set(lexical))
        bodies = self._store.bodies(ids)
        parts = [_weighed(id_, question, bodies[id_], cosine[id_], believed) for id_ in ids]
        parts.sort(key=lambda part: (-part.exact, -part.total, part.id))
        clock.lap("ranking")
        return Ranking(parts, question, lexical, near, clock.laps)

    def _cosines(
        self,
        vector: NDArray[np.float32],
        believed: float,
        collections: Sequence[int],
        lexical: Sequence[int],
        documents: Sequence[int] | None,
    ) -> tuple[list[int], dict[int, float]]:
        """The nearest passages, and the cosine of these and the lexical ones.

        All vectors are compared where memory holds them. Beyond that Chroma proposes, and while it is being rebuilt
        the stored vectors are read through, which is slow but right.
        """
        if self._matrix.fits():
            cosines = self._matrix.scores(vector, collections)
            if documents is not None:
                cosines[~np.isin(self._matrix.ids, self._store.passages_of(documents))] = -2.0
            near = [int(self._matrix.ids[i]) for i in _largest(cosines, NEAR)] if believed else []
            ids = sorted(set(near) | set(lexical))
            return near, dict(zip(ids, map(float, cosines[self._matrix.positions(ids)]), strict=True))
        if documents is None and self._vectors is not None and self._vectors.ready():
            near = self._vectors.nearest(vector, collections, NEAR)
        else:
            near = self._store.nearest(vector, collections, NEAR, documents)
        return near, self._store.cosines(vector, sorted(set(near) | set(lexical)))


class _Clock:
    """Milliseconds of the steps since the one before."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.laps[step] = round((now - self._last) * 1000, 2)
        self._last = now


def _largest(scores: NDArray[np.float32], count: int) -> list[int]:
    count = min(count, len(scores))
    largest = np.argpartition(-scores, count - 1)[:count]
    return [int(i) for i in largest[np.argsort(-scores[largest])] if scores[i] > -2]


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


def _weighed(id_: int, question: Question, body: tuple[str, str, str], cosine: float, believed: float) -> Parts:
    """Weigh one passage."""
    said = question.weigh(*body)
    total = said.bm25 + believed * (COSINE * cosine + PAIRS * said.pairs)
    return Parts(
        id_, said.bm25, said.share, cosine, said.pairs, said.exact, total, _chance(said.share, cosine, believed)
    )


def _chance(share: float, cosine: float, believed: float) -> float:
    a, w = believed, LOGISTIC
    z = w[0] * a * cosine + w[1] * share + w[2] * a * share + w[3] * a + w[4]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def _trace(
    query: str, believed: float, chosen: Filter, ranking: Ranking, shown: Sequence[Parts], owners: dict[int, int]
) -> SearchTrace:
    by_words = {id_: rank for rank, id_ in enumerate(ranking.lexical, 1)}
    by_meaning = {id_: rank for rank, id_ in enumerate(ranking.near, 1)}
    ids = {parts.id for parts in shown}
    last = min((parts.total for parts in shown), default=0.0)
    candidates = tuple(
        Candidate(
            passage_id=parts.id,
            document_id=owners[parts.id],
            by_words=by_words.get(parts.id),
            by_meaning=by_meaning.get(parts.id),
            bm25=parts.bm25,
            share=parts.share,
            cosine=parts.cosine,
            pairs=parts.pairs,
            exact=parts.exact,
            total=parts.total,
            chance=parts.chance,
            outcome="shown"
            if parts.id in ids
            else "enough of its document"
            if parts.total > last
            else "beyond the last",
        )
        for parts in ranking.parts
    )
    asked = ranking.question
    return SearchTrace(
        query=query,
        terms=tuple(sorted({term for clue in asked.clues for term in clue.all_terms()})),
        codes=tuple(asked.codes),
        phrases=tuple(asked.phrases),
        filter=chosen,
        believed=believed,
        candidates=candidates,
        steps_ms=ranking.steps_ms,
    )
