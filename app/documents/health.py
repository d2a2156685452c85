"""Whether each store of the documents is sound, for the doctor and the Settings page."""

from __future__ import annotations

from app.documents.stores import Opened, health_of
from app.workers.calls.documents import Health, Warming
from app.workers.roles import Steps


def health(opened: Opened, embedder: str, problem: str) -> Steps:
    """One line a store.

    Args:
        embedder: the id of the one whose vectors are asked for.
        problem: why it is another one than was chosen; "" where it is not.
    """
    found = {"documents": health_of(opened.store)}
    for _ in opened.vectors.synchronize():
        yield Warming()
    found["vectors"] = opened.vectors.note
    stale = len(opened.store.stale())
    state = problem or "ok"
    found["embedder"] = f"{state}; {stale} documents are still to be read by it" if stale else state
    found["vectors by"] = embedder
    return Health(stores=found)
