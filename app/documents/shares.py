"""What the index knows of collections that a team shares: rows of those that we publish, and of those we read."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence, Set

import msgspec

from app.documents.database import Database
from app.documents.migrations import SHARES
from app.errors import AppError
from app.shares import Published, Shared
from app.types import Collection
from app.workers.calls.attached import Attach, MoveDocuments
from app.workers.calls.documents import Add, DeleteCollection, Remove, RenameCollection
from app.workers.calls.folders import FollowFolder
from app.workers.calls.personal import KeepMasking
from app.workers.message import Call


def with_shares(store: Database, collections: Sequence[Collection]) -> list[Collection]:
    """The collections, each with how it is shared."""
    shared, published = shared_of(store), published_of(store)
    return [
        msgspec.structs.replace(each, shared=shared.get(each.id), published=published.get(each.id))
        for each in collections
    ]


def shared_of(store: Database) -> dict[int, Shared]:
    """Collections of colleagues, by id."""
    if store.version < SHARES:
        return {}  # an older index that may only be read
    return {
        row["collection_id"]: Shared(
            path=row["path"], by=row["by"], edition=row["edition"], at=row["at"], problem=row["problem"],
            since=row["since"],
        )
        for row in store.db.execute("SELECT * FROM shared")
    }  # fmt: skip


def published_of(store: Database) -> dict[int, Published]:
    """Collections that colleagues read, by id."""
    if store.version < SHARES:
        return {}
    rows = store.db.execute("SELECT * FROM published").fetchall()
    return {
        row["collection_id"]: Published(
            path=row["path"], by=row["by"], edition=row["edition"], at=row["at"], follows=bool(row["follows"]),
            keep_paths=bool(row["keep_paths"]), problem=row["problem"],
            behind=row["state"] != state_of(store, row["collection_id"]),
        )
        for row in rows
    }  # fmt: skip


def state_of(store: Database, collection_id: int) -> str:
    """A digest of what an edition of this collection would hold: its name, and which version of which document."""
    digest = hashlib.sha256()
    for row in store.db.execute("SELECT name FROM collections WHERE id = ?", (collection_id,)):
        digest.update(repr(tuple(row)).encode())
    rows = store.db.execute(
        """SELECT id, path, sha256, recipe, indexed_at FROM documents WHERE collection_id = ? AND passages > 0
        ORDER BY id""",
        (collection_id,),
    )
    for row in rows:
        digest.update(repr(tuple(row)).encode("utf-8", "replace"))
    return digest.hexdigest()


def row_of(store: Database, table: str, collection_id: int) -> sqlite3.Row | None:
    """How a collection is `published` or `shared`, as it is stored."""
    found: sqlite3.Row | None = store.db.execute(
        f"SELECT * FROM {table} WHERE collection_id = ?", (collection_id,)
    ).fetchone()
    return found


def put_row(db: sqlite3.Connection, table: str, values: Mapping[str, object]) -> None:
    """Inside a transaction: store such a row in place of the one of its collection."""
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT OR REPLACE INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def refuse_changes(opened: Callable[[], Database], call: Call) -> None:
    """`opened` gives the index, which is opened for calls that change something only.

    Raises:
        AppError: the call would change a collection that somebody else looks after, or delete one that colleagues read.
    """
    match call:
        case Add() | FollowFolder() | RenameCollection() | Attach() | MoveDocuments() | KeepMasking():
            _refuse_theirs(opened(), {call.collection_id})
        case Remove():
            store, named = opened(), "id IN (SELECT value FROM json_each(?))"
            rows = store.db.execute(
                f"SELECT DISTINCT collection_id FROM documents WHERE {named}", (msgspec.json.encode(call.ids).decode(),)
            )
            _refuse_theirs(store, {row[0] for row in rows})
        case DeleteCollection():
            _refuse_deletion(opened(), call.collection_id)


def _refuse_theirs(store: Database, touched: Set[int]) -> None:
    shared = shared_of(store)
    for collection_id in touched & shared.keys():
        (name,) = store.db.execute("SELECT name FROM collections WHERE id = ?", (collection_id,)).fetchone()
        raise AppError(shared[collection_id].refusal(name), "Ask them, or use a collection of your own.")


def _refuse_deletion(store: Database, collection_id: int) -> None:
    """What lies in the folder would outlive it."""
    published = published_of(store).get(collection_id) if collection_id else None
    if published is not None:
        raise AppError(f"It is shared: its text lies in {published.path}.", "Stop sharing it first, then delete it.")
