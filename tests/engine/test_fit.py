"""How a model is fitted to the memory, against arithmetic done by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.engine.fit import SHARE, Memory, fit
from app.errors import AppError
from app.llama.gguf_header import GgufHeader
from app.llama.memory import COMPUTE_BYTES, SAVED_BYTES

GIB = 1 << 30
LAYERS = 32
PER_TOKEN = LAYERS * 8 * 128 * 2 * 2  # 8 kv heads of 128, keys and values, 16 bits: 128 KiB


def model(file_bytes: int = 5 * GIB) -> GgufHeader:
    """Shaped as an 8-billion Llama."""
    keys = {"block_count": LAYERS, "embedding_length": 4096, "context_length": 131072}
    heads = {"attention.head_count": 32, "attention.head_count_kv": 8}
    metadata = {f"llama.{key}": value for key, value in {**keys, **heads}.items()}
    header = GgufHeader(
        path=Path("big.gguf"),
        file_bytes=file_bytes,
        version=3,
        metadata={"general.architecture": "llama", **metadata},
        lengths={},
        tensors=1,
        parameters=8_000_000_000,
        tensor_names=frozenset(),
    )
    assert header.kv_bytes_per_token() == PER_TOKEN
    return header


def test_plenty() -> None:
    plan = fit(model(), Memory(32 * GIB, 32 * GIB), 8192)
    assert (plan.context, plan.kv_8bit, plan.gpu_layers) == (8192, False, 0)
    plan = fit(model(), Memory(32 * GIB, 32 * GIB, 24 * GIB), 8192)
    assert plan.gpu_layers == LAYERS + 1


def test_the_context_never_exceeds_what_was_trained() -> None:
    assert fit(model(), Memory(64 * GIB, 64 * GIB), 0).context == 131072


def test_everything_on_the_gpu_comes_before_a_long_context() -> None:
    plan = fit(model(), Memory(32 * GIB, 32 * GIB, 7 * GIB), 8192)  # 0.9 × 7 - 5 - 0.4 GiB: about 0.9 for the cache
    assert plan.gpu_layers == LAYERS + 1 and 4096 <= plan.context < 8192 and not plan.kv_8bit
    plan = fit(model(), Memory(32 * GIB, 32 * GIB, int(6.4 * GIB)), 8192)  # about 0.37: 8 bits
    assert plan.gpu_layers == LAYERS + 1 and plan.kv_8bit and 4096 <= plan.context < 8192
    assert plan.context * PER_TOKEN * 34 / 64 <= 0.9 * 6.4 * GIB - 5 * GIB


def test_only_then_part_of_the_layers() -> None:
    plan = fit(model(), Memory(32 * GIB, 32 * GIB, 4 * GIB), 8192)
    assert 0 < plan.gpu_layers < LAYERS and plan.context == 8192
    assert plan.gpu_layers * (5 / 33 + 1 / 32) < 4 * 0.9


def test_the_users_own_number_of_layers() -> None:
    assert fit(model(), Memory(32 * GIB, 32 * GIB, 24 * GIB), 8192, 0).gpu_layers == 0
    assert fit(model(), Memory(32 * GIB, 32 * GIB, 24 * GIB), 8192, 10).gpu_layers == 10


def test_little_memory_shortens_the_context() -> None:
    plan = fit(model(1 * GIB), Memory(2 * GIB, 8 * GIB), 8192)
    assert 1024 <= plan.context < 8192


def test_too_large_is_said() -> None:
    with pytest.raises(AppError, match="5 GB of memory, and this computer has 4 GB"):
        fit(model(), Memory(4 * GIB, 4 * GIB), 8192)


def test_what_the_cache_leaves_is_for_conversations_beside_it() -> None:
    assert fit(model(), Memory(32 * GIB, 32 * GIB), 8192).saved_bytes == SAVED_BYTES
    room = 8192 * PER_TOKEN
    for beside in (0, 100 << 20):
        memory = int((GIB + COMPUTE_BYTES + room + beside) / SHARE) + 1
        plan = fit(model(GIB), Memory(memory, 32 * GIB), 8192)
        assert plan.context == 8192 and plan.saved_bytes == pytest.approx(beside, abs=2)
    assert fit(model(GIB), Memory(2 * GIB, 8 * GIB), 8192).saved_bytes < 256 * PER_TOKEN  # the context came first
