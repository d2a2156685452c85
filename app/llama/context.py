"""A llama.cpp context that holds several sequences: one batch carries tokens of any of them, and can be ended early."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp.llama_cpp as c
import numpy as np
from numpy.typing import NDArray

from app.errors import AppError
from app.llama.bindings import KV_F16, Model, last_errors

DONE, FULL, ABORTED = 0, 1, 2
"""What `llama_decode` says, besides errors."""

Logits = NDArray[np.float32]
State = NDArray[np.uint8]
"""Keys and values of a sequence as llama.cpp writes them; they come back into any cells of the same context."""


@dataclass(frozen=True)
class Part:
    """Tokens of one sequence in a batch, from position `start`; `wanted`: the logits behind the last of them, with
    `every` behind each."""

    sequence: int
    start: int
    tokens: Sequence[int]
    wanted: bool
    every: bool = False


def _strlen() -> Any:
    """libc's strlen as llama.cpp's abort callback.

    llama.cpp asks after each of some 500 steps of a batch whether to stop. A Python function would cost a microsecond
    and the interpreter's lock each time. strlen answers in a nanosecond: the length of a text is 0 while it is empty.
    """
    library = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
    return c.ggml_abort_callback(ctypes.cast(library.strlen, ctypes.c_void_p).value)


def _bytes_of(state: State) -> Any:
    return state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))


class Context:
    """The KV cache of `sequences` sequences, numbered from 0, which share its `size` cells."""

    def __init__(
        self,
        model: Model,
        size: int,
        batch: int,
        threads: int,
        kv_type: int = KV_F16,
        *,
        sequences: int = 1,
        outputs: int = 0,
    ) -> None:
        """Allocate for `size` tokens of all sequences together, `batch` of them evaluated at once, and for the logits
        of `outputs` tokens of a batch: one of each sequence, unless more are asked for.

        Raises:
            MemoryError: llama.cpp could not make it.
        """
        params = c.llama_context_default_params()
        params.n_ctx = size
        params.n_batch = params.n_ubatch = min(batch, size)
        params.n_seq_max, params.n_outputs_max = sequences, outputs or sequences
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = c.LLAMA_FLASH_ATTN_TYPE_AUTO
        params.type_k = params.type_v = kv_type
        params.no_perf = True
        self._handle = c.llama_init_from_model(model.handle, params)
        if not self._handle:
            raise MemoryError(last_errors())
        self._memory = c.llama_get_memory(self._handle)
        self.size = int(c.llama_n_ctx(self._handle))
        self.batch = int(c.llama_n_batch(self._handle))
        self.sequences = sequences
        self.outputs = outputs or sequences
        """Rows of logits that a batch can have."""
        self._vocabulary, self._threads = model.vocabulary, threads
        self._prepare_batch()
        self._stop = ctypes.create_string_buffer(64)
        self._callback = _strlen()
        if not model.recurrent:  # a batch cut short would cost each of its sequences everything
            c.llama_set_abort_callback(self._handle, self._callback, ctypes.cast(self._stop, ctypes.c_void_p))

    def _prepare_batch(self) -> None:
        """Arrays that are filled anew for each batch, so that nothing is allocated for a token."""
        size = self.batch
        self._tokens = (c.llama_token * size)()
        self._positions = (c.llama_pos * size)()
        self._wanted = (ctypes.c_int8 * size)()
        self._counts = (ctypes.c_int32 * size)(*[1] * size)
        self._numbers = [(c.llama_seq_id * 1)(number) for number in range(self.sequences)]
        self._addresses = [ctypes.addressof(number) for number in self._numbers]
        self._owners = (ctypes.c_void_p * size)()
        self._llama_batch = c.llama_batch()
        for field, array in (
            ("token", self._tokens),
            ("pos", self._positions),
            ("n_seq_id", self._counts),
            ("seq_id", self._owners),
            ("logits", self._wanted),
        ):
            kind = dict(c.llama_batch._fields_)[field]
            setattr(self._llama_batch, field, ctypes.cast(array, kind))

    @property
    def handle(self) -> Any:
        return self._handle

    @property
    def has_memory(self) -> bool:
        """False for models that only embed."""
        return bool(self._memory)

    # --- evaluating ---------------------------------------------------------------------------------------------------

    def decode(self, parts: Sequence[Part]) -> int:
        """Evaluate at most `batch` tokens; afterwards `logits` has the row of each token that is wanted.

        Returns DONE; FULL, nothing was changed; ABORTED by `interrupt`, see `holds`; or an error's number.
        """
        at = 0
        for part in parts:
            end = at + len(part.tokens)
            self._tokens[at:end] = part.tokens
            self._positions[at:end] = range(part.start, part.start + len(part.tokens))
            self._owners[at:end] = [self._addresses[part.sequence]] * len(part.tokens)
            self._wanted[at:end] = [part.every] * len(part.tokens)
            self._wanted[end - 1] = part.wanted
            at = end
        self._llama_batch.n_tokens = at
        return int(c.llama_decode(self._handle, self._llama_batch))

    def set_threads(self, threads: int) -> None:
        """For the batches to come."""
        if threads != self._threads:
            self._threads = threads
            c.llama_set_n_threads(self._handle, threads, threads)

    def logits(self, row: int) -> Logits:
        """(vocabulary,) logits of the token at this place of the last batch; gone with the next batch."""
        return np.ctypeslib.as_array(c.llama_get_logits_ith(self._handle, row), (self._vocabulary,))

    def logit(self, row: int, token: int) -> float:
        """As `logits`, of one token alone."""
        return float(c.llama_get_logits_ith(self._handle, row)[token])

    def interrupt(self) -> None:
        """End the batch under way, and each one to come until `resume`; from any thread. A GPU goes on to its end."""
        self._stop[0] = b"!"

    def resume(self) -> None:
        """Let batches run again."""
        self._stop[0] = b"\0"

    # --- the memory of a sequence -------------------------------------------------------------------------------------

    def holds(self, sequence: int, tokens: int) -> bool:
        """Whether exactly so many tokens of the sequence are in the memory."""
        return int(c.llama_memory_seq_pos_max(self._memory, sequence)) == tokens - 1

    def _is_whole(self, sequence: int) -> bool:
        """Whether nothing at its beginning is gone, as with a sliding window or a recurrent state."""
        return int(c.llama_memory_seq_pos_min(self._memory, sequence)) <= 0

    def keep(self, sequence: int, tokens: int) -> bool:
        """Forget all but the first `tokens`; False where this model's memory cannot, and then the sequence is empty."""
        if tokens > 0:
            removed = bool(c.llama_memory_seq_rm(self._memory, sequence, tokens, -1))
            if removed and self._is_whole(sequence) and self.holds(sequence, tokens):
                return True
        self.drop(sequence)
        return tokens == 0

    def copy(self, source: int, target: int, tokens: int, *, whole: bool) -> bool:
        """Let the empty `target` begin with the first `tokens` of `source`, in the same cells; `whole`: those are all
        that it has. False where this model's memory cannot, and then `target` is empty."""
        c.llama_memory_seq_cp(self._memory, source, target, 0, -1 if whole else tokens)
        if self.holds(target, tokens) and (whole or self._is_whole(target)):
            return True
        self.drop(target)
        return False

    def drop(self, sequence: int) -> None:
        """Forget one sequence; cells that it shares stay with the others."""
        c.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def clear(self) -> None:
        """Forget every sequence."""
        c.llama_memory_clear(self._memory, False)

    def state_bytes(self, sequence: int) -> int:
        """What `save` would take now; 0 where this model's memory cannot be saved."""
        return int(c.llama_state_seq_get_size(self._handle, sequence))

    def save(self, sequence: int) -> State | None:
        """A copy of what the memory holds of a sequence; None where llama.cpp would not."""
        state = np.empty(self.state_bytes(sequence), np.uint8)
        written = int(c.llama_state_seq_get_data(self._handle, _bytes_of(state), state.size, sequence))
        return state if written == state.size else None

    def restore(self, sequence: int, state: State, tokens: int) -> bool:
        """Put a saved state of so many tokens back; False where llama.cpp would not, and then the sequence is empty."""
        self.drop(sequence)
        read = int(c.llama_state_seq_set_data(self._handle, _bytes_of(state), state.size, sequence))
        if read > 0 and self.holds(sequence, tokens):
            return True
        self.drop(sequence)
        return False

    # --- weights ------------------------------------------------------------------------------------------------------

    def set_adapter(self, adapter: Any, scale: float) -> None:
        """Apply one LoRA adapter, or none. The cache must be cleared after: llama.cpp does not do it."""
        if adapter is None:
            result = c.llama_set_adapters_lora(self._handle, None, 0, None)
        else:
            adapters = (c.llama_adapter_lora_p_ctypes * 1)(adapter)
            result = c.llama_set_adapters_lora(self._handle, adapters, 1, (ctypes.c_float * 1)(scale))
        if result != 0:
            raise AppError("The adapter could not be applied.", "Choose another model.", last_errors())

    def close(self) -> None:
        if self._handle:
            c.llama_free(self._handle)
            self._handle = None
