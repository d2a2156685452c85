"""Helpers of the tests of the index."""

from __future__ import annotations

from pathlib import Path


def files_holding(folder: Path, needle: bytes) -> list[str]:
    """Every file below a folder that holds these bytes."""
    return [str(file) for file in sorted(folder.rglob("*")) if file.is_file() and needle in file.read_bytes()]
