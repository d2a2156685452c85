"""A hundred swaps in the real window while answers stream and a person types: nothing lost, memory back, and quick."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.gui.bench import swap as bench_swap

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_a_hundred_swaps_lose_nothing_and_leave_nothing(qapp: QApplication, tmp_path: Path) -> None:
    swaps = bench_swap.Swaps(tmp_path / "home")
    try:
        figures = list(bench_swap.streaming(swaps))
    finally:
        swaps.bench.close()
    for each in figures:
        print(each)
    assert len(figures) == 4 and all(each["ok"] for each in figures), figures
