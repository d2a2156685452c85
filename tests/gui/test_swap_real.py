"""Swaps in the real window while the starter answers: adapters and models in turns, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.gui.bench import swap as bench_swap

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


@pytest.fixture
def swaps(qapp: QApplication, tmp_path: Path) -> Iterator[bench_swap.Swaps]:
    made = bench_swap.Swaps(tmp_path / "home")
    yield made
    made.bench.close()


def test_an_adapter_swaps_with_an_empty_cache_and_no_answer_is_lost(swaps: bench_swap.Swaps) -> None:
    own_words = list(bench_swap.adapter(swaps))[1]
    assert own_words["ok"], own_words
    kept, typed, *_ = bench_swap.streaming(swaps, count=6)  # the rest needs a hundred: tests/acceptance
    assert kept["ok"] and typed["ok"], (kept, typed)
