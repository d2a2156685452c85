"""`python -m app.documents.scale_bench [--passages N] [--folder KEPT]`: an index as large as a company's.

Passages are synthetic and so are their vectors (a million texts would take an embedder days); they go through the real
store, full text and all. Then a documents child is started on them as the core starts it, and asked.

- Texts: 60 words drawn by Zipf's law from 30,000, 500 passages a document.
- Vectors: a direction that all share, one of the document and one of the passage, in an anisotropic normal
  distribution (the i-th axis has the weight i^-0.63): cosines of two passages are .74 ± .02, as multilingual-e5-small
  has them on text. A question is a passage's vector moved to a cosine of about .87 of it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from app.documents.catalogue import UNSEEN
from app.documents.index import recipe_of
from app.documents.store import NewDocument, Store
from app.embedder.identity import Identity
from app.text.parsed import Block, Parsed
from app.text.passages import Piece

SEED = 7
A_DOCUMENT = 500
STEP = 10_000
COMMON, TOPIC, OWN = 0.74, 0.10, 0.16
"""Shares of a vector's squared length: what all passages share, what those of a document do, and its own."""


class Synthetic:
    """Draws texts and vectors, the same for the same seed."""

    def __init__(self, dimensions: int, seed: int = SEED) -> None:
        self._random = np.random.default_rng(seed)
        syllables = [first + second for first in "bdfgklmnprst" for second in "aiou"]
        spelled = itertools.islice(itertools.product(syllables, repeat=3), 30_000)
        self._vocabulary = np.array(["".join(word) for word in spelled])
        odds = 1.0 / np.arange(1, len(self._vocabulary) + 1)
        self._cumulative = np.cumsum(odds / odds.sum())
        weights = np.arange(1, dimensions + 1, dtype=np.float32) ** -0.63
        self._axes = np.sqrt(weights / weights.sum()).astype(np.float32)
        self._shared = self._drawn(1)[0]

    def words(self, count: int) -> str:
        drawn = self._vocabulary[np.searchsorted(self._cumulative, self._random.random(count))]
        return " ".join(drawn.tolist())

    def vectors(self, rows: int) -> NDArray[np.float32]:
        """Of the passages of one document (rows × dimensions), each of length 1."""
        mixed = np.sqrt(COMMON) * self._shared + np.sqrt(TOPIC) * self._drawn(1) + np.sqrt(OWN) * self._drawn(rows)
        return _unit(mixed.astype(np.float32))

    def question(self, passage: NDArray[np.float32]) -> NDArray[np.float32]:
        """A vector near that of a passage."""
        moved: NDArray[np.float32] = _unit((passage + np.sqrt(0.33) * self._drawn(1)[0])[None].astype(np.float32))[0]
        return moved

    def _drawn(self, rows: int) -> NDArray[np.float32]:
        return _unit(self._random.standard_normal((rows, len(self._axes)), dtype=np.float32) * self._axes)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def fill(store: Store, passages: int, identity: Identity) -> Iterator[tuple[int, float, float]]:
    """Put passages into a store; → after each 10,000: how many there are, seconds, and seconds of the processor."""
    made = Synthetic(identity.dimensions)
    store.use(identity)
    collection = store.create_collection("Scale")
    wall, busy = time.perf_counter(), time.process_time()
    for number in range(passages // A_DOCUMENT):
        parts = [made.words(60) for _ in range(A_DOCUMENT)]
        starts = list(itertools.accumulate((len(part) + 1 for part in parts), initial=0))
        pieces = [Piece(start, start + len(part), None, "", "", 64) for start, part in zip(starts, parts, strict=False)]
        text = "\n".join(parts)
        rows = [row.tobytes() for row in made.vectors(A_DOCUMENT).astype("<f4")]
        parsed = Parsed("text", text, (Block("paragraph", 0, len(text)),), sha256=str(number))
        path = f"/scale/{number}.txt"
        store.put(NewDocument(collection, path, parsed, recipe_of(identity), UNSEEN, pieces, rows))
        if (there := (number + 1) * A_DOCUMENT) % STEP == 0:
            yield there, time.perf_counter() - wall, time.process_time() - busy
            wall, busy = time.perf_counter(), time.process_time()
