"""Reads a file into the system's page cache before it is needed, so that loading it does not wait for the disk."""

from __future__ import annotations

import os
from pathlib import Path

PIECE = 8 << 20
STEP = 128 << 10
"""Bytes that Linux takes at least of one wish; of a longer one it reads as much as the disk is set to, and no more."""


def read_ahead(path: str) -> None:
    """Ask the system to have the file ready; what is in the cache already is not read again. Call it in a thread.

    Where there is no way to ask, the file is read once. That it cannot be read, whoever loads it will say.
    """
    try:
        with Path(path).open("rb", buffering=0) as file:
            if hasattr(os, "posix_fadvise"):
                for start in range(0, os.fstat(file.fileno()).st_size, STEP):
                    os.posix_fadvise(file.fileno(), start, STEP, os.POSIX_FADV_WILLNEED)
                return
            while file.read(PIECE):
                pass
    except OSError:
        return
