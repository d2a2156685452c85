"""The embedder: passages and questions as vectors of length 1. The only importer of onnxruntime."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import psutil

from app.embedder.graph import Words
from app.embedder.identity import Identity
from app.embedder.prepared import GRAPH, TOKENIZER, identity_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH_TOKENS = 2048
"""Tokens of a batch: a third of a second of two cores, after which others have their turn."""


class Counter:
    """The embedder's own tokens, without loading the embedder: the measure for the size of passages."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token of a text stands (code points), the marker tokens left out."""
        offsets: list[tuple[int, int]] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return offsets

    def tokens(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The tokens of a text without markers, and where each stands."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def count(self, text: str) -> int:
        """How many tokens a text has, the marker tokens left out."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def ids(self, text: str, limit: int) -> list[int]:
        """The tokens of a text with its markers, `limit` at most: the end of a longer one is not read."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]


class Vectorizer(Protocol):
    """An embedder of any kind: texts to vectors of length 1."""

    identity: Identity

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of passages (texts × dimensions, float32, length 1), in the order given."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of questions, or of sentences that are compared with each other."""
        ...


class Embedder:
    """Loads the model at once (a second, 400 MB): make it when it is needed, not before.

    Each text is read by itself on one core, as many at a time as there are cores: its vector does not depend on what
    was read beside it.
    """

    def __init__(self, folder: Path, identity: Identity | None = None, threads: int = 0) -> None:
        """`identity`: who it is where the folder does not say; `threads`: texts at a time, 0 for one a core."""
        self.identity = identity or identity_of(folder)
        self.counter = Counter(folder)
        self.words = Words(folder)
        self._session = open_graph(folder / GRAPH)
        self.threads = ThreadPoolExecutor(threads or psutil.cpu_count(logical=False) or 1, "embedder")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of passages (texts × dimensions, float32, length 1), in the order given."""
        return self._encode(self.identity.passage, texts)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of questions, or of sentences that are compared with each other."""
        return self._encode(self.identity.query, texts)

    def _encode(self, prefix: str, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.identity.dimensions), np.float32)
        for row, vector in enumerate(self.threads.map(self._vector, (prefix + text for text in texts))):
            vectors[row] = vector
        return vectors

    def _vector(self, text: str) -> NDArray[np.float32]:
        ids = self.counter.ids(text, self.identity.tokens)
        places = np.arange(len(ids), dtype=np.int64)[None]
        vector: NDArray[np.float32] = self._session.run(None, {"words": self.words[ids], "positions": places})[0][0]
        return vector


def open_graph(path: Path) -> Any:
    """An onnxruntime.InferenceSession that works on one core: whoever runs it has threads of their own.

    Raises:
        ValueError: the file is damaged.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # also where the network is not refused, as in a training
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as failures

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # it warns of what a container does not tell about its processor
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (failures.InvalidProtobuf, failures.InvalidGraph, failures.InvalidArgument, failures.Fail) as error:
        raise ValueError(f"{path.name}: {error}") from error


def batches(lengths: Sequence[int], budget: int = BATCH_TOKENS) -> list[list[int]]:
    """Indices of texts in batches whose tokens together are within the budget, in the order given."""
    made: list[list[int]] = []
    room = 0
    for index, length in enumerate(lengths):
        if not made or length > room:
            made.append([])
            room = budget
        made[-1].append(index)
        room -= length
    return made
