"""Hyper-parameters from the data and the machine, each with its reason; the user sees them under Details."""

from __future__ import annotations

import platform
import time
from typing import Any

import msgspec
import torch

from app.llama.teaching import Precision
from trainer.spec import Hyper, TrainingRecipe

STARTER_PARAMETERS = 135e6


def choose(
    given: Hyper, recipe: TrainingRecipe, mean_length: float, longest: int, context: int, parameters: int
) -> Hyper:
    """Fill in what the user left open.

    Facts need many small steps (figures in docs/fine-tuning.md), so a step of SFT holds some 8 to 16 short examples. A
    larger model learns the same in smaller steps: the rate falls with the fourth root of its size above the starter's.

    Args:
        given: what the user chose; None is left open.
        recipe: its own values are for the starter.
        mean_length: tokens of a unit of the data.
        longest: tokens of the longest example.
        context: tokens that the model takes.
        parameters: weights of the model.
    """
    scale = min(1.0, (STARTER_PARAMETERS / max(parameters, 1)) ** 0.25)
    return msgspec.structs.replace(
        given,
        learning_rate=given.learning_rate if given.learning_rate is not None else recipe.learning_rate * scale,
        epochs=given.epochs if given.epochs is not None else recipe.epochs,
        batch_tokens=given.batch_tokens or max(recipe.step_tokens, round(mean_length)),
        alpha=given.alpha if given.alpha is not None else 2.0 * given.rank,
        max_length=min(given.max_length or max(64, min(longest, 2048)), context),
    )


def exact_precisions() -> tuple[Precision, ...]:
    """Precisions of the processor that lose nothing, the faster first: by what the processor says it can multiply,
    since a measurement on a busy machine says anything; measured only where it says nothing."""
    said = _multiplies_bf16()
    return ("bf16",) if (bf16_speedup() > 1.15 if said is None else said) else ("fp32", "bf16")


def _multiplies_bf16() -> bool | None:
    """Whether it has instructions for bfloat16 (AVX512-BF16, AMX); None where torch cannot tell (not x86)."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return None
    known = [getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")]
    return None if known[0] is None else any(each is not None and each() for each in known)


def bf16_speedup() -> float:
    """How much faster this CPU multiplies in bfloat16 than in float32 (2.0 with AVX512-BF16, under 1 without): the best
    of many short turns of both, so that what else runs meets both alike."""
    pairs = [(_seconds(torch.float32), _seconds(torch.bfloat16)) for _ in range(5)]
    return min(full for full, _ in pairs) / min(half for _, half in pairs)


def _seconds(dtype: torch.dtype) -> float:
    x, w = torch.randn(512, 576).to(dtype), torch.randn(1536, 576).to(dtype)
    best = float("inf")
    for _ in range(6):
        started = time.perf_counter()
        x @ w.t()
        best = min(best, time.perf_counter() - started)
    return best


def learning_rate(step: int, total: int, peak: float, warmup: float) -> float:
    """Linear warm-up, then a cosine down to a tenth."""
    rise = max(1, round(total * warmup))
    if step < rise:
        return peak * (step + 1) / rise
    share = (step - rise) / max(1, total - rise)
    cosine: Any = torch.cos(torch.tensor(min(1.0, share) * torch.pi))
    return float(peak * (0.1 + 0.45 * (1 + cosine)))
