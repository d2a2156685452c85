"""Removes documents everywhere: from the index, and from what stored answers quote of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from app.chats.store import ChatStore
from app.paths import Home
from app.workers.protocol import AnyCall, Data, Remove, Removed


def remove_documents(home: Home, ids: Sequence[int], call: Callable[[AnyCall], Data]) -> Removed:
    """Remove documents by id through the documents process, then blank their passages in stored answers.

    Raises:
        AppError: the documents process could not remove them; the chats are unchanged then.
    """
    removed = call(Remove(ids=tuple(ids)))
    assert isinstance(removed, Removed)
    if home.chats_db.exists():
        forget_in_chats(ChatStore(home.chats_db, home.backups), ids, close=True)
    return removed


def forget_missing(home: Home, store: ChatStore, existing: Iterable[int]) -> int:
    """Blank what stored answers hold of documents that are no longer in the index; returns how many answers changed.

    It finishes a removal that was cut short before the chats were told, and covers an answer that ended after it.
    `existing` are the ids of all documents of all collections, listed just before. Where the index is empty, or was
    once set aside as damaged, nothing is done: it was lost, nobody removed its documents, and their ids are given out
    again.
    """
    kept = set(existing)
    if not kept or any(home.root.glob("documents-damaged-*.db")):
        return 0
    return forget_in_chats(store, sorted(store.cited_documents() - kept))


def forget_in_chats(store: ChatStore, ids: Sequence[int], *, close: bool = False) -> int:
    """Blank these documents' passages in stored answers; returns how many answers changed."""
    try:
        return sum(store.forget_document(document_id) for document_id in ids)
    finally:
        if close:
            store.close()
