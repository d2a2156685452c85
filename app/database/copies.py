"""Copies of a database by SQLite itself, so that the write-ahead log is in them."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

from app.files import PRIVATE_FILE, make_folder


def copy_to(db: sqlite3.Connection, target: Path) -> None:
    """Copy a database into one file that needs no log beside it. Raises OSError, sqlite3.Error."""
    make_folder(target.parent)
    target.touch(PRIVATE_FILE)
    with contextlib.closing(sqlite3.connect(target)) as copy:
        db.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def copies_of(backups: Path, stem: str, suffix: str = ".db") -> list[Path]:
    """Every copy of a database (or another file), those from before a migration too, oldest first."""
    return sorted(backups.glob(f"{stem}-*{suffix}"), key=lambda path: re.sub(r"^.*?-(?=\d{8})", "", path.stem))
