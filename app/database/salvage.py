"""Sets a damaged database aside and puts a new one with what could be read of it in its place, killed at any line.

The new one is built first, under a name of its own, and gets a name that says it is whole. Only then does the old one
give way: whoever opens the database next finds the whole one and finishes. The log of the old one goes before it, since
SQLite would write it into the new.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from app.database.carve import Row, rows
from app.files import BROKEN, PRIVATE_FILE, free_name, sync_folder

log = logging.getLogger(__name__)

SALVAGED = ".salvaged-"
SIDES = ("-wal", "-shm", "")
"""What belongs to a database, in the order in which it gives way."""


def salvage(path: Path, subject: str, fill: Callable[[Iterable[Row], sqlite3.Connection], str]) -> None:
    """Replace a damaged database; `fill` makes the new one from the old one's rows and says what was saved.

    Raises:
        OSError, sqlite3.Error: there is no room, or the files cannot be written; nothing was changed then.
    """
    log.info("%s is damaged: what can be read of it is kept", path.name)
    broken = free_name(path, BROKEN)

    def fill_and_say(db: sqlite3.Connection) -> None:
        saved = fill(rows(path), db)
        said = f"{subject}: the file was damaged. {saved} The damaged file is kept as “{broken.name}”."
        db.execute("INSERT INTO notes (made_at, text) VALUES (?, ?)", (time.time(), said))

    make(path, broken.with_name(broken.name.replace(BROKEN, SALVAGED)), fill_and_say)
    finish_salvage(path)


def make(path: Path, target: Path, fill: Callable[[sqlite3.Connection], object]) -> None:
    """Build a new database for `path` and give it the name `target` only when it is whole and on the disk.

    Raises OSError, sqlite3.Error.
    """
    working = _working(path)
    working.unlink(missing_ok=True)
    working.touch(PRIVATE_FILE)
    try:
        with contextlib.closing(sqlite3.connect(working, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = MEMORY")
            db.execute("PRAGMA synchronous = OFF")  # a kill leaves a file that is thrown away
            db.execute("PRAGMA secure_delete = ON")
            db.execute("BEGIN")
            fill(db)
            db.execute("COMMIT")
        with working.open("rb+") as file:
            os.fsync(file.fileno())
        working.rename(target)
    except BaseException:
        working.unlink(missing_ok=True)
        raise


def finish_salvage(path: Path) -> None:
    """Put a whole new database in the place of the damaged one, where a kill came in between; cheap where none did.

    Raises OSError.
    """
    _working(path).unlink(missing_ok=True)
    for salvaged in sorted(path.parent.glob(f"{path.stem}{SALVAGED}*{path.suffix}")):
        broken = salvaged.with_name(salvaged.name.replace(SALVAGED, BROKEN))
        for side in SIDES:
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + side).rename(broken.with_name(broken.name + side))
        salvaged.rename(path)
        path.with_suffix(".open").unlink(missing_ok=True)
        sync_folder(path.parent)


def _working(path: Path) -> Path:
    return path.with_name(f"{path.stem}.making.tmp")


def keep_ids(db: sqlite3.Connection, tables: Iterable[str], highest: dict[str, int]) -> None:
    """Let no id be given out again; where the highest is not known, go on above any that there can have been."""
    for table in tables:
        (seen,) = db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
        last = max(seen, highest.get(table, int(time.time())))
        db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
