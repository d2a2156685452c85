"""Model files copied piece by piece, with their SHA-256: of one file, or of several as one thing."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import IO

from app.errors import BadFile
from app.models.whole_files import whole
from app.workers.calls.models import CopyProgress
from app.workers.protocol import AnyData

PIECE = 8 << 20
Copied = Generator[AnyData, None, str]
"""Progress, and then a SHA-256."""


class Copying:
    """What all files of a model have in common: how much of them has been copied, and how fast."""

    def __init__(self, total: int) -> None:
        """`total` bytes of all files."""
        self._total, self._done, self._started = total, 0, time.monotonic()

    def read(self, file: IO[bytes], size: int, name: str, write: Callable[[bytes], object] | None = None) -> Copied:
        """The SHA-256 of what a file of `size` bytes holds; each piece is handed to `write`.

        Raises:
            BadFile: it has another size now.
        """
        digest = hashlib.sha256()
        end = self._done + size
        while piece := file.read(PIECE):
            digest.update(piece)
            if write is not None:
                write(piece)
            self._done += len(piece)
            seconds = max(time.monotonic() - self._started, 1e-6)
            yield CopyProgress(done=self._done, total=self._total, bytes_per_s=self._done / seconds)
        if self._done != end:
            raise BadFile(f"{name} changed while it was read.", "Try again.")
        return digest.hexdigest()

    def file(self, source: Path, target: Path) -> Copied:
        """Copy one file."""
        with source.open("rb") as file, whole(target) as copy:
            return (yield from self.read(file, os.fstat(file.fileno()).st_size, source.name, copy.out.write))


def copied(file: IO[bytes], size: int, name: str, write: Callable[[bytes], object] | None = None) -> Copied:
    """`Copying.read` of one file alone."""
    return Copying(size).read(file, size, name, write)


def hashed(source: Path) -> Copied:
    """The SHA-256 of a file."""
    with source.open("rb") as file:
        return (yield from copied(file, os.fstat(file.fileno()).st_size, source.name))


def copied_all(pairs: Sequence[tuple[Path, Path]]) -> Copied:
    """Copy files (from, to) as one thing with one progress; → the SHA-256 of the first. Either all are there at the end
    or none."""
    copying = Copying(sum(source.stat().st_size for source, _ in pairs))
    first, made = "", []
    try:
        for source, target in pairs:
            digest = yield from copying.file(source, target)
            made.append(target)
            first = first or digest
    except BaseException:
        for target in made:
            target.unlink(missing_ok=True)
        raise
    return first
