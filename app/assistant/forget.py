"""Removes documents everywhere: from the index, and from what stored answers quote of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def forget_in_chats(store: ChatStore, ids: Sequence[int], *, close: bool = False) -> int:
    """Blank these documents' passages in stored answers; returns how many answers changed."""
    try:
        return sum(store.forget_document(document_id) for document_id in ids)
    finally:
        if close:
            store.close()
