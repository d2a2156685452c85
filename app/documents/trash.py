"""The trash: documents whose files are gone lie in a hidden collection, whole, until they are restored or removed."""

from __future__ import annotations

import sqlite3
import time
from typing import cast

import msgspec

from app.documents import changes
from app.documents.catalogue import trash_name
from app.documents.migrations import FOLDERS
from app.documents.store import Store
from app.members import is_member
from app.workers.calls.folders import ListTrash, Restored, RestoreDocuments, Trash, Trashed


def throw_away(store: Store, db: sqlite3.Connection, document_id: int, collection_id: int) -> None:
    """Inside a transaction: let a document of this collection be found no more. Another one of its path that lay in the
    trash is removed."""
    row = db.execute("SELECT id FROM collections WHERE name = ?", (trash_name(collection_id),)).fetchone()
    if row is None:
        sql = "INSERT INTO collections (name, hidden) VALUES (?, 1)"
        target = cast(int, db.execute(sql, (trash_name(collection_id),)).lastrowid)
    else:
        target = row[0]
    older = db.execute(
        """SELECT id FROM documents WHERE collection_id = ?
        AND path = (SELECT path FROM documents WHERE id = ?)""",
        (target, document_id),
    ).fetchall()
    store.erase([each[0] for each in older])
    store.refile(db, document_id, target)
    db.execute("INSERT OR REPLACE INTO trash VALUES (?, ?)", (document_id, time.time()))
    changes.note(db, document_id, "removed")


def restore(store: Store, call: RestoreDocuments) -> Restored:
    """Each in a transaction; one whose path another document has by now stays in the trash."""
    bins, back = store.trashes(), []
    for id_ in call.ids:
        document = store.document(id_)
        if document is not None and document.collection_id in bins:
            home = bins[document.collection_id]
            if document.path not in store.known(home):
                with store.transaction() as db:
                    take_back(store, db, id_, home)
                    db.execute("UPDATE seen SET kept = 1 WHERE document_id = ?", (id_,))  # its file may still be gone
                back.append(id_)
    return Restored(ids=tuple(back))


def take_back(store: Store, db: sqlite3.Connection, document_id: int, collection_id: int) -> None:
    """Inside a transaction: let a document be found again."""
    store.refile(db, document_id, collection_id)
    db.execute("DELETE FROM trash WHERE document_id = ?", (document_id,))
    db.execute("DELETE FROM changes WHERE document_id = ? AND kind = 'removed'", (document_id,))


def list_trash(store: Store, call: ListTrash) -> Trash:
    """What was thrown away last comes first."""
    if store.version < FOLDERS:
        return Trash(())
    names = {row["id"]: row["name"] for row in store.db.execute("SELECT id, name FROM collections WHERE NOT hidden")}
    since = dict(store.db.execute("SELECT document_id, since FROM trash").fetchall())
    found = []
    for bin_id, home in store.trashes().items():
        if home in names and call.collection_id in (0, home):
            for document in store.documents(bin_id):
                if is_member(document.path):
                    continue  # it is restored and removed with what it lies in
                at = since.get(document.id, time.time())  # the index was damaged: from now on
                if not call.before or at < call.before:
                    own = msgspec.structs.replace(document, collection_id=home, collection=names[home])
                    found.append(Trashed(own, at, home, names[home]))
    return Trash(tuple(sorted(found, key=lambda each: (-each.since, each.document.path))))
