"""Loads the embedder in a thread of its own, so that everything else is answered while it warms up."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from app.documents.embed import Counter, Embedder
from app.documents.reader import Reader
from app.embedder.identity import Identity
from app.embedder.prepared import found, identity_of, prepared, prepared_reader
from app.embedder.readers import ADAPTER, Readers
from app.errors import AppError, BadFile
from app.paths import home
from app.workers.calls.documents import Warming
from app.workers.protocol import AnyData

log = logging.getLogger(__name__)
T = TypeVar("T")


class Warm:
    """Whoever needs the embedder yields from `embedder`; the first to do so starts the loading."""

    def __init__(self, cache: Path | None = None, readers: Path | None = None) -> None:
        """`cache`: where the embedder is prepared, if set-up has not done it; `readers`: those that were taught."""
        self._cache = cache or home().cache
        self._readers = Readers(readers) if readers is not None else None
        self._embedder: Embedder | None = None
        self._reader: Reader | None = None
        self._error = ""
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._load, name="embedder", daemon=True)
                self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether loading has ended, well or not, within so many seconds."""
        self.start()
        assert self._thread is not None
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def loaded(self) -> Embedder | None:
        """The embedder, once it is there."""
        return self._embedder

    def embedder(self) -> Generator[AnyData, None, Embedder]:
        """
        Raises:
            AppError: it could not be loaded.
        """
        while not self.wait(0.1):
            yield Warming()
        return self._made()

    def counter(self, seconds: float) -> Counter | None:
        """What measures passages, from any thread; None where it is not loaded within so many seconds.

        Raises:
            AppError: it could not be loaded.
        """
        return self._made().counter if self.wait(seconds) else None

    def identity(self) -> Identity | None:
        """Who the embedder is, where that can be told without loading or making it."""
        if self._embedder is not None:
            return self._embedder.identity
        try:
            folder = found(self._cache)
            return identity_of(folder) if folder is not None else None
        except AppError:
            return None  # loading it will give the reason

    def _made(self) -> Embedder:
        if self._embedder is None:
            raise AppError(
                "The part of Inhouse that reads documents could not be loaded.",
                "Please restart Inhouse; if that does not help, install it again.",
                self._error,
            )
        return self._embedder

    def reader(self) -> Generator[AnyData, None, Reader]:
        """
        Raises:
            AppError: it could not be loaded.
        """
        yield from self.embedder()
        assert self._reader is not None
        return self._reader

    def use_reader(self) -> Generator[AnyData, None, Reader]:
        """Read with the reader that is chosen now; the one before reads until it is there.

        Raises:
            AppError: it could not be loaded; the one before goes on reading.
        """
        embedder = yield from self.embedder()
        self._reader = yield from in_thread(lambda: self._taught(embedder) or Reader(prepared(self._cache), embedder))
        return self._reader

    def _taught(self, embedder: Embedder) -> Reader | None:
        """The taught reader that is chosen, its graph made where it is missing; None for the one that comes along.

        Raises:
            AppError: it is damaged, or its graph cannot be made.
        """
        chosen = self._readers.active() if self._readers is not None else None
        if self._readers is None or chosen is None or not chosen.id:
            return None
        try:
            adapter = self._readers.folder(chosen.id) / ADAPTER
            folder = prepared_reader(adapter, self._cache)
            try:
                return Reader(folder, embedder, chosen.name)
            except ValueError:  # the graph in the cache is damaged: it is made anew
                shutil.rmtree(folder, ignore_errors=True)
                return Reader(prepared_reader(adapter, self._cache), embedder, chosen.name)
        except (OSError, RuntimeError, ValueError) as error:
            raise BadFile(
                f"“{chosen.name}” could not be loaded.", "Go back to the reader before.", repr(error)
            ) from error

    def _load(self) -> None:
        try:
            folder = prepared(self._cache)
            embedder = Embedder(folder)
            self._reader = self._taught_or_none(embedder) or Reader(folder, embedder)
            self._embedder = embedder
        except (AppError, OSError, ImportError, ValueError, RuntimeError) as error:
            self._error = repr(error)

    def _taught_or_none(self, embedder: Embedder) -> Reader | None:
        """At the start a taught reader that cannot be loaded is no reason to read with none."""
        try:
            return self._taught(embedder)
        except AppError as error:
            log.warning("The reader that comes along reads: %s %s", error, error.detail)
            return None


def alive(steps: Generator[AnyData | None, None, T]) -> Generator[AnyData, None, T]:
    """Steps of a request, with a sign of life for each that has nothing to say."""
    while True:
        try:
            said = next(steps)
        except StopIteration as end:
            given: T = end.value
            return given
        yield Warming() if said is None else said


def in_thread(work: Callable[[], T]) -> Generator[AnyData, None, T]:
    """Wait for something slow in another process without keeping other requests from their turn."""
    results: list[T] = []
    errors: list[AppError] = []

    def run() -> None:
        try:
            results.append(work())
        except AppError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(0.05)
    while thread.is_alive():
        yield Warming()
        thread.join(0.05)
    if errors:
        raise errors[0]
    return results[0]
