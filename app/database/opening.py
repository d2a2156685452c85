"""Opens a database of ours: looked at first, brought to its newest form after a copy, and salvaged where it is damaged.

Beside a database that is open for writing stands a marker. Left over, it says that its process was ended or met damage:
the next opening then examines the whole file and its full text, else only a file that is small.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.database.carve import Row
from app.database.copies import copies_of, copy_to
from app.database.errors import plain_errors
from app.database.salvage import finish_salvage, make, salvage
from app.errors import Damaged, NewerData
from app.files import PRIVATE_FILE, is_writable, make_folder

BUSY_MS = 5000
SMALL_BYTES = 32 << 20
"""Up to this size SQLite's check runs at each opening: 40 ms. It is the whole one: the quick one of SQLite 3.40 finds
NULLs that are not there in a table without row ids."""

Migration = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True)
class Kind:
    """What one of our databases is."""

    subject: str
    """How sentences about it begin: "Your chats"."""
    migrations: Sequence[Migration]
    """Step n brings version n to n + 1; those that are needed run in one transaction."""
    tables: frozenset[str]
    """What every version has; without one of them the file is damaged."""
    full_text: str
    """Its FTS5 table, which SQLite before 3.44 leaves out of its own check; "" where it has none."""
    salvage: Callable[[Iterable[Row], sqlite3.Connection], str]
    """Puts the rows of a damaged file into a new one; returns a sentence about what was saved."""


def open_writer(path: Path, backups: Path, kind: Kind) -> sqlite3.Connection:
    """The database at the newest version; `take_note` says what the user should be told. Close it by `close_writer`.

    Write-ahead log with synchronous=FULL: what was committed survives a kill or a power cut. secure_delete overwrites
    what is removed.

    Raises:
        NewerData: a newer Inhouse wrote it; it is left as it is.
        NoSpace, Busy: it cannot be opened now.
    """
    with plain_errors(kind.subject, path, files=True):
        make_folder(path.parent)
        finish_salvage(path)
        if not path.exists():
            if path.with_name(path.name + "-wal").exists():
                path.touch(PRIVATE_FILE)  # the file went and its log did not: as good as an empty one
            else:
                make(path, path, lambda db: _steps(db, kind))
        try:
            return _opened(path, backups, kind)
        except Damaged:
            salvage(path, kind.subject, lambda rows, db: _fill(rows, db, kind) + _newest_copy(backups, path))
        return _opened(path, backups, kind)


def close_writer(db: sqlite3.Connection, path: Path, *, suspect: bool = False) -> None:
    """Close it; `suspect` has the next opening examine it, since a request met damage."""
    db.close()
    if not suspect:
        with contextlib.suppress(OSError):
            _marker(path).unlink(missing_ok=True)


def open_reader(path: Path, subject: str) -> sqlite3.Connection:
    """A connection that changes nothing, while another process may write; also in a folder that is read-only.

    There what a crash left in the write-ahead log is not seen. Nothing is examined and nothing migrated.

    Raises:
        Damaged, NoSpace, Busy: it cannot be read.
    """
    with plain_errors(subject, path):
        try:
            return _connect(f"{path.absolute().as_uri()}?mode=ro")
        except sqlite3.OperationalError:
            if is_writable(path.resolve().parent):  # of what a link leads to
                raise
            return _connect(f"{path.absolute().as_uri()}?immutable=1")


def migrated_copy(db: sqlite3.Connection, kind: Kind) -> sqlite3.Connection:
    """A copy in memory, at the newest version: how an older database is looked at where it cannot be migrated."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    db.backup(copy)
    _steps(copy, kind)
    return copy


def version_of(db: sqlite3.Connection) -> int:
    """How many migrations it has seen."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def refuse_newer(version: int, newest: int, subject: str, path: Path) -> None:
    """
    Raises:
        NewerData: the version is one that this program does not know.
    """
    if version > newest:
        raise NewerData(
            f"{subject}: a newer Inhouse wrote the file.",
            "Update Inhouse to open it. Nothing was changed.",
            f"{path}: version {version}, this program knows {newest}",
        )


def take_note(db: sqlite3.Connection) -> str:
    """What the user has not been told yet about this database; it is told once."""
    notes = [row[0] for row in db.execute("SELECT text FROM notes ORDER BY id")]
    if notes:
        db.execute("DELETE FROM notes")
    return " ".join(notes)


def make_notes(db: sqlite3.Connection) -> None:
    """The table of what the user has not been told yet; a part of each kind's migrations."""
    db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, made_at REAL NOT NULL, text TEXT NOT NULL)")


def examine(db: sqlite3.Connection, full_text: str) -> None:
    """Read through all of it, the full text too.

    Raises:
        Damaged, sqlite3.DatabaseError: it is damaged.
    """
    check(db)
    if full_text:
        db.execute(f"INSERT INTO {full_text} ({full_text}) VALUES ('integrity-check')")


def check(db: sqlite3.Connection) -> None:
    """Read through its tables and indices; it changes nothing.

    Raises:
        Damaged, sqlite3.DatabaseError: it is damaged.
    """
    found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        raise _damaged("; ".join(found))


def _opened(path: Path, backups: Path, kind: Kind) -> sqlite3.Connection:
    with plain_errors(kind.subject, path, files=True):
        if not path.stat().st_size:
            raise _damaged("The file is empty.")
        db = _connect(path)
        try:
            refuse_newer(version_of(db), len(kind.migrations), kind.subject, path)
            _look_at(db, path, kind)
            _migrate(db, path, backups, kind)
            _marker(path).touch(PRIVATE_FILE)
        except BaseException:
            db.close()
            raise
    return db


def _connect(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, uri=isinstance(path, str))
    try:
        db.execute("SELECT count(*) FROM sqlite_master")
    except BaseException:
        db.close()
        raise
    return db


def _look_at(db: sqlite3.Connection, path: Path, kind: Kind) -> None:
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if missing := kind.tables - tables:
        raise _damaged(f"It has no table {', '.join(sorted(missing))}.")
    suspect = path.with_suffix(".suspect")  # how 0.1.0 remembered that a request had met damage
    if _marker(path).exists() or suspect.exists():
        examine(db, kind.full_text)
        suspect.unlink(missing_ok=True)
    elif path.stat().st_size <= SMALL_BYTES:
        check(db)


def _damaged(detail: str) -> Damaged:
    return Damaged("The file is damaged.", "What can be read of it is kept.", detail)


def _migrate(db: sqlite3.Connection, path: Path, backups: Path, kind: Kind) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")
    version = version_of(db)
    if version == len(kind.migrations):
        return
    copy_to(db, backups / f"{path.stem}-v{version}-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    db.execute("BEGIN IMMEDIATE")
    try:
        _steps(db, kind)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _steps(db: sqlite3.Connection, kind: Kind) -> None:
    for step in kind.migrations[version_of(db) :]:
        step(db)
    db.execute(f"PRAGMA user_version = {len(kind.migrations)}")


def _fill(rows: Iterable[Row], db: sqlite3.Connection, kind: Kind) -> str:
    _steps(db, kind)
    return kind.salvage(rows, db)


def _newest_copy(backups: Path, path: Path) -> str:
    copies = copies_of(backups, path.stem)
    return f" The newest copy from before is “{backups.name}/{copies[-1].name}”." if copies else ""


def _marker(path: Path) -> Path:
    return path.with_suffix(".open")
