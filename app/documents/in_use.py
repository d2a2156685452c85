"""Which embedder search is by: the one whose vectors the index says it compares, loaded where it is another than the
one that comes along."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

from app.documents import next_vectors
from app.documents.backends import load_embedder
from app.documents.embed import Embedder, Vectorizer
from app.documents.migrations import NEXT_VECTORS
from app.documents.reembedding import settle
from app.documents.store import Store
from app.documents.warm import Warm, alive, in_thread
from app.embedder.embedders import Background, Embedders, Manifest
from app.embedder.identity import Identity
from app.embedder.prepared import identity_of, prepared
from app.errors import AppError
from app.workers.calls.documents import Warming
from app.workers.protocol import AnyData

log = logging.getLogger(__name__)


class InUse:
    """Hands out the embedder; the one that comes along is always there too, since the reader is made of it."""

    def __init__(self, warm: Warm, embedders: Embedders, cache: Path) -> None:
        self._warm, self._cache = warm, cache
        self.embedders = embedders
        self._other: tuple[str, Vectorizer] | None = None
        self._loading = False
        self._failed: dict[str, str] = {}
        """Why one could not be loaded, by id; it is not tried again before the next start."""

    @property
    def problem(self) -> str:
        """Why search is by words alone, or "": an embedder that is there could not be loaded."""
        return next(iter(self._failed.values()), "")

    def embedder(self, store: Store) -> Generator[AnyData, None, Vectorizer]:
        """The embedder, whose vectors the store gives from now on.

        Where it cannot be loaded, the one that comes along reads what is new, and full text finds the rest.

        Raises:
            AppError: not even that one could be loaded.
        """
        shipped = yield from self._warm.embedder()
        manifest = self._manifest(store)
        if manifest is None:
            self._other = None
            store.use(shipped.identity)
            return shipped
        while self._loading:
            yield Warming()
        if self._other is None or self._other[0] != manifest.id:
            self._loading = True
            try:
                self._other = manifest.id, (yield from in_thread(lambda: self._load(manifest)))
            except AppError as error:
                log.warning("%s %s", error, error.detail)
                self._failed[manifest.id] = error.message
                store.use(shipped.identity)
                return shipped
            finally:
                self._loading = False
        other = self._other[1]
        store.use(other.identity, self._background(store, manifest))
        return other

    def unloaded(self, store: Store) -> Identity | None:
        """Who the embedder is, whose vectors the store gives from now on, where that is known without loading one: it
        is the one that comes along, and no vectors wait for their places."""
        identity = self._warm.identity()
        if identity is None or self._manifest(store) is not None or store.meta(next_vectors.NEXT) == identity.id:
            return None
        store.use(identity)
        return identity

    def shipped(self) -> Generator[AnyData, None, Embedder]:
        """The one that comes along: the measure of passages, and what the reader is made of."""
        return (yield from self._warm.embedder())

    def next(self, embedder_id: str) -> Generator[AnyData, None, Vectorizer]:
        """Another one, to work behind everything else; "" for the one that comes along.

        Raises:
            AppError: it is gone, or cannot be loaded.
        """
        manifest = self.embedders.usable(embedder_id)
        loaded = yield from in_thread(lambda: self._load(manifest, behind=True))
        self._failed.pop(manifest.id, None)
        return loaded

    def _manifest(self, store: Store) -> Manifest | None:
        """Of the imported embedder that is in use; None for the one that comes along, and where it is gone."""
        wanted = next_vectors.in_use(store)
        if wanted is None:  # a new index, one of before, or one that was damaged and salvaged: its documents say it
            wanted = next_vectors.commonest(store)
            wanted = wanted if self.embedders.get(wanted) is not None else ""
            if not store.read_only:
                next_vectors.say(store, wanted)
        if not wanted or wanted in self._failed:
            return None
        found = self.embedders.get(wanted)
        return found if found is not None and not found.problem else None

    def _load(self, manifest: Manifest, *, behind: bool = False) -> Vectorizer:
        """
        Raises:
            AppError: its files are damaged or gone, or the memory is too small.
        """
        folder = self.embedders.folder(manifest.id) if manifest.id else prepared(self._cache)
        identity = manifest.identity or identity_of(folder)
        try:
            return load_embedder(manifest.kind, folder, identity, behind=behind)
        except (OSError, ValueError, RuntimeError, MemoryError) as error:
            message = f"The embedder “{manifest.name}” could not be loaded."
            raise AppError(message, "Import it again, or use another one.", repr(error)) from error

    @staticmethod
    def _background(store: Store, manifest: Manifest) -> Background | None:
        known = None
        if manifest.identity is not None and store.version >= NEXT_VECTORS:
            known = next_vectors.background_of(store, manifest.identity)
        return known or manifest.background


def for_adding(
    store: Store, in_use: InUse
) -> Generator[AnyData, None, tuple[Identity, Callable[[], Generator[AnyData, None, Vectorizer]]]]:
    """Who the embedder is, and what gives it; it is loaded only where that takes it."""
    identity = in_use.unloaded(store)
    if identity is not None:
        return identity, in_use.shipped
    embedder = yield from in_use.embedder(store)
    counter = (yield from in_use.shipped()).counter
    yield from alive(settle(store, embedder, counter))  # or else files would be taken for unknown ones
    return embedder.identity, partial(loaded, embedder)


def loaded(embedder: Vectorizer) -> Generator[AnyData, None, Vectorizer]:
    """One Add is of one embedder, whatever is chosen meanwhile."""
    yield from ()
    return embedder


def stepped(steps: Generator[AnyData, None, Vectorizer]) -> Generator[None, None, Vectorizer]:
    """The same for background work, which has nobody to tell."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        yield None
