"""One connection to documents.db: how it is opened, what a transaction is, and SQLite's errors in plain words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from app.database import errors
from app.database.opening import check, close_writer, open_reader, refuse_newer, take_note, version_of
from app.documents.migrations import MIGRATIONS, SUBJECT, open_index
from app.errors import NoSpace


class Database:
    """Used by one thread."""

    suspect = False
    """Whether a request met damage: the next opening then examines the file."""

    def __init__(self, path: Path, backups: Path, *, read_only: bool = False) -> None:
        """Open; to write, also examine, salvage and migrate after a copy. To read only, nothing on disk is changed.

        Raises:
            NewerData, NoSpace, Busy: it cannot be opened.
            Damaged: it is damaged, and to be read only.
        """
        self.path = path
        self.read_only = read_only
        if read_only:
            self.db = open_reader(path, SUBJECT)
        else:
            self.db = open_index(path, backups)
        self.db.row_factory = sqlite3.Row
        try:
            with self.plain_errors():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        self.db.execute("PRAGMA cache_size = -65536")
        self.db.execute("PRAGMA temp_store = MEMORY")
        self.version = version_of(self.db)
        refuse_newer(self.version, len(MIGRATIONS), SUBJECT, self.path)
        if not self.read_only and sqlite3.sqlite_version_info >= (3, 42):
            self.db.execute("INSERT INTO words(words, rank) VALUES ('secure-delete', 1)")

    def close(self) -> None:
        if self.read_only:
            self.db.close()
        else:
            close_writer(self.db, self.path, suspect=self.suspect)

    def plain_errors(self) -> contextlib.AbstractContextManager[None]:
        """Turn SQLite's errors into words for the user: Busy, Damaged, NoSpace."""
        return errors.plain_errors(SUBJECT, self.path)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing.

        Raises:
            NoSpace: it was opened to be read only.
        """
        if self.read_only:
            raise NoSpace(
                "The document index can only be read here.",
                "Check that the data folder may be written.",
                str(self.path),
            )
        with self.plain_errors():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def note(self) -> str:
        """What the user has not been told yet about the index, or "". It is told once."""
        if self.read_only:
            return ""
        with self.plain_errors():
            return take_note(self.db)

    def check(self) -> None:
        """Read through its tables and indices.

        Raises:
            Damaged: it is damaged; the detail says where.
        """
        with self.plain_errors():
            check(self.db)

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
