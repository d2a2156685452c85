"""Copies of the chats: one a day, seven kept, and what is removed for good is removed from them too."""

from __future__ import annotations

import contextlib
import filecmp
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.chats.connection import ChatDatabase
from app.chats.schema import SUBJECT
from app.database.copies import copies_of
from app.database.errors import plain_errors
from app.database.opening import examine
from app.errors import Damaged
from app.files import sync_folder
from app.paths import Home

KEPT = 7


def backup_daily(home: Home, store: ChatDatabase) -> Path | None:
    """Today's copy, unless there is one or nothing has changed since the last; the oldest go. → the new copy's path.

    A copy is kept only if it is sound; of a damaged file none is made, and the store is healed: see `store.note`.

    Raises:
        NoSpace: it could not be written.
    """
    target = home.backups / f"chats-{time.strftime('%Y%m%d')}.db"
    if target.exists():
        return None
    made = target.with_suffix(".tmp")
    with plain_errors("The copy of your chats", made, files=True):
        made.unlink(missing_ok=True)
        try:
            store.copy(made)
            if not _is_sound(made):
                store.note = store.examine()
                return None
            kept = daily_copies(home.backups)
            if kept and filecmp.cmp(kept[-1], made, shallow=False):
                return None
            made.rename(target)
            sync_folder(home.backups)
        finally:
            made.unlink(missing_ok=True)
        for old in daily_copies(home.backups)[:-KEPT]:
            old.unlink(missing_ok=True)
    return target


def daily_copies(backups: Path) -> list[Path]:
    """The copies that `backup_daily` made, oldest first."""
    return sorted(backups.glob("chats-[0-9]*.db"))


def in_copies(backups: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """Make a change in every copy of the chats; one that cannot be opened any more is deleted, being no help to anyone.

    Raises:
        NoSpace, Busy: a copy could not be changed.
    """
    for path in copies_of(backups, "chats"):
        try:
            with plain_errors(SUBJECT, path, files=True), _changing(path) as db:
                change(db)
        except Damaged:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")


def _is_sound(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(path)) as db:
            examine(db, "turns_text")
    except (Damaged, sqlite3.DatabaseError):
        return False
    return True
