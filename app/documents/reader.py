"""The reader: where in a passage a question is answered, and how sure that is.

The embedder's own network, with a small adapter, reads question and passage together (`trainer/reader` trains it;
resources/reader/card.md tells on what). As in Devlin et al. (2019), each token is weighed as the start and as the end
of the answer, and the first token stands for "no answer here".
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.embed import batches
from app.paths import RESOURCES
from app.documents.weigh import Candidate, weigh
from app.text.sentences import sentences
from app.types import Passage, Reading

FOLDER = RESOURCES / "reader"
QUESTION_TOKENS, WINDOW, STRIDE = 64, 320, 192
"""Longest question; tokens of a passage that are read at once; how far the next window of a long one begins."""
LONGEST_ANSWER = 30
"""Tokens of an answer, as in training."""
TOKENS_AT_ONCE = 2048
"""Of a batch, padding included: other requests get their turn after each."""
START, END, PAD = 0, 2, 1
"""Marker tokens of the XLM-RoBERTa vocabulary."""


class Manifest(msgspec.Struct, frozen=True):
    """reader.json: what the adapter belongs to."""

    version: int
    base: str  # SHA-256 of the embedder's weights that it was trained on
    rank: int
    first_layer: int  # layers below it are the embedder's own


class _Window(NamedTuple):
    """A stretch of one passage behind the question."""

    passage: int
    ids: list[int]
    first: int  # token of `ids` where the passage begins
    offsets: list[tuple[int, int]]  # code points in the passage, one a token; before 0: its heading


class Reader:
    """Shares the embedding table with the embedder's network; holds its own encoder (21 million parameters)."""

    def __init__(self, folder: Path, words: Words, tokenizer: Any, threads: Executor) -> None:
        """
        Args:
            folder: holds the graph.
            words: the table of words, which the embedder shares.
            tokenizer: the embedder's tokenizers.Tokenizer.
            threads: as many as read at a time.
        """
        self._session = open_session(folder / READER_GRAPH)
        self._words = words
        self._tokenizer = tokenizer
        self._threads = threads

    def read(self, question: str, passages: Sequence[Passage]) -> Generator[None, None, tuple[Reading, ...]]:
        """Yield after each batch; return the sentences that may answer, best first."""
        asked = self._tokenizer.encode(f"query: {question}", add_special_tokens=False).ids[:QUESTION_TOKENS]
        windows = [window for n, passage in enumerate(passages) for window in self._windows(n, asked, passage)]
        found: list[list[Candidate]] = [[] for _ in passages]
        for batch in batches([len(window.ids) for window in windows]):
            chosen = [windows[index] for index in batch]
            for window, logits in zip(chosen, self._threads.map(self._logits, chosen), strict=True):
                found[window.passage] += _candidates(window, logits, passages[window.passage].text)
            yield
        return weigh(question, passages, [_once(each) for each in found])

    def _windows(self, number: int, asked: list[int], passage: Passage) -> Iterator[_Window]:
        before = f"{_heading(passage)}. "
        encoding = self._tokenizer.encode(before + passage.text, add_special_tokens=False)
        head = [START, *asked, END, END]
        for at in range(0, max(1, len(encoding.ids) - (WINDOW - STRIDE)), STRIDE):
            part = slice(at, at + WINDOW)
            offsets = [(a - len(before), b - len(before)) for a, b in encoding.offsets[part]]
            yield _Window(number, [*head, *encoding.ids[part], END], len(head), offsets)

    def _logits(self, window: _Window) -> NDArray[np.float32]:
        """The weights (tokens × 2) of the passage's tokens as start and as end of the answer, beside the first token's,
        which stands for no answer."""
        ids = np.array(window.ids)
        places = np.arange(len(ids), dtype=np.int64)
        logits: NDArray[np.float32] = self._session.run(
            None, {"words": self._words[ids][None], "positions": places[None]}
        )[0][0]
        return logits[window.first : len(ids) - 1] - logits[0]


def _candidates(window: _Window, logits: NDArray[np.float32], text: str) -> Iterator[Candidate]:
    """Each sentence with the sum of all answers that lie in it, and the best of them."""
    spans = logits[:, :1].astype(np.float64) + logits[:, 1]
    lengths = np.arange(len(spans)) - np.arange(len(spans))[:, None]
    spans[(lengths < 0) | (lengths > LONGEST_ANSWER)] = -np.inf
    for left, right in sentences(text):
        inside = [i for i, (a, b) in enumerate(window.offsets) if a >= left and b <= right and b > a]
        if not inside:
            continue
        first, past = inside[0], inside[-1] + 1
        part = spans[first:past, first:past]
        at, till = divmod(int(part.argmax()), past - first)
        answer = (window.offsets[first + at][0], window.offsets[first + till][1])
        yield Candidate(float(np.logaddexp.reduce(part, axis=None)), (left, right), answer)


def _once(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each sentence once: windows overlap."""
    best: dict[tuple[int, int], Candidate] = {}
    for candidate in candidates:
        known = best.get(candidate.sentence)
        if known is None or candidate.score > known.score:
            best[candidate.sentence] = candidate
    return list(best.values())


def _heading(passage: Passage) -> str:
    """What the passage is about, as the reader is told: its headings, or else the document's name."""
    return passage.heading or re.sub(r"[-_\s]+", " ", PurePath(passage.document).stem).strip()
