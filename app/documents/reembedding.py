"""Gives passages the vectors of another embedder, from the stored text: no file is read again.

`renew`: what a former embedder left behind is replaced document by document; full text answers for it until then.
`Reembedding`: a change that somebody wants. Search goes on with the vectors in use until all of the next are there, and
then changes over in one transaction. What was made is stored batch by batch, so that a kill costs one batch.

Passages stay as they were cut, and keep their ids: chats cite them.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.documents import next_vectors
from app.documents.background import ASKED, FEWEST, HELD, due, measured, questions_of
from app.documents.embed import Vectorizer, batches
from app.documents.store import Store
from app.embedder.embedders import Background
from app.errors import NoSpace
from app.text.passages import embedded
from app.workers.calls.embedders import ReembedProgress

AT_ONCE = 256
"""Passages that are sorted into batches together."""
AT_A_TIME = 4
"""Sentences that are measured between two turns of others."""
BATCH_TOKENS = 1024
"""Tokens of a batch: some tenths of a second."""
TURN_S = 0.01
"""How long a step waits for a batch under way: what is asked meanwhile does not wait for the batch."""
SPARE_BYTES = 256 << 20
BEHIND = 10
"""Of Linux’s 19 steps down: beside one thread that wants the same core it gets a tenth of it."""


class Tokens(Protocol):
    """What tells how long a text is."""

    def count(self, text: str) -> int: ...


class Encoder(Protocol):
    """What turns passages into vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


def renew(store: Store, embedder: Encoder, counter: Tokens) -> Iterator[None]:
    """A batch a step; nothing where there is nothing to do.

    Raises:
        NoSpace: the disk is full; it goes on at the next start.
    """
    if store.read_only:
        return
    for document_id in store.stale():
        vectors = next_vectors.of_document(store, document_id)
        passages = [each for each in store.passages_of(document_id) if each[0] not in vectors]
        texts = [embedded(context, text) for _, context, text in passages]
        for batch in batches([counter.count(text) for text in texts]):
            rows = embedder.encode([texts[index] for index in batch])
            vectors |= {passages[index][0]: row.astype("<f4").tobytes() for index, row in zip(batch, rows, strict=True)}
            yield
        store.renew(document_id, vectors)
        yield
    if not store.stale():
        next_vectors.settled(store)


def settle(store: Store, embedder: Encoder, counter: Tokens) -> Generator[None, None, None]:
    """After a change: put the vectors in their places at once. Nothing where none wait."""
    if store.embedder is not None and store.meta(next_vectors.NEXT) == store.embedder.id:
        yield from renew(store, embedder, counter)


def measure_again(store: Store, embedder: Vectorizer) -> Iterator[None]:
    """The usual cosines anew, where there are many more documents than before; another embedder than the one that comes
    along is in use, and all of its vectors are in their places."""
    if store.read_only or store.embedder is None or not due(store.background, store.count()) or store.stale():
        return
    owners, vectors, texts = next_vectors.sample(store, HELD, coming=False)
    if len(set(owners)) < 2:
        return
    rows = []
    for start in range(0, len(asked := _spread(texts)), AT_A_TIME):
        rows.append(embedder.encode_queries(questions_of([text for _, text in asked[start : start + AT_A_TIME]])))
        yield
    found = measured([document for document, _ in asked], owners, np.concatenate(rows) @ vectors.T, store.count())
    if found is not None:
        with store.transaction():
            next_vectors.keep(store, store.embedder, found)
        store.background = found


def _spread(texts: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    return list(texts[:: max(1, len(texts) // ASKED)][:ASKED])


class Reembedding:
    """One change of embedder, as steps. Use `steps()` once."""

    def __init__(self, store: Store, embedder: Vectorizer, counter: Tokens, *, shipped: bool) -> None:
        """`embedder` works behind others; `counter` measures texts; `shipped`: it is the one that comes along."""
        self._store, self._embedder, self._counter, self._shipped = store, embedder, counter, shipped
        self._pool = ThreadPoolExecutor(1, "reembedding", initializer=_behind_others)
        self._began, self._before, self._fresh = time.monotonic(), 0, 0

    def steps(self) -> Iterator[ReembedProgress | None]:
        """Until search is by the new vectors; cancel with `close()`.

        Raises:
            NoSpace: the disk has no room for them; those that were made stay.
        """
        store, identity = self._store, self._embedder.identity
        try:
            _check_room(store, 4 * identity.dimensions)
            next_vectors.begin(store, identity)
            self._before = next_vectors.made(store)
            yield self._progress()
            while True:
                yield from self._embed_missing()
                background = yield from self._measure()
                if next_vectors.switch(store, identity, background, shipped=self._shipped):
                    return
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)  # a batch under way ends by itself

    def _embed_missing(self) -> Iterator[ReembedProgress | None]:
        after = 0
        while rows := next_vectors.missing(self._store, after, AT_ONCE):
            after = rows[-1][0]
            texts = [embedded(context, text) for _, context, text in rows]
            lengths = [self._counter.count(text) for text in texts]
            order = sorted(range(len(rows)), key=lambda at: lengths[at])
            for batch in batches([lengths[at] for at in order], BATCH_TOKENS):
                chosen = [order[i] for i in batch]
                vectors = yield from self._encoded([texts[at] for at in chosen], self._embedder.encode)
                found = {rows[at][0]: row.astype("<f4").tobytes() for at, row in zip(chosen, vectors, strict=True)}
                next_vectors.put(self._store, self._embedder.identity, found)
                self._fresh += len(chosen)
                yield self._progress()

    def _measure(self) -> Generator[None, None, Background | None]:
        """The usual cosines among the documents; None for the embedder that search's weights are fitted to."""
        if self._shipped or self._store.count() < FEWEST:
            return None
        owners, vectors, texts = next_vectors.sample(self._store, HELD, coming=True)
        asked = _spread(texts)
        rows = yield from self._encoded(questions_of([text for _, text in asked]), self._embedder.encode_queries)
        return measured([document for document, _ in asked], owners, rows @ vectors.T, self._store.count())

    def _encoded(
        self, texts: list[str], encode: Callable[[list[str]], NDArray[np.float32]]
    ) -> Generator[None, None, NDArray[np.float32]]:
        """Vectors, made in a thread that works behind all others."""
        began = time.monotonic()
        future: Future[NDArray[np.float32]] = self._pool.submit(encode, texts)
        while not future.done():
            wait([future], TURN_S)
            yield None
        if sys.platform != "linux":  # no thread can stand behind others there
            rest = time.monotonic() + (time.monotonic() - began)
            while time.monotonic() < rest:
                time.sleep(TURN_S)
                yield None
        return future.result()

    def _progress(self) -> ReembedProgress:
        done, total = self._before + self._fresh, self._store.count()
        seconds = time.monotonic() - self._began
        left = (total - done) * seconds / self._fresh if self._fresh else None
        return ReembedProgress(done=min(done, total), total=total, seconds_left=left)


def _behind_others() -> None:
    """This thread, and those that it starts, run where nothing else wants to: a chat keeps its speed."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BEHIND)


def _check_room(store: Store, vector_bytes: int) -> None:
    """
    Raises:
        NoSpace: there is no room for the vectors that are still to be made, beside those in use.
    """
    needed = 2 * vector_bytes * (store.count() + 1) + SPARE_BYTES  # they are written to the log before the file
    free = shutil.disk_usage(store.path.parent).free
    if free < needed:
        raise NoSpace(
            f"The disk has {free / 1e9:.1f} GB free, and the other embedder needs {needed / 1e9:.1f} GB.",
            "Free some disk space and try again. Search goes on as before.",
        )
