"""What the documents process does about a vector server, as the core asks."""

from __future__ import annotations

from collections.abc import Callable, Generator

from app.documents.embed import Vectorizer
from app.documents.server_vectors import ServerVectors, checked
from app.documents.stores import Opened, Stores
from app.documents.warm import alive, in_thread
from app.workers.calls.vectors import (
    Calls,
    CheckVectorServer,
    DropVectors,
    SyncVectors,
    UseVectorServer,
    VectorState,
)
from app.workers.protocol import AnyData
from app.workers.roles import Steps


def serve(
    stores: Stores, opened: Opened, call: Calls, embedder: Callable[[], Generator[AnyData, None, Vectorizer]]
) -> Steps:
    """Answer one call.

    Raises:
        AppError: what was checked cannot be used, in plain words.
    """
    vectors = opened.vectors
    match call:
        case CheckVectorServer():
            return (yield from in_thread(lambda: checked(call.server, call.key)))
        case UseVectorServer():
            vectors = stores.serve(call.server, call.key).vectors
        case SyncVectors():
            yield from embedder()  # whose vectors the server is told
            if isinstance(vectors, ServerVectors):
                yield from alive(vectors.tell())
        case DropVectors():
            if isinstance(vectors, ServerVectors):
                return (yield from alive(vectors.drop_all()))
    return vectors.state() if isinstance(vectors, ServerVectors) else VectorState()
