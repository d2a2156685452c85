"""The change of embedder as the documents process runs it: loaded behind everything else, then all passages."""

from __future__ import annotations

from app.documents import next_vectors
from app.documents.in_use import InUse
from app.documents.reembedding import Reembedding, settle
from app.documents.store import Store
from app.workers.calls.embedders import EmbedderUsed, Reembed
from app.workers.message import Done
from app.workers.roles import Steps


def change(store: Store, in_use: InUse, call: Reembed) -> Steps:
    """Steps: ReembedProgress…, EmbedderUsed.

    Raises:
        AppError: the embedder is gone, cannot be loaded, or the disk has no room; search goes on as before.
    """
    shipped = yield from in_use.shipped()
    now = yield from in_use.embedder(store)
    if (next_vectors.in_use(store) or "") != call.embedder_id:
        for _ in settle(store, now, shipped.counter):
            yield None
        embedder = yield from in_use.next(call.embedder_id)
        yield from Reembedding(store, embedder, shipped.counter, shipped=not call.embedder_id).steps()
        now = yield from in_use.embedder(store)
        for _ in settle(store, now, shipped.counter):  # search is by the new ones already; the old ones go
            yield None
    return EmbedderUsed(embedder_id=call.embedder_id)


def drop(store: Store, in_use: InUse) -> Steps:
    """Drop the vectors of an embedder that is not wanted any more."""
    yield from in_use.embedder(store)
    next_vectors.forget(store)
    return Done()
