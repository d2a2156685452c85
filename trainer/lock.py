"""A lock that the operating system frees when its holder dies, however it dies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class Locked(Exception):
    """Another process holds it."""


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold a lock on a file.

    Raises:
        Locked: another process holds it.
    """
    with path.open("a+b") as handle:
        _take(handle)
        yield


if sys.platform == "win32":
    import msvcrt

    def _take(handle: IO[bytes]) -> None:
        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise Locked from error
else:
    import fcntl

    def _take(handle: IO[bytes]) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Locked from error
