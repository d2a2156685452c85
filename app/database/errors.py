"""What SQLite raises, in words for the user: told apart by SQLite's own codes, which do not change with its texts."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from app.errors import AppError, Busy, Damaged, NoSpace

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REFUSED = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 for what Python's module raises by itself."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def plain(error: sqlite3.Error | OSError, subject: str, path: Path) -> AppError:
    """The error for the user; `subject` begins its sentence: "Your chats", "The document index"."""
    detail = f"{path}: {error}"
    code = sqlite3.SQLITE_CANTOPEN if isinstance(error, OSError) else code_of(error)
    if code in _BUSY:
        said = f"{subject} could not be used: another Inhouse is writing right now."
        return Busy(said, "Please try again in a moment.", detail)
    if code in _DAMAGED:
        said = f"A part of the file “{path.name}” is damaged."
        hint = "Please try again: the damaged file is set aside, and what can be read of it is kept."
        return Damaged(said, hint, detail)
    if code in _REFUSED:
        said = f"{subject} could not be opened or written: the disk is full or the folder is read-only."
        hint = "Please make room or check the folder's permissions. Everything stored before is intact."
        return NoSpace(said, hint, detail)
    return AppError(f"{subject} could not be used.", "Run “inhouse doctor” to see what is wrong.", detail)


@contextlib.contextmanager
def plain_errors(subject: str, path: Path, *, files: bool = False) -> Iterator[None]:
    """Turn what SQLite raises into an AppError; `files`: and what the system raises.

    Raises:
        Busy: another process writes to the database.
        Damaged: the file is damaged.
        NoSpace: the disk is full or the folder is read-only.
    """
    caught: tuple[type[sqlite3.Error | OSError], ...] = (sqlite3.Error, OSError) if files else (sqlite3.Error,)
    try:
        yield
    except caught as error:
        raise plain(error, subject, path) from error
