"""Goes back to the copy of a database that an earlier version can read; the newer one becomes a copy itself."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import time
from pathlib import Path

from app.database.copies import copies_of, copy_to
from app.database.errors import plain_errors
from app.database.opening import version_of
from app.errors import AppError, Busy
from app.files import sync_folder


def earlier_copy(backups: Path, stem: str, known: int) -> Path | None:
    """The newest copy, from before a migration, of a version that a program which knows `known` of them can read."""
    fits = [
        path
        for path in copies_of(backups, stem)
        if (found := re.match(rf"{stem}-v(\d+)-\d{{8}}", path.name)) and int(found[1]) <= known
    ]
    return fits[-1] if fits else None


def go_back_to(path: Path, copy: Path, subject: str) -> Path:
    """Put `copy` in the place of the database, which is kept as a copy of its version; → that. Nobody has it open.

    A kill leaves the newer one or the earlier one, each whole: the log is written into the newer one before, so that
    none of it lies beside the other.

    Raises:
        Busy: somebody has it open. NoSpace, Damaged: it cannot be copied; nothing was changed.
    """
    with plain_errors(subject, path, files=True):
        with contextlib.closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as db:
            if db.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                raise Busy(f"{subject}: another program has the file open.", "Close Inhouse, then try again.")
            kept = copy.with_name(f"{path.stem}-v{version_of(db)}-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
            copy_to(db, kept)
        made = path.with_suffix(".earlier")
        shutil.copyfile(copy, made)
        with made.open("rb+") as file:
            os.fsync(file.fileno())
        made.replace(path)
        sync_folder(path.parent)
    return kept


def no_copy(subjects: list[str], version: str, backups: Path) -> AppError:
    """Why one cannot go back."""
    return AppError(
        f"Version {version} cannot read the data of this one: {', '.join(subjects)}.",
        f"No copy from before lies in {backups}. Nothing was changed.",
    )
