"""Decides how a model fits this computer: context, precision of the KV cache, layers on the GPU. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import AppError
from app.llama.gguf_header import GgufHeader
from app.llama.memory import COMPUTE_BYTES, F16_BYTES, Q8_BYTES, SAVED_BYTES, chat_bytes

MIN_CONTEXT = 1024
GOOD_CONTEXT = 4096
"""Below this an 8-bit KV cache is better than a shorter context."""
SHARE = 0.9
"""Of the free memory that we take at most; the rest of the computer goes on working."""


@dataclass(frozen=True)
class Fit:
    """How to load: tokens of context, KV cache in 8 bits or 16, layers on the GPU (counting the output layer), and
    bytes of ordinary memory for conversations that are not in the cache."""

    context: int
    kv_8bit: bool
    gpu_layers: int
    saved_bytes: int


@dataclass(frozen=True)
class Memory:
    """Bytes that are free; `gpu` is 0 where the build cannot use one."""

    ram: int
    ram_total: int
    gpu: int = 0


def fit(header: GgufHeader, memory: Memory, context: int, gpu_layers: int | None = None) -> Fit:
    """The best way to load the model.

    On a GPU everything goes there if a smaller context or an 8-bit KV cache makes it fit, since one layer left on the
    CPU about halves the speed; only then as many layers as fit.

    Raises:
        AppError: the weights alone are larger than the computer's memory.
    """
    wanted = min(context if context > 0 else 1 << 30, header.context_trained or 8192)
    if memory.gpu and gpu_layers != 0:
        whole = _context_in(header, memory.gpu * SHARE - chat_bytes(header.file_bytes), wanted)
        if whole is not None and (gpu_layers is None or gpu_layers > header.layers):
            return Fit(*whole, header.layers + 1, _saved(memory.ram * SHARE - chat_bytes(0.0)))
        layers = _layers_in(header, memory.gpu * SHARE - COMPUTE_BYTES, wanted) if gpu_layers is None else gpu_layers
    else:
        layers = 0
    _refuse_too_large(header, memory)
    on_cpu = header.file_bytes * (1 - layers / (header.layers + 1))
    # mmapped weights can be paged out, so a full memory costs speed; the KV cache cannot.
    room = max(memory.ram * SHARE - chat_bytes(on_cpu), memory.ram * 0.25)
    tokens, eight = _context_in(header, room, wanted) or (min(wanted, MIN_CONTEXT), True)
    cache = tokens * header.kv_bytes_per_token(Q8_BYTES if eight else F16_BYTES)
    return Fit(tokens, eight, layers, _saved(room - cache))


def _saved(free: float) -> int:
    """Bytes for conversations beside the cache, of those that are free; the cache comes first."""
    return int(min(max(free, 0.0), SAVED_BYTES))


def _context_in(header: GgufHeader, room: float, wanted: int) -> tuple[int, bool] | None:
    """The longest context up to `wanted` whose KV cache fits, and whether in 8 bits; None below the least useful."""
    half = header.kv_bytes_per_token()
    byte = header.kv_bytes_per_token(Q8_BYTES)
    if half <= 0:
        return wanted, False
    if room >= wanted * half:
        return wanted, False
    good = min(wanted, GOOD_CONTEXT)
    if room >= good * half:
        return _rounded(room / half), False
    tokens = min(wanted, _rounded(room / byte))
    return (tokens, True) if tokens >= min(wanted, MIN_CONTEXT) else None


def _layers_in(header: GgufHeader, room: float, wanted: int) -> int:
    layer = header.file_bytes / (header.layers + 1) + wanted * header.kv_bytes_per_token() / header.layers
    return max(0, min(header.layers, int(room / layer)))


def _rounded(tokens: float) -> int:
    return max(0, int(tokens) // 256 * 256)


def _refuse_too_large(header: GgufHeader, memory: Memory) -> None:
    if header.file_bytes > memory.ram_total + memory.gpu:
        need, have = header.file_bytes / 1e9, memory.ram_total / 1e9
        raise AppError(
            f"{header.name} needs about {need:.0f} GB of memory, and this computer has {have:.0f} GB.",
            "Choose a smaller model or a smaller quantization of this one.",
        )
