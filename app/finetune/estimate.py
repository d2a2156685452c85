"""What training takes on this computer before the trainer has measured it: from a model's size alone."""

from __future__ import annotations

from typing import Literal

from app.llama import memory
from app.llama.planner import SHARE, Device
from app.llama.teaching import plan_teaching
from app.types import InstalledModel

COMFORT_SHARE = 0.6
"""Of the ordinary memory that hours of training may take in 16 bits, since other programs need some too."""

PREPARING_TOKENS = 4000
"""Checking a model and trying it take as long as writing so many (the starter on two cores: 30 s each)."""
USUAL_RATE = 1e10
"""Weights times tokens a second, on two cores of a server's processor."""


def training_bytes(model: InstalledModel, *, small: bool = False) -> int:
    """Memory that training takes, with weights of 16 bits, or of 4 where `small`, and its checks; as the trainer counts
    it, with a usual shape for the size."""
    shape = _shape(model)
    return max(memory.training_bytes(shape, "nf4" if small else "bf16"), memory.checking_bytes(shape))


def preparing_s(model: InstalledModel) -> float:
    """Seconds until it is known how long questions take: the model is checked, and tried whether it asks well. By its
    speed in the chat on this computer, and where it has not chatted yet, by its size."""
    speed = model.tokens_per_s or USUAL_RATE / (model.parameters or model.file_bytes)
    return PREPARING_TOKENS / speed


def fit_of(model: InstalledModel, total_bytes: int) -> Literal["fits", "tight", "large"]:
    """Whether it can be trained on this computer."""
    if not total_bytes:
        return "fits"
    shape = _shape(model)
    here = [Device("", "cpu", total_bytes, total_bytes)]
    found = plan_teaching(shape, 0, here, checkpointing=False, spare=COMFORT_SHARE)
    if not found.fits or memory.checking_bytes(shape) > total_bytes * SHARE:
        return "large"
    return "tight" if found.precision == "nf4" else "fits"


def _shape(model: InstalledModel) -> memory.Shape:
    return memory.usual_shape(model.parameters or round(model.file_bytes / 0.6))
