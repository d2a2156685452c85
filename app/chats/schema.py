"""Opens the chat database: its tables as a list of migrations, a backup before each; a damaged file is set aside."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.errors import AppError, Busy, NewerData, NoSpace
from app.files import cannot_write, set_aside

BUSY_MS = 5000


def _first(db: sqlite3.Connection) -> None:
    for statement in (
        """CREATE TABLE chats (
            id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, titled INTEGER NOT NULL DEFAULT 0,
            collection TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '',
            created_at REAL NOT NULL, updated_at REAL NOT NULL, deleted_at REAL)""",
        "CREATE INDEX chats_shown ON chats (deleted_at, updated_at)",
        """CREATE TABLE turns (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
            parent INTEGER NOT NULL, chosen INTEGER NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL,
            state TEXT NOT NULL, writer INTEGER, answer BLOB, rating TEXT, corrected TEXT NOT NULL DEFAULT '',
            rated_at REAL, created_at REAL NOT NULL)""",
        "CREATE INDEX turns_tree ON turns (chat_id, parent, id)",
        "CREATE INDEX turns_writing ON turns (state) WHERE state = 'writing'",
        "CREATE INDEX turns_rated ON turns (rated_at) WHERE rating IS NOT NULL",
        """CREATE TABLE cited (
            turn_id INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE, document_id INTEGER NOT NULL,
            PRIMARY KEY (document_id, turn_id)) WITHOUT ROWID""",
        "CREATE INDEX cited_turn ON cited (turn_id)",
        """CREATE VIRTUAL TABLE turns_text USING fts5 (
            text, content = 'turns', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2')""",
        """CREATE TRIGGER turns_inserted AFTER INSERT ON turns WHEN new.state <> 'writing' BEGIN
            INSERT INTO turns_text (rowid, text) VALUES (new.id, new.text); END""",
        """CREATE TRIGGER turns_forgotten BEFORE UPDATE OF text, state ON turns WHEN old.state <> 'writing' BEGIN
            INSERT INTO turns_text (turns_text, rowid, text) VALUES ('delete', old.id, old.text); END""",
        """CREATE TRIGGER turns_learned AFTER UPDATE OF text, state ON turns WHEN new.state <> 'writing' BEGIN
            INSERT INTO turns_text (rowid, text) VALUES (new.id, new.text); END""",
        """CREATE TRIGGER turns_deleted BEFORE DELETE ON turns WHEN old.state <> 'writing' BEGIN
            INSERT INTO turns_text (turns_text, rowid, text) VALUES ('delete', old.id, old.text); END""",
    ):
        db.execute(statement)


def _by_id(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE chats ADD COLUMN collection_id INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE chats ADD COLUMN model_id TEXT NOT NULL DEFAULT ''")


MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = [_first, _by_id]
"""Step n brings version n to n + 1; each runs once, in a transaction of all that are needed."""


def open_database(path: Path, backups: Path) -> tuple[sqlite3.Connection, str]:
    """The database at the newest version, and a sentence for the user, "" if all is well.

    Raises:
        NewerData: a newer Inhouse wrote it.
        NoSpace, Busy: it cannot be opened now.
    """
    note = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            db = _connect(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            note = _set_aside(path)
            db = _connect(path)
    except (sqlite3.Error, OSError) as error:
        raise plain(error, path) from error
    try:
        with plain_errors(path):
            _migrate(db, path, backups)
    except BaseException:
        db.close()
        raise
    return db, note


def plain(error: Exception, path: Path) -> AppError:
    """What SQLite or the system refused, in words."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return Busy("Another Inhouse is using your chats right now.", "Please try again in a moment.", text)
    if "full" in text or "readonly" in text or "read-only" in text:
        return cannot_write(path, OSError(text))
    if isinstance(error, OSError) or "unable to open" in text:
        return NoSpace(
            "Your chats could not be opened.",
            "Check that the data folder exists and may be written.",
            f"{path}: {text}",
        )
    return AppError(
        "Your chats could not be read.",
        "Run “inhouse doctor” to see what is wrong; a backup may help.",
        f"{path}: {text}",
    )


@contextlib.contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into an AppError."""
    try:
        yield
    except sqlite3.Error as error:
        raise plain(error, path) from error


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
    try:
        db.execute("SELECT count(*) FROM sqlite_master")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
    except BaseException:
        db.close()
        raise
    return db


def _set_aside(path: Path) -> str:
    kept = set_aside(path)
    for suffix in ("-wal", "-shm"):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(kept.with_name(kept.name + suffix))
    return f"Your chats could not be read. The damaged file is kept as “{kept.name}”, and a new one was started."


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _migrate(db: sqlite3.Connection, path: Path, backups: Path) -> None:
    version = _version(db)
    if version > len(MIGRATIONS):
        raise NewerData(
            "Your chats were written by a newer Inhouse.",
            "Update Inhouse to open them. Nothing was changed.",
            str(path),
        )
    if version == len(MIGRATIONS):
        return
    if version > 0:
        _back_up(db, backups / f"{path.stem}-v{version}-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in MIGRATIONS[_version(db) :]:
            step(db)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _back_up(db: sqlite3.Connection, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = sqlite3.connect(target)
    except (OSError, sqlite3.Error) as error:
        raise cannot_write(target, OSError(str(error))) from error
    with contextlib.closing(copy):
        db.backup(copy)
