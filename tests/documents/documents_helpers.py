"""Helpers of the tests of the index."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def files_holding(folder: Path, needle: bytes) -> list[str]:
    """Every file below a folder that holds these bytes."""
    return [str(file) for file in sorted(folder.rglob("*")) if file.is_file() and needle in file.read_bytes()]


LATER = {
    8: ("DROP TABLE folders", "DROP TABLE excluded", "DROP TABLE seen", "DROP TABLE trash", "DROP TABLE changes"),
    7: ("ALTER TABLE passages DROP COLUMN place",),
    6: ("ALTER TABLE collections DROP COLUMN hidden",),
}
"""Version of the index → what takes back the step to it."""


def step_back(db: sqlite3.Connection, version: int) -> None:
    """Make of an index what an older version wrote, as far as its tables go."""
    (now,) = db.execute("PRAGMA user_version").fetchone()
    for step in range(now, version, -1):
        for statement in LATER.get(step, ()):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {version}")
