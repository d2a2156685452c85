"""The documents of a collection as a list shows them: with what became of their files since."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from app.documents import attached
from app.documents.pages import differs
from app.documents.shares import shared_of
from app.documents.store import Store
from app.members import is_member
from app.types import Document

STALE = "It is being read anew for search by meaning. Until then it is found by its words."
STAT_BUDGET_S = 0.2
"""How long a list of documents may look at the files themselves: a network drive must not hold it up."""


def listed(store: Store, collection_id: int) -> Iterator[Document]:
    """Documents of a collection; those whose file has changed since say so, as far as time allows."""
    until = time.monotonic() + STAT_BUDGET_S
    stale = set(store.stale())
    hidden = collection_id in store.hidden()
    shared = shared_of(store)
    for document in store.documents(collection_id):
        if document.id in stale and not document.reason:
            document = msgspec.structs.replace(document, reason=STALE)
        member = is_member(document.path)  # what it lies in says so
        if document.collection_id in shared:
            pass  # its file is its writer's
        elif document.status == "indexed" and not member and time.monotonic() < until and differs(store, document):
            document = msgspec.structs.replace(
                document, status="changed", reason="The file has changed since it was indexed. Add it again to update."
            )
        elif hidden and document.status == "indexed" and not attached.is_there(document):
            document = msgspec.structs.replace(document, reason=attached.GONE)
        yield document
