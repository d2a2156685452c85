"""The parts of a training's planned memory, each against what torch allocates for tiny models."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.profiler import ProfilerActivity, profile
from transformers import AutoModelForCausalLM

from app.llama import memory
from trainer.train import loss, shared_prefix
from trainer.train.base import DTYPES
from trainer.train.memory_bench import FIT, REPORT, Case, one_step
from trainer.train.shapes import shape_of_config

torch.set_num_threads(1)
CPU = torch.device("cpu")


def most_allocated(work: Callable[[], object]) -> int:
    """Bytes of tensors that were alive at once and not before, by torch's own record."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        work()
    found: list[tuple[int, int, int]] = []
    waiting = list(record.profiler.kineto_results.experimental_event_tree())
    while waiting:
        event = waiting.pop()
        waiting += event.children
        if "Allocation" in str(event.tag):
            found.append((event.start_time_ns, event.extra_fields.ptr, event.extra_fields.alloc_size))
    alive: dict[int, int] = {}
    most = now = 0
    for _, at, size in sorted(found, key=lambda each: each[0]):
        now += size if size > 0 else -alive.pop(at, 0)
        if size > 0:
            alive[at] = size
        most = max(most, now)
    return most


def trained(case: Case) -> int:
    """What the second of two steps allocates at most."""
    torch.manual_seed(1)
    shared_prefix.register()
    model = AutoModelForCausalLM.from_config(case.config(), dtype=DTYPES[case.precision])
    once = one_step(case, model, CPU)
    once()
    return most_allocated(once)


@pytest.mark.parametrize(
    "case",
    [
        Case("layers, 16 bits", "llama", 96, 256, 6, 6, 2, 300, 512),
        Case("layers, float32", "llama", 96, 256, 6, 6, 2, 300, 512, "fp32"),
        Case("a key a query", "llama", 96, 256, 6, 6, 6, 300, 256, tied=False),
        Case("norms of queries and keys", "qwen3", 96, 160, 6, 6, 3, 300, 512),
        Case("many words", "qwen2", 64, 128, 4, 4, 2, 12000, 512),
        Case("activations twice", "llama", 96, 256, 8, 6, 2, 300, 512, "bf16", True),
        Case("activations twice, many words", "mistral", 64, 128, 8, 4, 2, 9000, 1024, "fp32", True),
        Case("logits of all tokens", "phi3", 64, 128, 4, 4, 4, 6000, 512),
    ],
    ids=lambda case: case.name,
)
def test_a_batch_holds_what_is_planned(case: Case) -> None:
    shape = shape_of_config(case.config())
    tokens = max(memory.LEAST_BATCH, case.longest)
    planned = memory.held_bytes(shape, case.precision, tokens, checkpointing=case.checkpointing)
    copies = memory.adapter_weights(shape) * (memory.ADAPTER_BYTES - 16)
    assert (planned + copies) / trained(case) == pytest.approx(1, abs=0.08)


def test_the_head_holds_one_piece_of_logits_at_a_time() -> None:
    words, rows = 4000, 3 * loss.PIECE
    hidden = torch.randn(rows, 8, requires_grad=True)
    head, aims = torch.randn(words, 8), loss.SoftTargets.of(torch.arange(rows))

    def once() -> torch.Tensor:
        return loss._HeadLoss.apply(hidden, head, aims.tokens, aims.probabilities, None)  # type: ignore[no-any-return]

    assert memory.HEAD_ROWS == loss.PIECE
    assert most_allocated(once) == pytest.approx(loss.PIECE * 8 * words, rel=0.05)


def test_holes_are_lost_below_the_size_that_is_mapped_by_itself() -> None:
    def lost(words: int) -> int:
        shape = memory.Shape(10_000_000, 2, 64, words, wide=128, queries=64, keys=64)
        none = memory.Shape(10_000_000, 2, 64, 0, wide=128, queries=64, keys=64)
        return memory.hole_bytes(shape, "bf16", 1024) - memory.hole_bytes(none, "bf16", 1024)

    assert lost(30_000) == memory.HEAD_ROWS * (2 + 4) * 30_000
    assert lost(50_000) == memory.HEAD_ROWS * 2 * 50_000
    assert lost(100_000) == 0


def test_what_is_reported_had_no_part_in_the_sums_and_varies() -> None:
    def form(case: Case) -> tuple[int, int, int, int]:
        return case.hidden, case.layers, case.vocabulary, case.longest

    assert len(REPORT) >= 5 and not {form(case) for case in FIT} & {form(case) for case in REPORT}
    assert {case.precision for case in REPORT} == set(memory.WIDTH) and {case.tied for case in REPORT} == {True, False}
    words = [case.vocabulary for case in REPORT]
    assert min(words) < 10_000 and max(words) > 150_000 and any(case.checkpointing for case in REPORT)
