"""What training takes on this computer before the trainer has measured it: from a model's size alone."""

from __future__ import annotations

from typing import Literal

from app.llama import memory
from app.types import InstalledModel


def training_bytes(model: InstalledModel, *, small: bool = False) -> int:
    """Memory that training takes, with weights of 16 bits, or of 4 where `small`; as the trainer counts it, with a
    usual shape for the size."""
    parameters = model.parameters or round(model.file_bytes / 0.6)
    return memory.training_bytes(memory.usual_shape(parameters), "nf4" if small else "bf16")


def fit_of(model: InstalledModel, total_bytes: int) -> Literal["fits", "tight", "large"]:
    """Whether it can be trained on this computer."""
    if not total_bytes or training_bytes(model) < total_bytes * 0.6:
        return "fits"
    return "tight" if training_bytes(model, small=True) < total_bytes * 0.9 else "large"
