"""Brings the bytes of files: what has come stays, a lost connection is tried again, and the hash is computed beside it.

Who sends them (a hub, a company's server, a folder on a network drive) is a `Streams`.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from app.errors import AppError, BadFile
from app.models.download import Interrupted, Remote
from app.workers.calls.models import FetchProgress

TELL_S = 0.5
WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Between attempts that bring nothing; after the last one the download is said to have failed."""
LOOK_S = 0.25
PIECE = 4 << 20
TURN = 1 << 20
"""Bytes after which others have their turn, and the hash has its next piece."""
PENDING = 8
"""Pieces that wait for their hash: it is computed beside the network."""
STEADY = 0.7
"""Share of the speed so far in the one that is shown: a figure that jumps says nothing."""
NO_RANGES = "The server gives files only as a whole, so the download began anew."

Steps = Generator[FetchProgress | None, None, None]


class Streams(Protocol):
    """Where files come from."""

    def stream(self, remote: Remote, start: int) -> AbstractContextManager[tuple[int, Iterator[bytes]]]:
        """The bytes of a file from `start`: where they begin, which may be 0 instead, and the pieces.

        Raises, as the pieces do:
            Interrupted: try again. AppError: it is of no use.
        """
        ...


class Transfer:
    """One file after the other; `done` counts the bytes of all of them. Stepped, and may be closed at any step."""

    def __init__(self, streams: Streams, of: str) -> None:
        """`of`: who says what the files are, in a sentence: "the hub"."""
        self._streams, self._of = streams, of
        self.total = 0
        self.done = 0
        """Bytes of files that are whole, and of the one under way."""
        self.note = ""
        """A sentence about what happened, told with the next progress."""
        self._rate, self._told, self._told_done = 0.0, time.monotonic(), 0

    def part(self, remote: Remote, path: Path) -> Steps:
        """Fetch what is missing of a file into `path`, hash all of it, and compare.

        Raises:
            AppError: it cannot be fetched, and what has come stays. BadFile: it is another one, and is gone.
            OSError: it cannot be written.
        """
        with path.open("ab", buffering=0) as out, _Hash() as digest:
            if size(path) > remote.size:
                out.truncate(0)
            yield from self._hash_stored(path, digest)
            yield from self._rest(remote, out, digest)
            os.fsync(out.fileno())
            yield self._progress(checking=True)
            found = digest.hexdigest()
        if remote.sha256 and found != remote.sha256:
            path.unlink(missing_ok=True)
            raise BadFile(
                f"What came is not the file that {self._of} describes: its check sum is another one.",
                "Try again. If it happens again, something on the way changes files: ask your IT.",
                f"{found} instead of {remote.sha256}",
                code="hash",
            )

    def _hash_stored(self, path: Path, digest: _Hash) -> Steps:
        """What an earlier process fetched."""
        with path.open("rb", buffering=0) as stored:
            while piece := stored.read(PIECE):
                digest.update(piece)
                self.done += len(piece)
                yield self._due(checking=True)
        self._told_done = self.done  # that was no network

    def _rest(self, remote: Remote, out: BinaryIO, digest: _Hash) -> Steps:
        waits = iter(WAITS_S)
        while (at := out.seek(0, os.SEEK_END)) < remote.size:
            try:
                yield from self._stream(remote, at, out, digest)
                if out.tell() < remote.size:
                    raise Interrupted(AppError("The connection was lost.", "Try again."))
            except Interrupted as error:
                if out.tell() > at:
                    waits = iter(WAITS_S)
                yield from self.wait(error, waits)

    def _stream(self, remote: Remote, at: int, out: BinaryIO, digest: _Hash) -> Steps:
        with self._streams.stream(remote, at) as (start, pieces):
            if start < at:
                self.note, self.done = NO_RANGES, self.done - at
                out.truncate(0)
                digest.begin()
            asked = self.done
            for piece in pieces:
                _write(out, piece)
                digest.update(piece)
                self.done += len(piece)
                if out.tell() > remote.size:
                    return  # more than was said comes: its hash is another one
                if self.done - asked >= TURN:
                    asked = self.done
                    yield self._due()

    def wait(self, error: Interrupted, waits: Iterator[float]) -> Steps:
        """
        Raises:
            AppError: there were enough attempts.
        """
        seconds = next(waits, None)
        if seconds is None:
            raise error.error from error
        self._rate = 0.0
        until = time.monotonic() + max(seconds, error.wait_s)
        yield self._progress(note=error.error.message)
        while time.monotonic() < until:
            time.sleep(LOOK_S)
            yield None

    # --- what is told -------------------------------------------------------------------------------------------------

    def _due(self, *, checking: bool = False) -> FetchProgress | None:
        """Twice a second."""
        return self._progress(checking=checking) if time.monotonic() - self._told >= TELL_S else None

    def _progress(self, *, checking: bool = False, note: str = "") -> FetchProgress:
        now = time.monotonic()
        if not checking and now > self._told:
            speed = max(self.done - self._told_done, 0) / (now - self._told)
            self._rate = self._rate * STEADY + speed * (1 - STEADY) if self._rate else speed
        self._told, self._told_done = now, self.done
        if not note:
            note, self.note = self.note, ""
        return FetchProgress(done=self.done, total=self.total, bytes_per_s=self._rate, checking=checking, note=note)


class _Hash:
    """SHA-256 in a thread of its own, beside the network and the disk."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._pending: deque[Future[None]] = deque()
        self._next: list[bytes] = []
        self._length = 0
        self._sha = hashlib.sha256()

    def begin(self) -> None:
        """Forget what came."""
        self._wait(0)
        self._next, self._length = [], 0
        self._sha = hashlib.sha256()

    def update(self, piece: bytes) -> None:
        self._next.append(piece)
        self._length += len(piece)
        if self._length >= TURN:
            self._hand_over()
            self._wait(PENDING)

    def hexdigest(self) -> str:
        self._hand_over()
        self._wait(0)
        return self._sha.hexdigest()

    def _hand_over(self) -> None:
        pieces, self._next, self._length = self._next, [], 0
        self._pending.append(self._pool.submit(self._take, pieces))

    def _take(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._sha.update(piece)

    def _wait(self, left: int) -> None:
        while len(self._pending) > left:
            self._pending.popleft().result()

    def __enter__(self) -> _Hash:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._pool.shutdown()


def _write(out: BinaryIO, piece: bytes) -> None:
    """All of it: an unbuffered file may take less at a time."""
    view = memoryview(piece)
    while view:
        view = view[out.write(view) :]


def size(path: Path) -> int:
    """0 where there is no such file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
