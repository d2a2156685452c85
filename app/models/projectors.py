"""The file by which a model sees: found beside it, and checked to belong to it."""

from __future__ import annotations

from pathlib import Path

from app.errors import AppError
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header, read_projector

PATTERN = "*mmproj*.gguf"
"""What makers call them: mmproj-model-f16.gguf, gemma-3-4b-it-mmproj.gguf."""
MOST = 20
"""Files beside a model that are looked at."""


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


def _fits(projector: GgufHeader, model: GgufHeader) -> bool:
    """Whether it says that what it makes is as wide as the model's embeddings."""
    return projector.number("clip.vision.projection_dim") == model.embedding
