"""What training takes on this computer before the trainer has measured it: from a model's size alone."""

from __future__ import annotations

import math
from typing import Literal

from app.types import InstalledModel


def training_bytes(model: InstalledModel, *, small: bool = False) -> int:
    """Memory that training takes, before the trainer measures it.

    Weights (16 bits, or 4 where `small`), the activations of a batch, and Python with torch itself: the same sums as
    trainer.plan, with a usual shape for the size.
    """
    parameters = model.parameters or round(model.file_bytes / 0.6)
    width = (
        30 * 576 * math.sqrt(parameters / 135e6)
    )  # layers × hidden of the starter, growing with the root of its size
    weights = parameters * (0.75 if small else 2.0)
    return round(0.7e9 + weights + 1024 * width * 60 + parameters * 0.04 * 16 + 256 * 50_000 * 8)


def fit_of(model: InstalledModel, total_bytes: int) -> Literal["fits", "tight", "large"]:
    """Whether it can be trained on this computer."""
    if not total_bytes or training_bytes(model) < total_bytes * 0.6:
        return "fits"
    return "tight" if training_bytes(model, small=True) < total_bytes * 0.9 else "large"
