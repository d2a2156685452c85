"""Removes documents everywhere: from the index, and from what stored answers quote of them. One way for all doors.

The documents process removes and leaves a tombstone in one transaction; a tombstone goes when the chats have followed.
So a removal that is cut short at any line is finished by the next start.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
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


def remove(call: Remove | DeleteCollection, chats: ChatStore, writing: Callable[[], bool]) -> Steps[Removed]:
    """Remove documents, then what stored answers quote of them; says which answers still tell of them in own words.

    `writing` says whether an answer is under way, which may have found the documents before they went: then the
    tombstones stay until `finish_removals`.

    Raises:
        AppError: the documents process could not remove them; the chats are unchanged then.
    """
    removed = yield Step("documents", call)
    assert isinstance(removed, Removed)
    answers = chats.answers_about(removed.ids)
    yield from _follow(removed.ids, chats, writing)
    return msgspec.structs.replace(removed, answers=tuple(answers))


def finish_removals(chats: ChatStore, writing: Callable[[], bool]) -> Steps[tuple[int, ...]]:
    """Let the chats follow every removal that they may not have followed; returns the documents' ids."""
    stones = yield Step("documents", ListTombstones())
    assert isinstance(stones, Tombstones)
    yield from _follow(stones.ids, chats, writing)
    return stones.ids


def _follow(ids: Sequence[int], chats: ChatStore, writing: Callable[[], bool]) -> Steps[None]:
    if not ids:
        return
    for document_id in ids:
        chats.forget_document(document_id)
    if writing():
        return
    try:
        yield Step("documents", Forgotten(ids=tuple(ids)))
    except AppError:
        return  # the tombstones stay, and the next start forgets once more
