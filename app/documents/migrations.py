"""How the documents database grew: a list of functions, run in order, with a copy taken before the first of them."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from app.errors import NewerData


def _first(db: sqlite3.Connection) -> None:
    """Collections, documents with their text, passages with their vectors, and the full text over them."""
    for statement in (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE collections (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE)",
        """CREATE TABLE documents (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            collection_id INTEGER NOT NULL REFERENCES collections(id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            name TEXT NOT NULL,
            format TEXT NOT NULL DEFAULT '',
            title TEXT NOT NULL DEFAULT '',
            sha256 TEXT NOT NULL DEFAULT '',
            recipe TEXT NOT NULL DEFAULT '',
            bytes INTEGER NOT NULL DEFAULT 0,
            modified REAL NOT NULL DEFAULT 0,
            status TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            code TEXT NOT NULL DEFAULT '',
            pages INTEGER,
            passages INTEGER NOT NULL DEFAULT 0,
            indexed_at REAL,
            UNIQUE (collection_id, path))""",
        "CREATE INDEX documents_by_content ON documents (sha256)",
        """CREATE TABLE texts (
            document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
            text TEXT NOT NULL, pages BLOB NOT NULL, lines BLOB NOT NULL)""",
        """CREATE TABLE passages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
            start INTEGER NOT NULL, "end" INTEGER NOT NULL, page INTEGER,
            heading TEXT NOT NULL, context TEXT NOT NULL, text TEXT NOT NULL,
            vector BLOB NOT NULL, boxes BLOB NOT NULL)""",
        "CREATE INDEX passages_by_document ON passages (document_id)",
        """CREATE VIRTUAL TABLE words USING fts5(scope, context, body, content='', columnsize=1,
            tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '.,'")""",
        "CREATE VIRTUAL TABLE word_counts USING fts5vocab(words, row)",
    ):
        db.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first,)


def refuse_newer(db: sqlite3.Connection, path: Path) -> None:
    """Look before anything is written, a journal mode included.

    Raises:
        NewerData: a newer Inhouse wrote it; it is left as it is.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise NewerData(
            "The document index was written by a newer version of Inhouse.",
            "Please update Inhouse. Nothing was changed.",
            f"{path}: version {version}, this program knows {len(MIGRATIONS)}",
        )


def migrate(db: sqlite3.Connection, path: Path, backups: Path) -> None:
    """Bring a database up to this version; each step is one transaction."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if 0 < version < len(MIGRATIONS):
        _back_up(db, backups, path.stem, version)
    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        with db:
            db.execute("BEGIN IMMEDIATE")
            step(db)
            db.execute(f"PRAGMA user_version = {number}")


def _back_up(db: sqlite3.Connection, backups: Path, name: str, version: int) -> None:
    """A copy by SQLite itself, so that the write-ahead log is in it."""
    backups.mkdir(parents=True, exist_ok=True)
    target = backups / f"{name}-v{version}-{time.strftime('%Y%m%d-%H%M%S')}.db"
    with contextlib.closing(sqlite3.connect(target)) as copy:
        db.backup(copy)
