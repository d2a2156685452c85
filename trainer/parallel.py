"""Many prompts at once in llama.cpp: sequences share one batch and the beginning of their prompts.

A step reads the weights once for all sequences, so answers cost a fraction of one after the other. A sequence that ends
makes room for the next prompt at once.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from trainer.errors import TrainerError
from trainer.grammar import Follower
from trainer.llama import Llama, _quiet

PREFIX_LEAST = 8
"""Tokens that prompts must share at their beginning for it to be computed once."""
WORKING = 1536
"""Cells in use at once, if one prompt alone needs no more: every token is held against all of them, its own or not."""


@dataclass(frozen=True)
class Ask:
    """What to continue, and where to stop: at `limit` tokens, at an end token, or behind one of `stops`."""

    tokens: Sequence[int]
    limit: int = 32
    stops: tuple[str, ...] = ()
    gbnf: str = ""


@dataclass
class _Slot:
    """One sequence under way."""

    index: int
    ask: Ask
    seq: int
    position: int  # cells taken
    pending: list[int]  # tokens still to be decoded
    follower: Follower | None
    said: list[int] = field(default_factory=list)
    row: int = -1  # of the logits it waits for


class Parallel(Llama):
    """A model with a context that holds many sequences. `close` it, or use it in a `with`."""

    def __init__(
        self, path: Path, adapter: Path | None = None, sequences: int = 32, cells: int = 6144, threads: int = 2
    ) -> None:
        llama_cpp.llama_backend_init()
        llama_cpp.llama_log_set(_quiet, ctypes.c_void_p(0))
        self._context = self._adapter = None
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 999 if llama_cpp.llama_supports_gpu_offload() else 0
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self._model:
            raise TrainerError(f"“{path.name}” cannot be loaded.", "Choose another model file.", code="gguf")
        self.sequences, self.cells, self._batch_size = sequences, cells, 512
        options = llama_cpp.llama_context_default_params()
        options.n_ctx, options.n_batch, options.n_ubatch = cells, self._batch_size, self._batch_size
        options.n_seq_max, options.kv_unified = sequences + 1, True
        options.n_threads = options.n_threads_batch = threads
        self._context = llama_cpp.llama_init_from_model(self._model, options)
        if not self._context:
            self.close()
            raise TrainerError("There is too little memory to ask the model.", "Close other programs.", code="memory")
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.size = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.eos = int(llama_cpp.llama_vocab_eos(self._vocab))
        self.trained_context = int(llama_cpp.llama_model_n_ctx_train(self._model))
        if adapter is not None:
            self.set_adapter(adapter)

    @property
    def template(self) -> str:
        """The model's own chat template, "" where it has none."""
        text = llama_cpp.llama_model_chat_template(self._model, None)
        return text.decode(errors="replace") if text else ""

    def special(self, token: int) -> str:
        """How a special token is written, "" for none."""
        return self.detokenize([token]) if token >= 0 else ""

    @property
    def bos_text(self) -> str:
        """How the token that begins a text is written."""
        return self.special(int(llama_cpp.llama_vocab_bos(self._vocab)))

    @property
    def eos_text(self) -> str:
        """How the token that ends a text is written."""
        return self.special(self.eos)

    def answers(self, asks: Sequence[Ask], progress: Callable[[int], None] = lambda _: None) -> list[str]:
        """The greedy continuation of each, in their order."""
        found = [""] * len(asks)
        for done, (index, text) in enumerate(self.stream(asks), 1):
            found[index] = text
            progress(done)
        return found

    def stream(self, asks: Sequence[Ask]) -> Iterator[tuple[int, str]]:
        """(index, text) of each ask as soon as it ends.

        Raises:
            TrainerError: llama.cpp could not decode, or a prompt is longer than the room for all.
        """
        self._clear()
        prefix = self._shared(asks)
        room = self.cells - prefix
        for ask in asks:
            if len(ask.tokens) + ask.limit > min(self.cells, self.trained_context):
                raise TrainerError("A question is too long for the model.", "Shorten it.", code="too-long")
        waiting = sorted(range(len(asks)), key=lambda i: -len(asks[i].tokens))
        waiting.reverse()  # the last is taken first: long ones together, so that the end is not one straggler
        free, taken = list(range(1, self.sequences + 1)), 0
        active: list[_Slot] = []
        batch = llama_cpp.llama_batch_init(self._batch_size, 0, 1)
        try:
            while waiting or active:
                while waiting and free and self._has_room(taken, self._need(asks[waiting[-1]], prefix), room):
                    index = waiting.pop()
                    taken += self._need(asks[index], prefix)
                    active.append(self._begin(index, asks[index], free.pop(), prefix))
                self._step(batch, active)
                for slot in [slot for slot in active if slot.row >= 0 and self._take(slot)]:
                    active.remove(slot)
                    self._end(slot)
                    free.append(slot.seq)
                    taken -= self._need(slot.ask, prefix)
                    yield slot.index, self._text(slot)
        finally:
            for slot in active:
                self._end(slot)
            llama_cpp.llama_batch_free(batch)

    def last_logits(self, prompts: Sequence[Sequence[int]]) -> Iterator[NDArray[np.float32]]:
        """Logits (vocabulary,) behind each prompt, one after the other, the shared beginning computed once."""
        self._clear()
        prefix = self._shared([Ask(tokens) for tokens in prompts])
        batch = llama_cpp.llama_batch_init(self._batch_size, 0, 1)
        try:
            for tokens in prompts:
                slot = self._begin(0, Ask(tokens), 1, prefix)
                while slot.row < 0:
                    self._step(batch, [slot])
                yield self._row(slot.row).copy()
                self._end(slot)
        finally:
            llama_cpp.llama_batch_free(batch)

    # --- one step -----------------------------------------------------------------------------------------------------

    @staticmethod
    def _has_room(taken: int, need: int, room: int) -> bool:
        return taken + need <= room and (not taken or taken + need <= WORKING)

    @staticmethod
    def _need(ask: Ask, prefix: int) -> int:
        return len(ask.tokens) - prefix + ask.limit

    def _shared(self, asks: Sequence[Ask]) -> int:
        """Decode the beginning that all prompts share into sequence 0; → its length, 0 where it is not worth it."""
        if len(asks) < 2:
            return 0
        low, high = min(asks, key=lambda a: list(a.tokens)).tokens, max(asks, key=lambda a: list(a.tokens)).tokens
        length = min(len(low), len(high)) - 1
        length = next((i for i in range(length) if low[i] != high[i]), length)
        if length < PREFIX_LEAST:
            return 0
        for start in range(0, length, self._batch_size):
            self._decode(low[start : min(start + self._batch_size, length)], start, every=False)
        return length

    def _begin(self, index: int, ask: Ask, seq: int, prefix: int) -> _Slot:
        if prefix:
            llama_cpp.llama_memory_seq_cp(llama_cpp.llama_get_memory(self._context), 0, seq, -1, -1)
        follower = Follower(self._vocab, ask.gbnf) if ask.gbnf else None
        return _Slot(index, ask, seq, prefix, list(ask.tokens[prefix:]), follower)

    def _step(self, batch: llama_cpp.llama_batch, active: Sequence[_Slot]) -> None:
        """Decode one token of each sequence that answers, then as much of the waiting prompts as fits."""
        count = 0
        for slot in sorted(active, key=lambda slot: len(slot.pending)):
            slot.row = -1
            part = slot.pending[: self._batch_size - count]
            del slot.pending[: len(part)]
            for token in part:
                batch.token[count], batch.pos[count] = token, slot.position
                batch.n_seq_id[count], batch.seq_id[count][0] = 1, slot.seq
                batch.logits[count] = False
                slot.position += 1
                count += 1
            if part and not slot.pending:
                batch.logits[count - 1] = True
                slot.row = count - 1
        batch.n_tokens = count
        status = llama_cpp.llama_decode(self._context, batch)
        if status:
            raise TrainerError("The model could not be run.", "Choose another model.", f"status {status}", "decode")

    def _row(self, row: int) -> NDArray[np.float32]:
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self._context, row), shape=(self.size,))

    def _take(self, slot: _Slot) -> bool:
        """Choose the sequence's next token; → whether it has come to its end."""
        logits = self._row(slot.row)
        token = slot.follower.choose(logits) if slot.follower else int(logits.argmax())
        if llama_cpp.llama_vocab_is_eog(self._vocab, token):
            return True
        slot.said.append(token)
        slot.pending = [token]
        if len(slot.said) >= slot.ask.limit:
            return True
        return bool(slot.ask.stops) and any(stop in self.detokenize(slot.said).lstrip() for stop in slot.ask.stops)

    def _end(self, slot: _Slot) -> None:
        llama_cpp.llama_memory_seq_rm(llama_cpp.llama_get_memory(self._context), slot.seq, -1, -1)
        if slot.follower:
            slot.follower.close()

    def _text(self, slot: _Slot) -> str:
        text = self.detokenize(slot.said).strip()
        cuts = [at for stop in slot.ask.stops if (at := text.find(stop)) >= 0]
        return text[: min(cuts)].strip() if cuts else text
