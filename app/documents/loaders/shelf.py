"""Gets a file out of a container, in memory; containers stay open, so that their files are read one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from app.documents.loaders.inside import MAX_DEPTH, MAX_FILE, Inner, Names
from app.documents.loaders.source import read_source
from app.errors import BadFile
from app.members import MARK, container_of, depth_of, file_of, is_member

Files = Callable[[bytes, str], Iterator[Inner]]


class _Open:
    """A container, and how far its files were gone through."""

    def __init__(self, data: bytes, name: str, files: Files) -> None:
        self._data, self._name, self._files = data, name, files
        self._begin()

    def _begin(self) -> None:
        self._left = self._files(self._data, self._name)
        self._names = Names()
        self._passed: set[str] = set()

    def read(self, wanted: str) -> bytes:
        """The content of a file. The next one costs no more than its own reading; an earlier one begins anew.

        Raises:
            BadFile: it is not there (any more), or cannot be read.
        """
        if wanted in self._passed:
            self._begin()
        for inner in self._left:
            name = self._names.of(inner.name)
            self._passed.add(name)
            if name == wanted:
                return inner.read(MAX_FILE)
        raise BadFile("It does not lie in its file any more.", "The file has changed. Add it again.", wanted, "missing")


class Shelf:
    """Holds the containers that the last file lay in, as long as the file on the disk looks the same."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._open: dict[str, _Open] = {}
        self._looked: tuple[str, int, int] = ("", 0, 0)

    def read(self, path: str) -> bytes:
        """The content of a file, of its own or inside of another.

        Raises:
            BadFile: why it cannot be had.
        """
        if not is_member(path):
            self._open.clear()
            return read_source(path)
        if depth_of(path) > MAX_DEPTH:
            raise BadFile(f"It lies inside of more than {MAX_DEPTH} files.", code="unsupported")
        looked = _looked(file_of(path))
        if looked != self._looked:
            self._open.clear()
        self._looked = looked
        data = self._inside(path)
        if not data:
            raise BadFile("The file is empty.", "Check whether it was saved completely.", code="empty")
        return data

    def _inside(self, path: str) -> bytes:
        container = container_of(path)
        self._open = {each: held for each, held in self._open.items() if path.startswith(each + MARK)}
        if container not in self._open:
            data = self._inside(container) if is_member(container) else read_source(container)
            self._open[container] = _Open(data, PurePath(container).name, self._files)
        return self._open[container].read(path[len(container) + len(MARK) :])


def _looked(file: str) -> tuple[str, int, int]:
    """How a file looks; what cannot be looked at says why once it is read."""
    try:
        status: os.stat_result = Path(file).stat()
    except (OSError, ValueError):
        return file, -1, 0
    return file, status.st_size, status.st_mtime_ns
