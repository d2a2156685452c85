"""What changed in the index: the latest of each kind for each document, forgotten with the document."""

from __future__ import annotations

import sqlite3
import time

from app.documents.catalogue import Catalogue
from app.documents.migrations import FOLDERS
from app.workers.calls.folders import Change, ChangeKind, Changes, ListChanges

KEPT_S = 30 * 24 * 3600.0
"""How long it is known that something changed."""


def kind_of(db: sqlite3.Connection, collection_id: int, path: str, sha256: str) -> ChangeKind | None:
    """What storing this content at this path means; None where the same stands there already."""
    row = db.execute(
        "SELECT sha256, passages FROM documents WHERE collection_id = ? AND path = ?", (collection_id, path)
    ).fetchone()
    if row is None or not row[1]:
        return "added"
    return "changed" if row[0] != sha256 else None


def note(db: sqlite3.Connection, document_id: int, kind: ChangeKind | None, before: str = "") -> None:
    """Inside the transaction of the change itself. What a document overcomes by it is no longer said."""
    if kind is None:
        return
    over = {"added": ("failed", "removed"), "changed": ("failed",), "moved": ("removed",)}.get(kind, ())
    db.executemany("DELETE FROM changes WHERE document_id = ? AND kind = ?", [(document_id, each) for each in over])
    db.execute("INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?)", (document_id, kind, time.time(), before))


def list_changes(store: Catalogue, call: ListChanges) -> Changes:
    """What changed since then, newest first, in what is no file of a chat; what is too old is dropped."""
    if store.version < FOLDERS:
        return Changes(())
    if not store.read_only:
        with store.transaction() as db:
            db.execute("DELETE FROM changes WHERE at < ?", (time.time() - KEPT_S,))
    bins = store.trashes()
    names = {row["id"]: row["name"] for row in store.db.execute("SELECT id, name FROM collections WHERE NOT hidden")}
    rows = store.db.execute(
        """SELECT c.document_id, c.kind, c.at, c.before, d.collection_id, d.name, d.path, d.reason
        FROM changes c JOIN documents d ON d.id = c.document_id WHERE c.at >= ? ORDER BY c.at DESC, c.document_id""",
        (call.since,),
    ).fetchall()
    found = []
    for row in rows:
        home = bins.get(row["collection_id"], row["collection_id"])
        if home in names and call.collection_id in (0, home):
            found.append(
                Change(
                    document_id=row["document_id"],
                    collection_id=home,
                    collection=names[home],
                    kind=row["kind"],
                    at=row["at"],
                    name=row["name"],
                    path=row["path"],
                    before=row["before"],
                    reason=row["reason"] if row["kind"] == "failed" else "",
                )
            )
    return Changes(tuple(found))
