"""One connection to the chats: transactions, errors in plain words, and a damaged file healed in passing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.chats.schema import SUBJECT, look_at_chats, open_chats
from app.database.copies import copy_to
from app.database.errors import plain_errors
from app.database.opening import close_writer, examine, take_note
from app.errors import AppError, Damaged, NoSpace

NO_CHAT = AppError("This chat no longer exists.", "Choose another one.")


class ChatDatabase:
    """Used from one thread. Any number of readers may look at the file beside the one that writes."""

    def __init__(self, path: Path, backups: Path, *, read_only: bool = False) -> None:
        """Open; to write, also examine, salvage and migrate after a backup. To read only, nothing on disk is changed.

        Raises:
            NewerData, NoSpace, Busy: it cannot be opened.
            Damaged: it is damaged, and to be read only.
        """
        self.path = path
        self.read_only = read_only
        self.note = ""
        """What the user should be told about the opening, or ""; it is told once."""
        self._backups = backups
        self._suspect = False
        self._open()

    def _open(self) -> None:
        if self.read_only:
            self._db = look_at_chats(self.path)
        else:
            self._db = open_chats(self.path, self._backups)
            with plain_errors(SUBJECT, self.path):
                self.note = take_note(self._db)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        """Safe to call twice."""
        if self.read_only:
            self._db.close()
        else:
            close_writer(self._db, self.path, suspect=self._suspect)

    def examine(self) -> str:
        """Read through the whole file; a damaged one is set aside and salvaged. Returns what to tell the user, or "".

        Raises:
            AppError: it is damaged and could not be replaced.
        """
        try:
            with plain_errors(SUBJECT, self.path):
                examine(self._db, "turns_text")
        except Damaged as error:
            return self._heal(error).message
        return ""

    def copy(self, target: Path) -> None:
        """A copy of it as it is now; raises AppError."""
        with self._healing() as db:
            copy_to(db, target)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make all changes inside one transaction: all of them, or none."""
        with self._change():
            yield

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction; a nested one joins it."""
        if self._db.in_transaction:
            yield self._db
            return
        if self.read_only:
            raise NoSpace(
                f"{SUBJECT} can only be read here.", "Check that the data folder may be written.", str(self.path)
            )
        with self._healing() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _read(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        with self._healing() as db:
            return db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _healing(self) -> Iterator[sqlite3.Connection]:
        """Errors in plain words. What meets damage fails once and says what was done; the next try finds a sound file.

        Inside a transaction that is left to the one who began it.
        """
        within = self._db.in_transaction
        try:
            with plain_errors(SUBJECT, self.path):
                yield self._db
        except Damaged as error:
            if within or self.read_only:
                raise
            raise self._heal(error) from error

    def _heal(self, error: Damaged) -> Damaged:
        """Open the file anew, which examines it; what to raise in place of the error."""
        self._suspect = True
        self.close()
        self._open()
        self._suspect = False
        said, self.note = self.note, ""
        return Damaged(said, "Please try again.", error.detail) if said else error

    def _empty_log(self) -> None:
        """Bring the write-ahead log into the file and cut it, so that it holds nothing that was removed."""
        with contextlib.suppress(sqlite3.OperationalError):  # another process reads; its own close does it
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _update(self, chat_id: int, **values: Any) -> None:
        columns = ", ".join(f"{name} = ?" for name in values)
        with self._change() as db:
            if db.execute(f"UPDATE chats SET {columns} WHERE id = ?", (*values.values(), chat_id)).rowcount == 0:
                raise NO_CHAT
