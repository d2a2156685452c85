"""Removes documents everywhere: from the index, and from what stored answers quote of them. One way for all doors.

The documents process removes and leaves a tombstone in one transaction; a tombstone goes when the chats have followed.
So a removal that is cut short at any line is finished by the next start.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import TypeVar

import msgspec

from app.assistant.flow import Step
from app.chats.store import ChatStore
from app.errors import AppError
from app.workers.protocol import (
    Data,
    DeleteCollection,
    Forgotten,
    ListTombstones,
    Remove,
    Removed,
    Tombstones,
)

T = TypeVar("T")
Steps = Generator[Step, Data, T]


def remove(call: Remove | DeleteCollection, chats: ChatStore) -> Steps[Removed]:
    """Remove documents, then what stored answers quote of them; says which answers still tell of them in own words.

    Raises:
        AppError: the documents process could not remove them; the chats are unchanged then.
    """
    removed = yield Step("documents", call)
    assert isinstance(removed, Removed)
    gone = (call.collection_id,) if isinstance(call, DeleteCollection) else ()
    answers = yield from _follow(removed.ids, gone, chats)
    return msgspec.structs.replace(removed, answers=answers)


def finish_removals(chats: ChatStore) -> Steps[tuple[int, ...]]:
    """Let the chats follow every removal that they may not have followed; returns the documents' ids."""
    stones = yield Step("documents", ListTombstones())
    assert isinstance(stones, Tombstones)
    yield from _follow(stones.ids, stones.collections, chats)
    return stones.ids


def _follow(ids: Sequence[int], collections: Sequence[int], chats: ChatStore) -> Steps[tuple[int, ...]]:
    """The chats know from now on what is gone, an answer that is still being written included."""
    if not ids and not collections:
        return ()
    chats.leave_collections(collections)
    forgot = chats.forget_documents(ids)
    with contextlib.suppress(AppError):  # the tombstones stay, and the next start forgets once more
        yield Step("documents", Forgotten(ids=tuple(ids), collections=tuple(collections)))
    return forgot.speaking
