"""An adapter as PEFT wrote it, as a GGUF beside an installed model: `python -m trainer adapter FOLDER OUT MODEL…`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import gguf
import msgspec

from app.errors import AppError
from app.llama.gguf_reader import read_header
from trainer.errors import TrainerError, as_trainer_error
from trainer.publish import export
from trainer.train import brought


def command(folder: Path, out: Path, models: Sequence[Path]) -> int:
    """`trainer adapter`: one JSON object on stdout, the model that it was written for or what is wrong; exit status."""
    try:
        said = {"base": str(write(folder, out, models))}
    except (AppError, OSError) as error:
        known = as_trainer_error(error)
        said = {"problem": known.message, "hint": known.hint, "detail": known.detail}
    sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
    return 1 if "problem" in said else 0


def write(folder: Path, out: Path, models: Sequence[Path]) -> Path:
    """Write the adapter for the first of the GGUF files that it fits; → that file.

    Raises:
        TrainerError: it is no adapter that is read here, or fits none of them.
    """
    brought.read_plain(folder)
    for model in models:
        if _fits(folder, model):
            export.write_adapter(model, folder, out)
            return model
    raise TrainerError(
        f"The adapter in “{folder.name}” belongs to none of your models.",
        "Import the model that it was made for first: its folder, or a GGUF of it.",
        brought.named_base(folder),
        "adapter",
    )


def _fits(folder: Path, model: Path) -> bool:
    """Whether every weight that it changes is one of the model's, of the same size."""
    try:
        shapes = read_header(model).tensor_shapes  # inside × outside
        pairs = export.Factors(folder, gguf.GGUFReader(model)).pairs
    except (AppError, OSError, ValueError):
        return False
    return bool(pairs) and all(shapes.get(name) == (a.shape[1], b.shape[0]) for name, (a, b) in pairs.items())
