"""Damage as disks do it: a page of noise, a file that ends too early; and a folder that nobody may write."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
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


@contextlib.contextmanager
def read_only_copy(folder: Path) -> Iterator[tuple[Path, int]]:
    """A copy of a folder that may only be read, and the user to read it as: nobody, where root runs the tests."""
    user = os.getuid() or 65534
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)  # pytest's own folders are closed to others
        copy = Path(above) / "read-only"
        shutil.copytree(folder, copy)
        inside = [copy, *copy.rglob("*")]
        for path in inside:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            yield copy, user
        finally:
            for path in inside:
                path.chmod(0o755)
