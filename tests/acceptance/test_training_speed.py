"""How fast the processor trains and in how much memory, beside plain TRL on the same model, data and adapter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trainer.train import bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def test_training_is_held_against_plain_trl(starter: Path, figure: Callable[[str, str, str, bool], bool]) -> None:
    held = [figure(row.figure, f"{row.ratio} of plain TRL's", row.target, row.ok) for row in bench.compare(starter)]
    assert len(held) == 2 and all(held)
