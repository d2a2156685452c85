"""Where a killed training goes on: adapter, optimizer, random state and position, with a marker written last."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import torch
from msgspec import Struct
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from app.files import write_atomic
from trainer.spec import CurvePoint, write_json
from trainer.train import optimizer as moments

KEPT = 2
MARKER = "complete"


class Position(Struct, frozen=True, kw_only=True):
    """How far training is; data position and learning rate follow from the step."""

    step: int
    tokens: int
    seconds: float
    best_step: int
    best_loss: float | None
    before_loss: float | None
    without_progress: int
    running_loss: float
    curve: tuple[CurvePoint, ...]


def save(folder: Path, position: Position, adapter: dict[str, torch.Tensor], optimizer: Any) -> Path:
    """Write a checkpoint; older ones go only when this one is whole."""
    target = folder / f"step-{position.step:06d}"
    if target.exists():
        shutil.rmtree(target)  # a half-written one, or the same step again
    target.mkdir(parents=True)
    write_atomic(target / "adapter.safetensors", save_tensors(adapter))
    write_atomic(
        target / "optimizer.safetensors", save_tensors({"random": torch.get_rng_state(), **moments.tensors(optimizer)})
    )
    write_json(target / "position.json", position)
    write_atomic(target / MARKER, b"")
    for old in whole(folder)[:-KEPT]:
        shutil.rmtree(old)
    return target


def whole(folder: Path) -> list[Path]:
    """Checkpoints whose marker stands, oldest first; the others are not trusted."""
    return sorted(marker.parent for marker in folder.glob(f"step-*/{MARKER}"))


def position(path: Path) -> Position:
    """How far a whole checkpoint is."""
    return msgspec.json.decode((path / "position.json").read_bytes(), type=Position)


def load(path: Path, optimizer: Any) -> tuple[Position, dict[str, torch.Tensor]]:
    """Put optimizer and random state back; returns the position and the adapter's tensors."""
    tensors = load_tensors((path / "optimizer.safetensors").read_bytes())
    torch.set_rng_state(tensors.pop("random"))
    moments.load(optimizer, tensors)
    return position(path), load_tensors((path / "adapter.safetensors").read_bytes())
