"""How fast the processor trains and in how much memory, beside plain TRL and beside what was planned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trainer.train import bench, memory_bench

Write = Callable[[str, str, str, bool], bool]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def test_training_is_held_against_plain_trl(starter: Path, figure: Write) -> None:
    held = [figure(row.figure, f"{row.ratio} of plain TRL's", row.target, row.ok) for row in bench.compare(starter)]
    assert len(held) == 2 and all(held)


def test_planned_memory_is_what_training_takes(figure: Write) -> None:
    """Of shapes that had no part in the plan's sums at least five are within a tenth."""
    found = [memory_bench.compare(case) for case in memory_bench.REPORT]
    held = [figure(row.figure, f"{row.ratio} of the measured", row.target, row.ok) for row in found]
    assert sum(held) >= 5
