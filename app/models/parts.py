"""What is being written under a name of its own, and what a process that was killed left of it."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

import psutil


def remove_parts(folder: Path) -> None:
    """Remove half copied files and folders whose process is no more."""
    for part in folder.glob("*.part") if folder.is_dir() else ():
        owner = re.search(r"\.(\d+)\.part$", part.name)
        if owner is None or not psutil.pid_exists(int(owner.group(1))):
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            with contextlib.suppress(OSError):
                part.unlink()
