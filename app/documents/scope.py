"""Which documents a search looks at: those that its filter fits, given as such or read from the question."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.catalogue import Catalogue
from app.documents.filters import asked_filter
from app.documents.stores import Opened
from app.types import Filter, SearchResult
from app.workers.calls.documents import Search

ONLY = "Searched only in {0}."
ELSEWHERE = "Nothing near enough stands in {0}, so all documents were searched."
NONE_FITS = "No document fits the filter."


class Scope(msgspec.Struct, frozen=True):
    """The filter of a search and what it comes to."""

    filter: Filter
    documents: tuple[int, ...] | None  # None: all of the collections
    said: str  # what to call it where it was read from the question, else ""


def scope_of(store: Catalogue, call: Search) -> Scope:
    """The filter of the call, or else the one that its query asks for, if there are documents that fit it."""
    if call.filter.asks:
        return Scope(call.filter, tuple(store.fitting(call.filter, call.collections)), "")
    read, said = asked_filter(call.query, store.filed(call.collections))
    documents = store.fitting(read, call.collections) if read.asks else []
    return Scope(read, tuple(documents), said) if documents else Scope(Filter(), None, "")


def scoped_search(opened: Opened, call: Search, vectors: NDArray[np.float32]) -> SearchResult:
    """Search what the filter leaves, or everything where one that was only read from the query leaves nothing near.

    `vectors` are those of the query and of its other forms (forms × dimensions).
    """
    scope = scope_of(opened.store, call)
    if scope.documents == ():
        return SearchResult(passages=(), found=False, elapsed_ms=0.0, note=NONE_FITS)

    def search(chosen: Filter, documents: Sequence[int] | None, note: str) -> SearchResult:
        result = opened.searcher.search(
            call.query,
            vectors[0],
            call.collections,
            max(1, call.k),
            documents=documents,
            chosen=chosen,
            trace=call.trace,
            also=list(zip(call.also, vectors[1:], strict=True)),
        )
        return msgspec.structs.replace(result, note=f"{note} {result.note}".strip())

    result = search(scope.filter, scope.documents, ONLY.format(scope.said) if scope.said else "")
    if scope.said and not result.found:
        return search(Filter(), None, ELSEWHERE.format(scope.said))
    return result


def with_times(result: SearchResult, embedding_ms: float, elapsed_ms: float) -> SearchResult:
    """A result with the time of all of it, and of the query's embedding beside the other steps."""
    trace = result.trace
    if trace is not None:
        steps = {"embedding": round(embedding_ms, 2), **trace.steps_ms}
        trace = msgspec.structs.replace(trace, steps_ms=steps)
    return msgspec.structs.replace(result, elapsed_ms=elapsed_ms, trace=trace)
