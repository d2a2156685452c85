"""Files of one chat: a hidden collection holds them, so that reading, search, removal and citation are those of any
other document."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import cast

from app.documents.files import walk
from app.documents.store import Store
from app.errors import AppError
from app.members import file_of, is_member
from app.types import Document
from app.workers.calls.attached import Attach, Attached, AttachedCopied, CopyAttached, Hidden, Moved, MoveDocuments

GONE = "The file itself is gone; what was read of it is here"
MOST = 20
"""Files of one chat: more of them are a collection."""


def answer(store: Store, call: Attach | CopyAttached) -> Attached | AttachedCopied:
    """Raises AppError as `attach` and `copy` do."""
    return attach(store, call) if isinstance(call, Attach) else copy(store, call)


def attach(store: Store, call: Attach) -> Attached:
    """Let files wait in a hidden collection, which is made where the call names none.

    Raises:
        AppError: there are none, or too many; or the collection is gone.
    """
    paths = list(islice(walk(call.paths), MOST + 1))
    if not paths:
        raise AppError("There are no files in this folder.", "Choose another one.")
    with store.transaction() as db:
        if call.collection_id:
            store.require(call.collection_id)
        collection_id = call.collection_id or _make_hidden(db)
        there = [each.path for each in store.documents(collection_id) if not is_member(each.path)]
        if len({*there, *paths}) > MOST:
            raise AppError(
                f"At most {MOST} files can be attached to a chat.", "Add them to a collection, and choose that."
            )
        db.executemany(
            """INSERT INTO documents (collection_id, path, name, status) VALUES (?, ?, ?, 'waiting')
            ON CONFLICT (collection_id, path) DO UPDATE SET status = 'waiting', reason = '', code = ''""",
            [(collection_id, written, _name(written)) for written in map(_writable, paths)],
        )
    return Attached(collection_id=collection_id, documents=tuple(store.documents(collection_id)))


def copy(store: Store, call: CopyAttached) -> AttachedCopied:
    """The files of a hidden collection in one more, as far as they are read; nothing is read again.

    Raises:
        AppError: the collection is gone.
    """
    store.require(call.collection_id)
    with store.transaction() as db:
        made = _make_hidden(db)
        found = db.execute("SELECT id FROM documents WHERE collection_id = ? ORDER BY id", (call.collection_id,))
        copies = {row[0]: store.copy(db, row[0], made) for row in found.fetchall()}
    return AttachedCopied(collection_id=made, documents=tuple(store.documents(made)), copies=copies)


def hidden(store: Store) -> Hidden:
    """Every hidden collection with its documents, but the trash of each collection and what is just being imported."""
    others = {*store.trashes(), *store.unfinished}
    ids = [id_ for id_ in store.hidden() if id_ not in others]
    documents = [document for id_ in ids for document in store.documents(id_)]
    return Hidden(collections=tuple(ids), documents=tuple(documents))


def move(store: Store, call: MoveDocuments) -> Moved:
    """Put documents into another collection, each in a transaction.

    Raises:
        AppError: the collection is gone, or has every one of them already.
    """
    store.require(call.collection_id)
    known = store.known(call.collection_id)
    found = [document for id_ in call.ids if (document := store.document(id_)) is not None]
    free = [each.id for each in found if each.path not in known and each.passages]
    if found and not free:
        there = ", ".join(each.name for each in found if each.path in known)
        raise (
            AppError(f"{there} is in this collection already.", "It stays attached to this chat; remove it here.")
            if there
            else AppError("Nothing of it could be read, so there is nothing to add.", "Look at the reason on its chip.")
        )
    for id_ in free:
        store.move(id_, call.collection_id)
    return Moved(ids=tuple(free))


def searched(store: Store, collections: Sequence[int]) -> tuple[int, ...]:
    """The collections that a search looks at: where none is named, all but the hidden ones; () says all there are."""
    store.require(*collections)
    if collections or not store.hidden():
        return tuple(collections)
    return tuple(store.shown()) or (NONE,)


def is_there(document: Document) -> bool:
    """Whether the file itself is still where it was: what is attached is often a temporary one."""
    try:
        return Path(file_of(document.path)).exists()
    except OSError:
        return False


def _make_hidden(db: sqlite3.Connection) -> int:
    sql = "INSERT INTO collections (name, hidden) VALUES (?, 1)"
    return cast(int, db.execute(sql, (f"hidden {uuid.uuid4().hex}",)).lastrowid)


NONE = 0
"""The id of no collection: a search in it finds nothing."""


def _writable(path: str) -> str:
    """Bytes of a name that are no text become question marks: SQLite does not take them."""
    return path.encode("utf-8", "replace").decode("utf-8")


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1] or path
