"""Reads files ahead of the embedder: hash, parse in a disposable child and cut, in a thread of its own.

At most a few documents wait at a time, so memory stays bounded however large the drop is.
"""

from __future__ import annotations

import hashlib
import os
import queue
import stat
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from app.documents.catalogue import UNSEEN, Stored
from app.errors import AppError, BadFile
from app.text.parsed import Parsed
from app.text.passages import Piece, Tokens, cut

AHEAD = 4
"""Documents that may wait, read, for the embedder."""


TICK_S = 2.5
"""The coarsest clock of a file system (FAT: 2 s): two changes within it have one date."""

_WAIT_S = 0.2
"""How long a thread waits before it looks whether it is to stop."""

Seen = tuple[int, float]
"""Size and date of a file."""


class Reader(Protocol):
    """What turns a file into text; `Parser` of parse_process in the app."""

    def parse(self, path: str, password: str | None = None, read_hidden: bool = False) -> Parsed: ...

    def close(self) -> None: ...


class Started(Struct, frozen=True):
    """A file is being read now."""

    path: str


class Unchanged(Struct, frozen=True):
    """Stored already, with the same content."""

    path: str
    stored: Stored
    seen: Seen


class Refused(Struct, frozen=True):
    """A file that cannot be used, and why."""

    path: str
    reason: str
    code: str
    seen: Seen = UNSEEN


class Read(Struct, frozen=True):
    """A document, cut into passages."""

    path: str
    parsed: Parsed
    pieces: list[Piece]
    seen: Seen
    recipe: str
    read_hidden: bool = False


class _Text(Struct, frozen=True):
    """A document that was read and is not cut yet."""

    path: str
    parsed: Parsed
    seen: Seen
    recipe: str
    read_hidden: bool


Item = Started | Unchanged | Refused | Read


class ReadAhead:
    """Iterate with `get`; `close` ends the thread and the child at once."""

    def __init__(
        self,
        paths: Iterable[str],
        known: Mapping[str, Stored],
        recipe: str,
        reader: Reader,
        counter: Callable[[float], Tokens | None],
        passwords: Mapping[str, str],
        force: bool,
        read_hidden: bool | None = None,
    ) -> None:
        """`counter` waits so many seconds for what measures passages, and is asked once a file was read; `get` raises
        what it raises. `read_hidden`: whether what readers do not see is read; None: as decided for each document.
        """
        self._paths = paths
        self._known = known
        self._recipe = recipe
        self._counter = counter
        self._passwords = passwords
        self._force = force
        self._read_hidden = read_hidden
        self._items: queue.Queue[Item | BaseException | None] = queue.Queue(AHEAD * 2)
        self._stop = threading.Event()
        self._reader = reader
        self._thread = threading.Thread(target=self._run, name="reading", daemon=True)
        self._thread.start()

    def get(self, timeout: float) -> Item | None:
        """The next item; None after the last.

        Raises:
            queue.Empty: nothing is ready within `timeout` seconds.
        """
        item = self._items.get(timeout=timeout)
        if isinstance(item, BaseException):
            raise item
        return item

    def close(self) -> None:
        """Stop reading. What waits is thrown away, and a reader in the middle of a file is ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._reader.close()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(timeout=0.05)

    def _drain(self) -> None:
        try:
            while True:
                self._items.get_nowait()
        except queue.Empty:
            return

    def _put(self, item: Item | BaseException | None) -> None:
        while not self._stop.is_set():
            try:
                self._items.put(item, timeout=_WAIT_S)
                return
            except queue.Full:
                continue

    def _run(self) -> None:
        last: BaseException | None = None
        try:
            for path in self._paths:
                if self._stop.is_set():
                    return
                name = _writable(path)
                self._put(Started(name))
                item = self._one(path) if name == path else Refused(name, *_BAD_NAME)
                self._put(self._cut(item) if isinstance(item, _Text) else item)
        except Exception as error:  # noqa: BLE001 - carried over to the thread that waits, raised there
            last = error
        self._put(last)

    def _cut(self, text: _Text) -> Item | None:
        """The passages of a document; None where it was stopped before they could be measured."""
        counter = None
        while counter is None and not self._stop.is_set():
            counter = self._counter(_WAIT_S)
        if counter is None:
            return None
        pieces = cut(text.parsed, counter, Path(text.path).stem)
        if not pieces and not text.parsed.scans:
            return Refused(text.path, "There is no text in this file.", "empty", text.seen)
        return Read(text.path, text.parsed, pieces, text.seen, text.recipe, text.read_hidden)

    def _one(self, path: str) -> Item | _Text:
        seen = UNSEEN
        try:
            status = Path(path).stat()
            seen = (status.st_size, status.st_mtime)  # before it is read: what changes meanwhile looks otherwise then
            return self._read(path, status)
        except BadFile as error:
            return Refused(path, str(error), error.code, seen)
        except AppError as error:
            return Refused(path, str(error), "failed", seen)
        except OSError as error:
            return Refused(path, *_reason(error), seen)

    def _read(self, path: str, status: os.stat_result) -> Item | _Text:
        seen = (status.st_size, status.st_mtime)
        if stat.S_ISDIR(status.st_mode):
            os.scandir(path).close()  # a folder comes here only when it could not be listed: this gives the reason
            return Refused(path, "This is a folder.", "unreadable")
        if not stat.S_ISREG(status.st_mode):
            return Refused(path, "This is not an ordinary file, so there is nothing to read in it.", "special", seen)
        stored = self._known.get(path)
        wanted = self._read_hidden
        if wanted is None:
            wanted = stored is not None and stored.read_hidden
        recipe = with_hidden(self._recipe) if wanted else self._recipe
        if stored is not None and not self._force and self._same(path, stored, recipe, seen):
            return Unchanged(path, stored, seen)
        parsed = self._reader.parse(path, self._passwords.get(path), wanted)
        return _Text(path, parsed, seen, recipe, wanted)

    def _same(self, path: str, stored: Stored, recipe: str, seen: Seen) -> bool:
        """By size and date where they settle it; a file of the moment in which it was read may have changed since."""
        if stored.status != "indexed" or stored.recipe != recipe:
            return False
        if stored.seen == seen and seen[1] < stored.indexed_at - TICK_S:
            return True
        digest = hashlib.sha256()
        with Path(path).open("rb") as file:
            while block := file.read(1 << 20):
                if self._stop.is_set():
                    return False
                digest.update(block)
        return digest.hexdigest() == stored.sha256


def with_hidden(recipe: str) -> str:
    """The recipe of a document that was read with what its readers do not see: other passages than without."""
    return f"{recipe}/hidden"


_BAD_NAME = ("The name of this file is in no known encoding. Rename the file and add it again.", "unreadable")


def _writable(path: str) -> str:
    """The path with a question mark for what is no text in it: neither SQLite nor JSON takes that."""
    return path.encode("utf-8", "replace").decode("utf-8")


def _reason(error: OSError) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError):
        return "The file is not there any more. It may have been moved or deleted.", "missing"
    if isinstance(error, PermissionError):
        return "You have no permission to read this file. Ask its owner, or copy it to a folder of your own.", "denied"
    return f"The file could not be read: {error.strerror or error}.", "unreadable"
