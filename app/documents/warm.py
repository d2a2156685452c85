"""Loads the embedder in a thread of its own, so that everything else is answered while it warms up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from app.documents.embed import Embedder
from app.documents.reader import Reader
from app.embedder.prepared import prepared
from app.errors import AppError
from app.paths import home
from app.workers.calls.documents import Warming
from app.workers.protocol import AnyData

T = TypeVar("T")


class Warm:
    """Whoever needs the embedder yields from `embedder`; the first to do so starts the loading."""

    def __init__(self, cache: Path | None = None) -> None:
        """`cache`: where the embedder is prepared, if set-up has not done it."""
        self._cache = cache or home().cache
        self._embedder: Embedder | None = None
        self._reader: Reader | None = None
        self._error = ""
        self._thread: threading.Thread | None = None

    def start(self) -> None:
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

    def _load(self) -> None:
        try:
            folder = prepared(self._cache)
            embedder = Embedder(folder)
            self._reader = Reader(folder, embedder)
            self._embedder = embedder
        except (AppError, OSError, ImportError, ValueError, RuntimeError) as error:
            self._error = repr(error)


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
