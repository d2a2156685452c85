"""Which folders a collection follows, by which rules, and what of them a person has taken out."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import msgspec

from app.documents.catalogue import Catalogue
from app.documents.migrations import FOLDERS
from app.errors import AppError
from app.members import is_member
from app.workers.calls.folders import ChangeFolder, Folder, Folders, FollowFolder, Rules, UnfollowFolder


def list_folders(store: Catalogue) -> Folders:
    """All of them, by collection and path."""
    if store.version < FOLDERS:
        return Folders(())
    rows = store.db.execute("SELECT * FROM folders ORDER BY collection_id, path").fetchall()
    return Folders(tuple(msgspec.structs.replace(_folder(row), documents=_count(store, row)) for row in rows))


def paths(store: Catalogue, collection_id: int) -> set[str]:
    """The folders that a collection follows."""
    rows = store.db.execute("SELECT path FROM folders WHERE collection_id = ?", (collection_id,))
    return {row[0] for row in rows}


def get(store: Catalogue, folder_id: int) -> Folder:
    """A folder, its documents not counted.

    Raises:
        AppError: it is not followed any more.
    """
    row = store.db.execute("SELECT * FROM folders WHERE id = ?", (folder_id,)).fetchone()
    if row is None:
        raise AppError("This folder is not followed any more.", "Follow it again.")
    return _folder(row)


def follow(store: Catalogue, call: FollowFolder) -> Folder:
    """Remember a folder.

    Raises:
        AppError: it is none, or it is our own data folder.
    """
    store.require(call.collection_id)
    path = os.path.abspath(Path(call.path).expanduser())  # noqa: PTH100 - a link keeps its own name
    if not Path(path).is_dir():
        raise AppError(f"“{call.path}” is not a folder.", "Choose a folder that is there.")
    if within(path, str(store.path.parent)):
        raise AppError("Inhouse keeps its own data in this folder.", "Choose another one.")
    with store.transaction() as db:
        db.execute(
            """INSERT INTO folders (collection_id, path, rules, paused, absence, since, device)
            VALUES (?, ?, ?, 0, '', 0, 0) ON CONFLICT (collection_id, path) DO UPDATE SET rules = excluded.rules""",
            (call.collection_id, path, _packed(call.rules)),
        )
        found = db.execute("SELECT id FROM folders WHERE collection_id = ? AND path = ?", (call.collection_id, path))
        folder_id = cast(int, found.fetchone()[0])
        db.execute("DELETE FROM excluded WHERE folder_id = ?", (folder_id,))  # who adds it once more wants all of it
    return get(store, folder_id)


def change(store: Catalogue, call: ChangeFolder) -> Folder:
    """Pause or go on, or other rules."""
    folder = get(store, call.folder_id)
    paused = folder.paused if call.paused is None else call.paused
    with store.transaction() as db:
        db.execute(
            "UPDATE folders SET paused = ?, rules = ? WHERE id = ?",
            (paused, _packed(call.rules or folder.rules), folder.id),
        )
    return get(store, folder.id)


def unfollow(store: Catalogue, call: UnfollowFolder) -> Folders:
    """Its documents stay."""
    with store.transaction() as db:
        db.execute("DELETE FROM folders WHERE id = ?", (call.folder_id,))
        store.set_meta("purge", "1")  # its name is to go from the files too
    return list_folders(store)


def within(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it."""
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


def exclude(store: Catalogue, document_ids: Sequence[int]) -> None:
    """A person takes these out: no watched folder brings them back. Only a digest of the path is kept."""
    if store.version < FOLDERS:
        return  # an older index, which may only be read
    rows = store.db.execute(
        f"""SELECT f.id, d.path, f.path FROM documents d JOIN folders f ON f.collection_id = d.collection_id
        WHERE d.id IN ({",".join("?" * len(document_ids))})""",
        tuple(document_ids),
    ).fetchall()
    digests = [(row[0], digest(row[1])) for row in rows if within(row[1], row[2])]
    if digests:
        with store.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO excluded VALUES (?, ?)", digests)


def include(db: sqlite3.Connection, collection_id: int, path: str) -> None:
    """Inside a transaction: a file that is added by hand is followed again."""
    db.execute(
        "DELETE FROM excluded WHERE digest = ? AND folder_id IN (SELECT id FROM folders WHERE collection_id = ?)",
        (digest(path), collection_id),
    )


def excluded(store: Catalogue, folder_id: int) -> set[bytes]:
    """Digests of the paths that a person took out."""
    return {row[0] for row in store.db.execute("SELECT digest FROM excluded WHERE folder_id = ?", (folder_id,))}


def taken_out(store: Catalogue, collection_id: int) -> set[bytes]:
    """The same of all folders of a collection."""
    if store.version < FOLDERS:
        return set()
    sql = "SELECT digest FROM excluded WHERE folder_id IN (SELECT id FROM folders WHERE collection_id = ?)"
    return {row[0] for row in store.db.execute(sql, (collection_id,))}


def digest(path: str) -> bytes:
    """What is kept of a path that is not to be known."""
    return hashlib.sha256(path.encode("utf-8", "replace")).digest()


def _count(store: Catalogue, row: sqlite3.Row) -> int:
    """The documents of a folder."""
    found = store.db.execute(
        "SELECT path FROM documents WHERE collection_id = ? AND status <> 'failed'", (row["collection_id"],)
    )
    return sum(within(each[0], row["path"]) and not is_member(each[0]) for each in found)


def _folder(row: sqlite3.Row) -> Folder:
    return Folder(
        id=row["id"],
        collection_id=row["collection_id"],
        path=row["path"],
        rules=msgspec.json.decode(row["rules"], type=Rules),
        paused=bool(row["paused"]),
        absence=row["absence"],
        since=row["since"],
    )


def _packed(rules: Rules) -> str:
    return msgspec.json.encode(rules).decode()
