"""One documents process a data folder: a lock that the system drops by itself when its holder ends, however it ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

from app.errors import Busy


class FolderLock:
    """Held from `acquire` to `release`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """
        Raises:
            Busy: another process holds it.
        """
        if self._file is not None:
            return
        file = self._path.open("ab")
        try:
            _lock(file)
        except OSError as error:
            file.close()
            raise Busy(
                "Another Inhouse is using the documents.",
                "Please close the other window, or wait until its command has ended.",
                str(error),
            ) from error
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
