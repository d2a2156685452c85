"""The file by which a model sees: found beside it, and checked to belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.errors import AppError, BadFile
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header, read_projector
from app.models.model_files import is_missing
from app.types import InstalledModel

PATTERN = "*mmproj*.gguf"
"""What makers call them: mmproj-model-f16.gguf, gemma-3-4b-it-mmproj.gguf."""
MOST = 20
"""Files beside a model that are looked at."""


def is_projector_file(path: Path) -> bool:
    """Whether there is one, sound as far as its header goes."""
    try:
        return read_header(path).is_projector
    except AppError:
        return False


def projector_of(source: Path, model: GgufHeader, named: str = "") -> Path | None:
    """The projector of a model file: the one that was named, else the largest beside it that fits; None without one.

    Old ones say the width of something else, so that a named one is believed; llama.cpp refuses what does not fit.

    Raises:
        BadFile: the named one is damaged, or no projector.
    """
    if named:
        return read_projector(Path(named)).path
    found = []
    for path in sorted(source.parent.glob(PATTERN))[:MOST]:
        try:
            header = read_header(path)
        except AppError:
            continue  # what lies beside by chance must not keep a model from being imported
        if header.is_projector and _fits(header, model) and path != source:
            found.append((header.file_bytes, path))
    return max(found)[1] if found else None


def seeing_model(
    projector: GgufHeader, models: Iterable[InstalledModel], named: str, active: InstalledModel | None
) -> InstalledModel:
    """The installed model that a projector is for: the one that was named, else the one in use where it fits, else the
    only one that does.

    Raises:
        BadFile: none fits, or several do and none was named.
    """
    name = projector.path.name
    own = [each for each in models if each.origin not in ("server", "starter", "computer") and not is_missing(each)]
    called = [each for each in own if named and named.casefold() in (each.id, each.name.casefold())]
    fitting = called or [each for each in own if not each.projector and _fits(projector, _header(each))]
    if active is not None:
        fitting = [each for each in fitting if each.id == active.id] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(f"“{each.name}”" for each in fitting)
        hint = f"Use the one that it belongs to first, then import it again. It may be: {names}."
        raise BadFile(f"{name} is the part by which a model sees, and fits several of yours.", hint, code="kind")
    raise BadFile(
        f"{name} is the part of a model by which it sees, not a whole model, and fits none of yours.",
        "Import the model that it belongs to, with this file beside it.",
        code="kind",
    )


def _header(model: InstalledModel) -> GgufHeader | None:
    try:
        return read_header(Path(model.path))
    except AppError:
        return None


def _fits(projector: GgufHeader, model: GgufHeader | None) -> bool:
    """Whether it says that what it makes is as wide as the model's embeddings."""
    return model is not None and projector.number("clip.vision.projection_dim") == model.embedding
