"""How a database is, for support: it is looked at beside a process that has it open, and nothing is changed."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from app.database.opening import SMALL_BYTES, check, open_reader, refuse_newer, version_of
from app.errors import AppError, Damaged

LIMIT_S = 20.0


@dataclass(frozen=True)
class Health:
    """Whether all is well, and a sentence about it."""

    ok: bool
    state: str


def health_of(path: Path, subject: str, newest: int, full_text: str) -> Health:
    """Examine the database at `path`, for LIMIT_S seconds at most; `full_text` is its FTS5 table, if it has one."""
    if not path.exists():
        return Health(True, "not there yet")
    size = path.stat().st_size
    if not size:
        return Health(False, "empty: a file of 0 bytes is set aside at the next start")
    try:
        with contextlib.closing(open_reader(path, subject)) as db:
            version = version_of(db)
            refuse_newer(version, newest, subject, path)
            try:
                _examine(db, size, full_text)
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_INTERRUPT:
                    raise
                return Health(True, f"too large to check fully here; what was checked is sound ({size} bytes)")
    except (Damaged, sqlite3.DatabaseError) as error:
        return Health(False, f"damaged: {error.detail if isinstance(error, Damaged) else error}")
    except AppError as error:
        return Health(False, str(error))
    later = "" if version == newest else f", becomes version {newest} at the next start"
    return Health(True, f"ok (version {version}{later})")


def vectors_by(path: Path) -> tuple[str, dict[str, int]]:
    """Of the document index: the id of the embedder that search is by ("" for the one that comes along), and how many
    documents have vectors of each embedder, by id. Nothing where it cannot be read."""
    with contextlib.suppress(AppError, sqlite3.Error), contextlib.closing(open_reader(path, "")) as db:
        made = db.execute(
            """SELECT substr(recipe, 1, instr(recipe, '/') - 1) AS made_by, count(*) FROM documents
            WHERE passages > 0 GROUP BY made_by ORDER BY count(*) DESC"""
        ).fetchall()
        row = db.execute("SELECT value FROM meta WHERE key = 'embedder'").fetchone()
        return (row[0] if row is not None else "", {key: int(count) for key, count in made})
    return "", {}


def _examine(db: sqlite3.Connection, size: int, full_text: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    db.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    check(db)
    if full_text and size <= SMALL_BYTES:
        with contextlib.closing(sqlite3.connect(":memory:")) as copy:  # FTS5's own check is a write, in name
            db.backup(copy)
            copy.execute(f"INSERT INTO {full_text} ({full_text}) VALUES ('integrity-check')")
