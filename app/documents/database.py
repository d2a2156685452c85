"""One connection to documents.db: how it is opened, what a transaction is, and SQLite's errors in plain words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from app.documents.migrations import migrate, refuse_newer
from app.errors import AppError, Busy, NoSpace

_FULL = ("database or disk is full", "readonly database", "unable to open database", "disk I/O error")


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turn SQLite's errors into words for the user.

    Raises:
        Busy: another process writes to the database.
        NoSpace: the disk is full or the folder is read-only.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise Busy("The document index is in use.", "Please close the other Inhouse window.", text) from error
        if any(part in text for part in _FULL):
            raise NoSpace(
                "The document index could not be written: the disk is full or the folder is read-only.",
                "Please make room or check the folder's permissions. Everything stored before is intact.",
                text,
            ) from error
        raise
    except sqlite3.DatabaseError as error:
        raise AppError(
            "The document index is damaged.",
            "Please restart Inhouse: the damaged file is set aside, and your documents can be added again.",
            str(error),
        ) from error


class Database:
    """Used by one thread. Write-ahead log with synchronous=FULL: what was committed survives a kill or a power cut.

    secure_delete overwrites what is removed.
    """

    def __init__(self, path: Path, backups: Path) -> None:
        self.path = path
        with plain_errors():
            self.db = sqlite3.connect(path, isolation_level=None, timeout=5.0)
            self.db.row_factory = sqlite3.Row
            try:
                self._open(backups)
            except BaseException:
                self.db.close()
                raise

    def _open(self, backups: Path) -> None:
        db = self.db
        refuse_newer(db, self.path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA cache_size = -65536")
        db.execute("PRAGMA temp_store = MEMORY")
        migrate(db, self.path, backups)
        if sqlite3.sqlite_version_info >= (3, 42):
            db.execute("INSERT INTO words(words, rank) VALUES ('secure-delete', 1)")

    def close(self) -> None:
        self.db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        with plain_errors():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def meta(self, key: str, default: str = "") -> str:
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def set_meta(self, key: str, value: str) -> None:
        self.db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value))

    @property
    def generation(self) -> int:
        """Counts up with every change of the set of passages: what caches compare themselves with."""
        return int(self.meta("generation", "0"))

    def _changed(self) -> None:
        self.set_meta("generation", str(self.generation + 1))

    def _broke(self) -> None:
        """Passages went: a cache that only adds what is new is no longer true."""
        self.set_meta("chain", str(int(self.meta("chain", "0")) + 1))

    def check(self) -> str:
        """ "ok", or what SQLite finds wrong."""
        with plain_errors():
            found = [row[0] for row in self.db.execute("PRAGMA quick_check(5)")]
        return "; ".join(found)

    def examine(self) -> None:
        """Read through all of it, and through the full text, which SQLite before 3.44 leaves out of its check.

        Raises:
            AppError: it is damaged.
        """
        with plain_errors():
            if (found := self.check()) != "ok":
                raise sqlite3.DatabaseError(found)
            self.db.execute("INSERT INTO words(words) VALUES ('integrity-check')")
