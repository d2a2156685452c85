"""Damage as disks do it: a page of noise, a file that ends too early."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path], None]


def overwrite(page: int | str) -> Damage:
    """4 KB of noise over a page, or over the root of a table."""

    def damage(path: Path) -> None:
        number = page
        if isinstance(page, str):
            db = sqlite3.connect(path)
            (number,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (page,)).fetchone()
            db.close()
        with path.open("r+b") as file:
            file.seek((int(number) - 1) * 4096)
            file.write(random.Random(1).randbytes(4096))

    return damage


def truncate(share: float) -> Damage:
    """Only this share of the file is left."""

    def damage(path: Path) -> None:
        os.truncate(path, int(path.stat().st_size * share))

    return damage
