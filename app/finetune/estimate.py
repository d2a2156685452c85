"""What training takes on this computer before the trainer has measured it: from a model's size alone."""

from __future__ import annotations

from typing import Literal

from app.llama import memory
from app.llama.planner import Device, place_training
from app.types import InstalledModel


def training_bytes(model: InstalledModel, *, small: bool = False) -> int:
    """Memory that training takes, with weights of 16 bits, or of 4 where `small`; as the trainer counts it, with a
    usual shape for the size."""
    parameters = model.parameters or round(model.file_bytes / 0.6)
    return memory.training_bytes(memory.usual_shape(parameters), "nf4" if small else "bf16")


def fit_of(model: InstalledModel, total_bytes: int) -> Literal["fits", "tight", "large"]:
    """Whether it can be trained on this computer."""
    if not total_bytes:
        return "fits"
    memory = [Device("", "cpu", total_bytes, total_bytes)]
    place = place_training(training_bytes(model), training_bytes(model, small=True), memory)
    if place is None:
        return "large"
    return "fits" if place[1] else "tight"
