"""Reads the documents anew whose vectors another embedder made; full text answers for them until then.

Passages stay as they were cut, and keep their ids: chats cite them. A document is one transaction, so that a kill costs
the work on one document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.documents.embed import batches
from app.documents.store import Store
from app.text.passages import embedded


class Tokens(Protocol):
    """What tells how long a text is."""

    def count(self, text: str) -> int: ...


class Encoder(Protocol):
    """What turns passages into vectors; the embedder in the app."""

    @property
    def counter(self) -> Tokens: ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


def renew(store: Store, embedder: Encoder) -> Iterator[None]:
    """A batch a step; nothing where there is nothing to do.

    Raises:
        NoSpace: the disk is full; it goes on at the next start.
    """
    if store.read_only:
        return
    for document_id in store.stale():
        passages = store.passages_of(document_id)
        texts = [embedded(context, text) for _, context, text in passages]
        vectors: dict[int, bytes] = {}
        for batch in batches([embedder.counter.count(text) for text in texts]):
            rows = embedder.encode([texts[index] for index in batch])
            vectors |= {passages[index][0]: row.astype("<f4").tobytes() for index, row in zip(batch, rows, strict=True)}
            yield
        store.renew(document_id, vectors)
        yield
