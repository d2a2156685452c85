"""Sums of memory against what is known of the starter: its real shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.llama import memory
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header


@pytest.fixture(scope="module")
def header(starter: Path) -> GgufHeader:
    return read_header(starter)


def test_the_usual_shape_of_the_starters_size_is_the_starters(header: GgufHeader) -> None:
    usual = memory.usual_shape(header.parameters)
    real = memory.Shape(header.parameters, header.layers, header.embedding, header.vocabulary)
    for precision in memory.WIDTH:
        assert memory.training_bytes(usual, precision) == pytest.approx(
            memory.training_bytes(real, precision), rel=0.01
        )


def test_four_bits_and_short_examples_take_less() -> None:
    shape = memory.usual_shape(7_000_000_000)
    four, half, full = (memory.training_bytes(shape, precision) for precision in ("nf4", "bf16", "fp32"))
    assert four < half < full
    assert memory.training_bytes(shape, "bf16", 100) == half
    assert memory.training_bytes(shape, "bf16", 2 * memory.LEAST_BATCH) > half
