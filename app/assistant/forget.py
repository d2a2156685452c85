"""Removes documents everywhere, without input or output: the index first, then what stored answers hold of them.

The removal leaves tombstones in the index. They go once the chats have followed, so that whoever opens the data folder
after a kill, at whatever line, finishes it by `finish_removals`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from app.assistant.asking import Step
from app.chats.records import Forgot
from app.workers.calls.documents import DeleteCollection, Forgotten, ListTombstones, Remove, Removed, Tombstones
from app.workers.message import Data


@dataclass(frozen=True)
class ForgetInChats:
    """Blank these documents in stored answers and let chats leave these collections; send in what became of them.

    ChatStore does it: `leave_collections`, and `forget_documents`, whose result is the answer.
    """

    ids: tuple[int, ...]
    collections: tuple[int, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a removal came to, for the user."""

    removed: Removed
    chats: Forgot
    """Also of removals that were cut short before."""


Removing = Generator[Step | ForgetInChats, Data | Forgot, Outcome]


def remove(ids: Sequence[int]) -> Removing:
    """Remove documents.

    Raises:
        AppError: a store could not follow now; what was removed stays removed, and `finish_removals` goes on.
    """
    return (yield from _remove(Remove(ids=tuple(ids))))


def remove_collection(collection_id: int) -> Removing:
    """Remove a collection with its documents; likewise."""
    return (yield from _remove(DeleteCollection(collection_id=collection_id)))


def finish_removals(more: Sequence[int] = ()) -> Generator[Step | ForgetInChats, Data | Forgot, Forgot]:
    """Go on with removals that were cut short; run it at each start. It is cheap where there were none.

    `more` are documents that the window of 0.1.0 had noted as removed (`removing` in session.json).
    """
    found = yield Step("documents", ListTombstones())
    assert isinstance(found, Tombstones)
    ids = (*found.ids, *(each for each in more if each not in found.ids))
    if not ids and not found.collections:
        return Forgot()
    forgot = yield ForgetInChats(ids, found.collections)
    assert isinstance(forgot, Forgot)
    yield Step("documents", Forgotten(ids=found.ids, collections=found.collections))
    return forgot


def _remove(call: Remove | DeleteCollection) -> Removing:
    removed = yield Step("documents", call)
    assert isinstance(removed, Removed)
    return Outcome(removed, (yield from finish_removals()))
