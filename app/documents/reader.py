"""The reader: where in a passage a question is answered, and how sure that is.

The embedder's own network, with a small adapter, reads question and passage together (`trainer/reader` trains it;
resources/reader/README.md tells on what). As in Devlin et al. (2019), each token is weighed as the start and as the end
of the answer, and the first token stands for "no answer here".
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.documents.embed import Embedder, batches, open_graph
from app.documents.weigh import Candidate, weigh
from app.embedder.prepared import READER_GRAPH
from app.embedder.readers import SHIPPED
from app.text.evidence import heading_of, pieces_of_passage
from app.text.glossary import glossed
from app.types import Passage, Reading

QUESTION_TOKENS, WINDOW, STRIDE = 64, 320, 192
"""Longest question; tokens of a passage that are read at once; how far the next window of a long one begins."""
LONGEST_ANSWER = 30
"""Tokens of an answer, as in training."""
START, END = 0, 2
"""Marker tokens of the XLM-RoBERTa vocabulary."""


class _Window(NamedTuple):
    """A stretch of one passage behind the question."""

    passage: int
    ids: list[int]
    first: int  # token of `ids` where the passage begins
    offsets: list[tuple[int, int]]  # code points in the passage, one a token; before 0: its heading


class Reader:
    """Holds an encoder of its own (21 million weights of a byte); the table of words is the embedder's."""

    def __init__(self, folder: Path, embedder: Embedder, name: str = SHIPPED) -> None:
        """`folder`: see app/embedder/prepared.py; `name`: what it is called in the record of an answer."""
        self.name = name
        self._session = open_graph(folder / READER_GRAPH)
        self._embedder = embedder

    def read(self, question: str, passages: Sequence[Passage]) -> Generator[None, None, tuple[Reading, ...]]:
        """Yield after each batch; return the sentences that may answer, best first."""
        windows = [window for n, passage in enumerate(passages) for window in self._windows(n, question, passage)]
        found: list[list[Candidate]] = [[] for _ in passages]
        for batch in batches([len(window.ids) for window in windows]):
            chosen = [windows[index] for index in batch]
            for window, logits in zip(chosen, self._embedder.threads.map(self._logits, chosen), strict=True):
                found[window.passage] += _candidates(window, logits, passages[window.passage])
            yield
        return weigh(question, passages, [_once(each) for each in found])

    def _windows(self, number: int, question: str, passage: Passage) -> Iterator[_Window]:
        before = f"{heading_of(passage)}. "
        asked, _ = self._embedder.counter.tokens(f"query: {glossed(question, before + passage.text)}")
        asked = asked[:QUESTION_TOKENS]
        ids, spans = self._embedder.counter.tokens(before + passage.text)
        head = [START, *asked, END, END]
        for at in range(0, max(1, len(ids) - (WINDOW - STRIDE)), STRIDE):
            part = slice(at, at + WINDOW)
            offsets = [(a - len(before), b - len(before)) for a, b in spans[part]]
            yield _Window(number, [*head, *ids[part], END], len(head), offsets)

    def _logits(self, window: _Window) -> NDArray[np.float32]:
        """The weights (tokens × 2) of the passage's tokens as start and as end of the answer, beside the first token's,
        which stands for no answer."""
        places = np.arange(len(window.ids), dtype=np.int64)[None]
        feeds = {"words": self._embedder.words[window.ids], "positions": places}
        logits: NDArray[np.float32] = self._session.run(None, feeds)[0][0]
        relative: NDArray[np.float32] = logits[window.first : -1] - logits[0]
        return relative


def _candidates(window: _Window, logits: NDArray[np.float32], passage: Passage) -> Iterator[Candidate]:
    """Each sentence or row with the sum of all answers that lie in it, and the best of them."""
    spans = logits[:, :1].astype(np.float64) + logits[:, 1]
    lengths = np.arange(len(spans)) - np.arange(len(spans))[:, None]
    spans[(lengths < 0) | (lengths > LONGEST_ANSWER)] = -np.inf
    for piece in pieces_of_passage(passage):
        left, right = piece.start, piece.end
        inside = [i for i, (a, b) in enumerate(window.offsets) if b > left and a < right and b > a]
        if not inside:
            continue
        first, past = inside[0], inside[-1] + 1
        part = spans[first:past, first:past]
        at, till = divmod(int(part.argmax()), past - first)
        start, end = max(left, window.offsets[first + at][0]), min(right, window.offsets[first + till][1])
        start += len(passage.text[start:end]) - len(
            passage.text[start:end].lstrip()
        )  # a token begins with the space before it
        yield Candidate(float(np.logaddexp.reduce(part, axis=None)), (left, right), (start, end))


def _once(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each sentence once: windows overlap."""
    best: dict[tuple[int, int], Candidate] = {}
    for candidate in candidates:
        known = best.get(candidate.sentence)
        if known is None or candidate.score > known.score:
            best[candidate.sentence] = candidate
    return list(best.values())
