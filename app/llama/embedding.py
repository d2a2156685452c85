"""Vectors of texts by an embedding model of llama.cpp: one text at a time, pooled as its file says."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as c
import numpy as np
from numpy.typing import NDArray

from app.errors import BadFile
from app.llama.bindings import Model, can_offload, last_errors, start

ALL_LAYERS = 999
POOLINGS = {1: "mean", 2: "cls", 3: "last"}
"""llama.h, LLAMA_POOLING_TYPE_…: the kinds that give one vector a text."""


class EmbeddingModel:
    """Loads at once. Used from any thread, one text at a time."""

    def __init__(self, path: Path, tokens: int, threads: int) -> None:
        """`tokens`: the most that is read of a text, markers included.

        Raises:
            AppError: llama.cpp would not load it.
            BadFile: it does not pool.
        """
        _quiet()
        self._lock = threading.Lock()
        self._model = Model(path, ALL_LAYERS if can_offload() else 0, lambda _: True)
        self._tokens = tokens
        params = c.llama_context_default_params()
        params.n_ctx = params.n_batch = params.n_ubatch = tokens
        params.n_seq_max = 1
        params.embeddings = True
        params.n_threads = params.n_threads_batch = threads
        params.no_perf = True
        self._context: Any = c.llama_init_from_model(self._model.handle, params)
        if not self._context:
            raise BadFile(f"{path.name} could not be loaded.", "Choose another embedder.", last_errors())
        self.pooling = POOLINGS.get(int(c.llama_pooling_type(self._context)), "")
        self.dimensions = int(c.llama_model_n_embd_out(self._model.handle))
        if not self.pooling:
            raise BadFile(
                f"{path.name} gives no vector of a whole text.", "Choose an embedder that pools.", code="pooling"
            )

    def ids(self, text: str) -> list[int]:
        """The tokens of a text with its markers; the end of one that is too long is not read."""
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        held = (c.llama_token * room)()
        count = int(c.llama_tokenize(self._model.vocab, raw, len(raw), held, room, True, False))
        ids = list(held[: max(0, count)])
        return ids if len(ids) <= self._tokens else [*ids[: self._tokens - 1], ids[-1]]

    def vector(self, text: str) -> NDArray[np.float32]:
        """(dimensions,), length 1; zeros where llama.cpp gives none."""
        with self._lock:
            ids = self.ids(text) or [max(0, self._model.eos)]
            tokens = (c.llama_token * len(ids))(*ids)  # the batch points into it
            batch = c.llama_batch_get_one(tokens, len(ids))
            wanted = (ctypes.c_int8 * len(ids))(*[1] * len(ids))
            batch.logits = ctypes.cast(wanted, ctypes.POINTER(ctypes.c_int8))
            memory = c.llama_get_memory(self._context)
            if memory:
                c.llama_memory_clear(memory, True)
            run = c.llama_decode if memory else c.llama_encode
            if run(self._context, batch) != 0:
                return np.zeros(self.dimensions, np.float32)
            found = np.array(np.ctypeslib.as_array(c.llama_get_embeddings_seq(self._context, 0), (self.dimensions,)))
        length = float(np.linalg.norm(found))
        unit: NDArray[np.float32] = (found / length if length > 0 else found).astype(np.float32)
        return unit

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """texts × dimensions."""
        rows = [self.vector(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimensions), np.float32)


@cache
def _quiet() -> None:
    """Once a process."""
    start()
