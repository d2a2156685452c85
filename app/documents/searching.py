"""What a search, or the embedder alone, comes to for whoever asks."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence

import msgspec

from app.documents import attached
from app.documents.editions import with_editions
from app.documents.embed import Counter, Embedder, Vectorizer, batches
from app.documents.ground import best_sentences
from app.documents.pages import marked
from app.documents.scope import scoped_search, with_times
from app.documents.stores import Opened
from app.types import SearchResult
from app.workers.calls.documents import Embedded, Search, Warming


def searched(opened: Opened, embedder: Vectorizer, shipped: Embedder, call: Search) -> SearchResult:
    """The passages that a call asks for within its scope, dated, newer versions named, with the time of all of it.

    `shipped`, the embedder that comes along, says which sentence is nearest: what a cosine of two sentences is worth is
    fitted to it.

    Raises:
        AppError: a collection is gone.
    """
    began = time.perf_counter()
    call = msgspec.structs.replace(call, collections=attached.searched(opened.store, call.collections))
    vectors = embedder.encode_queries([call.query, *call.also])
    embedding = (time.perf_counter() - began) * 1000
    result = scoped_search(opened, call, vectors)
    passages = with_editions(opened.store, result.passages, call.collections)
    if call.highlight:
        asked = vectors[0] if embedder is shipped else shipped.encode_queries([call.query])[0]
        spans = best_sentences(call.query, asked, passages, shipped.encode)
        passages = tuple(marked(opened.store, *pair) for pair in zip(passages, spans, strict=True))
    result = msgspec.structs.replace(result, passages=passages)
    return with_times(result, embedding, (time.perf_counter() - began) * 1000)


def embedded(embedder: Vectorizer, counter: Counter, texts: Sequence[str]) -> Generator[Warming, None, Embedded]:
    """Vectors of any texts, as questions: nobody says what these are, and so they can at least be compared with each
    other. A batch a step."""
    tokens = [counter.count(text) for text in texts]
    vectors: list[tuple[float, ...]] = [()] * len(tokens)
    for batch in batches(tokens):
        rows = embedder.encode_queries([texts[index] for index in batch])
        for index, row in zip(batch, rows, strict=True):
            vectors[index] = tuple(row.tolist())
        yield Warming()
    return Embedded(vectors=tuple(vectors), tokens=sum(tokens))
