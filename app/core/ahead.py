"""Reads a model into the system's page cache before it is needed, so that loading it does not wait for the disk."""

from __future__ import annotations

import os
from pathlib import Path

from app.llama.split_files import part_paths

PIECE = 8 << 20
STEP = 128 << 10
"""Bytes that Linux takes at least of one wish; of a longer one it reads as much as the disk is set to, and no more."""


def read_ahead(path: str) -> None:
    """Ask the system to have all its files ready; what is in the cache already is not read again. Call it in a thread.

    Where there is no way to ask, each is read once. That one cannot be read, whoever loads it will say.
    """
    for part in part_paths(Path(path)):
        try:
            with part.open("rb", buffering=0) as file:
                if hasattr(os, "posix_fadvise"):
                    for start in range(0, os.fstat(file.fileno()).st_size, STEP):
                        os.posix_fadvise(file.fileno(), start, STEP, os.POSIX_FADV_WILLNEED)
                    continue
                while file.read(PIECE):
                    pass
        except OSError:
            return
