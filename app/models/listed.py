"""What the list of models says of a file, as far as its header says it."""

from __future__ import annotations

from pathlib import Path

from app.llama.gguf_header import GgufHeader
from app.types import InstalledModel


def listed(header: GgufHeader, path: Path, name: str) -> InstalledModel:
    """Not in the list yet: whoever brought it adds where it came from."""
    return InstalledModel(
        name=name,
        path=str(path),
        file_bytes=header.file_bytes,
        architecture=header.architecture,
        quantization=header.quantization,
        parameters=header.parameters,
        context_trained=header.context_trained,
    )
