"""Files that are being written under a name of their own, and what a process that was killed left of them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import psutil


def remove_parts(folder: Path) -> None:
    """Remove half copied files whose process is no more."""
    for part in folder.glob("*.part") if folder.is_dir() else ():
        owner = re.search(r"\.(\d+)\.part$", part.name)
        if owner is None or not psutil.pid_exists(int(owner.group(1))):
            with contextlib.suppress(OSError):
                part.unlink()
