"""llama.cpp for the trainer's checks: logits of a text and greedy answers, by the low-level calls alone."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from trainer.errors import TrainerError

Logits = NDArray[np.float32]


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _quiet(_level: int, _text: bytes, _data: ctypes.c_void_p) -> None:
    """llama.cpp writes pages to stderr; what matters comes back as a status."""


def start() -> None:
    """Get llama.cpp ready, and quiet; any number of times."""
    llama_cpp.llama_backend_init()
    llama_cpp.llama_log_set(_quiet, ctypes.c_void_p(0))


class Llama:
    """One model file with one context. `close` it, or use it in a `with`."""

    def __init__(self, path: Path, context: int = 512, threads: int = 2) -> None:
        start()
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 0  # the gate compares files, not backends
        self._context = None
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not self._model:
            raise TrainerError(f"“{path.name}” cannot be loaded.", "Choose another model file.", code="gguf")
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = options.n_batch = context
        options.n_threads = options.n_threads_batch = threads
        self._context = llama_cpp.llama_init_from_model(self._model, options)
        if not self._context:
            self.close()
            raise TrainerError("There is too little memory to check the model.", "Close other programs.", code="memory")
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._adapter = None
        self.size = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.eos = int(llama_cpp.llama_vocab_eos(self._vocab))

    def __enter__(self) -> Llama:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; twice is fine."""
        if self._context:
            llama_cpp.llama_free(self._context)
            self._context = None
        if self._model:
            llama_cpp.llama_model_free(self._model)
            self._model = None

    def set_adapter(self, path: Path | None) -> None:
        """Apply a LoRA file, or none; the KV cache is cleared, since a swap does not clear it.

        Raises:
            TrainerError: llama.cpp refuses the file.
        """
        if path is None:
            llama_cpp.llama_set_adapters_lora(self._context, None, 0, None)
        else:
            self._adapter = llama_cpp.llama_adapter_lora_init(self._model, str(path).encode())
            if not self._adapter:
                raise TrainerError(f"“{path.name}” does not fit its base.", "Export again.", code="adapter")
            handles = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(self._adapter)
            llama_cpp.llama_set_adapters_lora(self._context, handles, 1, (ctypes.c_float * 1)(1.0))
        self._clear()

    def tokenize(self, text: str) -> list[int]:
        """Ids of a text in which special tokens are written out; none are added."""
        raw = text.encode()
        room = len(raw) + 8
        out = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), out, room, False, True)
        return list(out[:count])

    def logits(self, tokens: Sequence[int]) -> Logits:
        """Logits at each position: (tokens, vocabulary). At most `context` tokens.

        Raises:
            TrainerError: llama.cpp could not decode.
        """
        self._clear()
        self._decode(tokens, 0, every=True)
        raw = llama_cpp.llama_get_logits(self._context)
        return np.ctypeslib.as_array(raw, shape=(len(tokens), self.size)).astype(np.float32, copy=True)

    def greedy(self, tokens: Sequence[int], limit: int) -> list[int]:
        """The likeliest continuation, up to an end token or `limit` tokens."""
        self._clear()
        self._decode(tokens, 0, every=False)
        found: list[int] = []
        while len(found) < limit:
            raw = llama_cpp.llama_get_logits_ith(self._context, -1)
            best = int(np.ctypeslib.as_array(raw, shape=(self.size,)).argmax())
            if llama_cpp.llama_vocab_is_eog(self._vocab, best):
                break
            found.append(best)
            self._decode([best], len(tokens) + len(found) - 1, every=False)
        return found

    def detokenize(self, tokens: Sequence[int]) -> str:
        """The text of ids; bytes that are no UTF-8 become �."""
        pieces = []
        for token in tokens:
            buffer = ctypes.create_string_buffer(256)
            size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, True)
            pieces.append(buffer.raw[: max(size, 0)])
        return b"".join(pieces).decode(errors="replace")

    def _clear(self) -> None:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)

    def _decode(self, tokens: Sequence[int], start: int, every: bool) -> None:
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        try:
            batch.n_tokens = len(tokens)
            for i, token in enumerate(tokens):
                batch.token[i], batch.pos[i] = token, start + i
                batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
                batch.logits[i] = every or i == len(tokens) - 1
            status = llama_cpp.llama_decode(self._context, batch)
        finally:
            llama_cpp.llama_batch_free(batch)
        if status:
            raise TrainerError("The model could not be run.", "Choose another model.", f"status {status}", "decode")


def divergence(p: Logits, q: Logits) -> float:
    """Mean KL(p ‖ q) over positions, in nats a token; both (tokens, vocabulary) logits."""
    total = 0.0
    for one, other in zip(p, q, strict=True):
        a, b = _log_softmax(one.astype(np.float64)), _log_softmax(other.astype(np.float64))
        total += float((np.exp(a) * (a - b)).sum())
    return total / len(p)


def _log_softmax(x: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = x - x.max()
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return result
