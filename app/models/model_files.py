"""The files of an installed model: which there are, and whether they are there."""

from __future__ import annotations

from pathlib import Path

from app.errors import AppError
from app.llama.split_files import part_paths, stem_of
from app.types import InstalledModel

PROJECTOR_PREFIX = "mmproj-"
"""Our copy of a projector is called so and then like its model."""


def first_file(path: str) -> str:
    """By any file of a model the first, by which it is loaded, whether it is there or not."""
    return str(part_paths(Path(path))[0]) if path else ""


def projector_beside(model: Path) -> Path:
    """Where our copy of a model's projector lies."""
    return model.with_name(f"{PROJECTOR_PREFIX}{stem_of(model.name)}.gguf")


def files_of(model: InstalledModel) -> tuple[Path, ...]:
    """Those of its weights, in their order; none of a model on a server."""
    return part_paths(Path(model.path)) if model.origin != "server" else ()


def missing_file(model: InstalledModel) -> str:
    """The first of its files, or its adapter, that is gone; "" where all are there, or it is on a server."""
    needed = (*files_of(model), *([Path(model.adapter)] if model.adapter else []))
    return next((str(file) for file in needed if not file.is_file()), "")


def is_missing(model: InstalledModel) -> bool:
    """Whether a file of it is gone."""
    return bool(missing_file(model))


def check_there(model: InstalledModel) -> None:
    """
    Raises:
        AppError: a file of it is gone; it says which where there are several.
    """
    gone = missing_file(model)
    if not gone:
        return
    count = len(files_of(model))
    if count > 1:
        name = Path(gone).name
        raise AppError(
            f"“{name}” is no longer there, one of the {count} files of “{model.name}”.",
            "Put it back, or remove the model and get it again.",
            gone,
        )
    raise AppError(f"The file of “{model.name}” is no longer there.", "Import it again, or remove it from the list.")
