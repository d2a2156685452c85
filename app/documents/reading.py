"""Reads files ahead of the embedder: hash, parse in a disposable child and cut, in a thread of its own.

At most a few documents wait at a time, so memory stays bounded however large the drop is.
"""

from __future__ import annotations

import hashlib
import os
import queue
import stat
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from app.documents.catalogue import Stored
from app.documents.folders import digest
from app.documents.held import UNSEEN
from app.documents.loaders import CONTAINERS
from app.documents.loaders.inside import MAX_BYTES, MAX_FILES
from app.documents.masking import required
from app.errors import AppError, BadFile
from app.members import file_of, is_member, member_path
from app.rules import FOLDERS, lies_below, resolved
from app.settings import company_policy
from app.text.parsed import Held, Parsed
from app.text.passages import Piece, Tokens, cut
from app.text.personal.kinds import PersonalKind

AHEAD = 4
"""Documents that may wait, read, for the embedder."""
KEPT = 5_000_000
"""Characters of files inside of others that are remembered by their content: what comes once more is not read again."""

TICK_S = 2.5
"""The coarsest clock of a file system (FAT: 2 s): two changes within it have one date."""

_WAIT_S = 0.2
"""How long a thread waits before it looks whether it is to stop."""

Seen = tuple[int, float]
"""Size and date of a file."""


class Reader(Protocol):
    """What turns a file into text; `Parser` of parse_process in the app."""

    def parse(
        self,
        path: str,
        password: str | None = None,
        read_hidden: bool = False,
        scans: None = None,
        mask: Sequence[PersonalKind] = (),
    ) -> Parsed: ...

    def close(self) -> None: ...


class Started(Struct, frozen=True):
    """A file is being read now."""

    path: str
    held: Held | None = None  # where it lies in another one


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
    exempt: bool = False


class Closed(Struct, frozen=True):
    """Every file inside of a container has come, and what is not among them is no longer in it."""

    path: str
    names: tuple[str, ...]
    note: str = ""


Item = Started | Unchanged | Refused | Read | Closed


class Budget:
    """What is left to be read of all files inside of one, on all levels."""

    def __init__(self) -> None:
        self._files, self._bytes = MAX_FILES, MAX_BYTES

    def take(self, size: int) -> bool:
        """Whether one more may be read."""
        if self._files <= 0 or self._bytes <= 0:
            return False
        self._files -= 1
        self._bytes -= size
        return True


class _Unmeasured(Exception):
    """Nothing measures passages."""


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
        taken_out: Set[bytes] = frozenset(),
        mask: tuple[PersonalKind, ...] = (),
        exempt: bool | None = None,
    ) -> None:
        """
        Args:
            counter: waits so many seconds for what measures passages, and is asked once a file was read; `get` raises
                what it raises.
            read_hidden: whether what readers do not see is read; None: as a person decided for each document.
            taken_out: digests of the paths of files inside of others that a person removed from a folder that is
                followed.
            mask: the kinds of personal data that are masked.
            exempt: not in these documents; None: as it was decided for each.
        """
        self._mask, self._exempt = mask, exempt
        self._folders = resolved(company_policy().rule(FOLDERS))
        self._paths = paths
        self._known = known
        self._recipe = recipe
        self._counter = counter
        self._passwords = passwords
        self._force = force
        self._read_hidden = read_hidden
        self._taken_out = taken_out
        self._same_content: dict[str, tuple[Parsed, list[Piece]]] = {}
        self._kept = 0  # characters of these
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
                self._put(item)
                if isinstance(item, Read) and (item.parsed.format in CONTAINERS or self._held_files(name)):
                    self._inside(item, Budget())
        except _Unmeasured as unmeasured:
            last = unmeasured.__cause__
        except Exception as error:  # noqa: BLE001 - carried over to the thread that waits, raised there
            last = error
        self._put(last)

    def _held_files(self, path: str) -> bool:
        """Whether there was a container at this path before."""
        stored = self._known.get(path)
        return stored is not None and stored.format in CONTAINERS

    def _inside(self, holder: Read, budget: Budget) -> None:
        """Read the files inside of one, each as a document of its own."""
        names: list[str] = []
        left = 0
        for held in holder.parsed.files:
            if self._stop.is_set():
                return
            path = member_path(holder.path, held.name)
            if self._taken_out and digest(path) in self._taken_out:
                continue
            if not budget.take(held.size):
                left += 1
                continue
            names.append(held.name)
            self._put(Started(path, held))
            item = Refused(path, held.reason, held.code, holder.seen) if held.reason else self._one(path, held, holder)
            self._put(item)
            if isinstance(item, Read) and item.parsed.format in CONTAINERS:
                self._inside(item, budget)
        self._put(Closed(holder.path, tuple(names), f"{left:,} more left out: there are too many." if left else ""))

    def _one(self, path: str, held: Held | None = None, holder: Read | None = None) -> Item:
        """`held` and `holder`: what is known of a file inside of another that was read just now."""
        seen = UNSEEN
        if not lies_below(self._folders, Path(file_of(path))):
            return Refused(path, *_NOT_ALLOWED)
        try:
            status = Path(file_of(path)).stat()
            seen = (status.st_size, status.st_mtime)  # before it is read: what changes meanwhile looks otherwise then
            if holder is not None and seen != holder.seen:
                return Refused(path, *_CHANGED, holder.seen)
            item = self._read(path, status, held)
            if is_member(path) and isinstance(item, Read):
                status = Path(file_of(path)).stat()
                return item if seen == (status.st_size, status.st_mtime) else Refused(path, *_CHANGED, seen)
            return item
        except BadFile as error:
            return Refused(path, str(error), error.code, seen)
        except AppError as error:
            return Refused(path, str(error), "failed", seen)
        except OSError as error:
            return Refused(path, *_reason(error), seen)

    def _read(self, path: str, status: os.stat_result, held: Held | None) -> Item:
        seen = (status.st_size, status.st_mtime)
        if stat.S_ISDIR(status.st_mode):
            os.scandir(path).close()  # a folder comes here only when it could not be listed: this gives the reason
            return Refused(path, "This is a folder.", "unreadable")
        if not stat.S_ISREG(status.st_mode):
            return Refused(path, "This is not an ordinary file, so there is nothing to read in it.", "special", seen)
        stored = self._known.get(path)
        wanted = self._read_hidden
        if wanted is None or held is not None:  # what is decided on a mail says nothing of what is attached to it
            wanted = stored is not None and stored.read_hidden
        exempt = self._exempt
        if exempt is None or held is not None:
            exempt = stored is not None and stored.exempt
        exempt = exempt and not required()
        mask = () if exempt else self._mask
        recipe = recipe_for(self._recipe, wanted, mask)
        if stored is not None and not self._force and self._same(path, stored, recipe, seen, held):
            return Unchanged(path, stored, seen)
        parsed, pieces = self._parse(path, wanted, mask, held)
        if not pieces and not parsed.scans:
            return Refused(path, "There is no text in this file.", "empty", seen)
        if parsed.format in CONTAINERS:
            recipe = with_members(recipe)
        return Read(path, parsed, pieces, seen, recipe, wanted, exempt)

    def _parse(
        self, path: str, wanted: bool, mask: tuple[PersonalKind, ...], held: Held | None
    ) -> tuple[Parsed, list[Piece]]:
        """Text and passages; those of a file inside of another that came with the same name and content before, as they
        were: a thread has one attachment in each of its mails."""
        key = f"{held.sha256} {wanted} {mask} {Path(path).name}" if held is not None else ""
        if key in self._same_content:
            return self._same_content[key]
        parsed = self._reader.parse(path, self._passwords.get(path), wanted, mask=mask)
        pieces = cut(parsed, self._measure(), Path(path).stem)
        if held is not None:
            self._kept += len(parsed.text)
            if self._kept > KEPT:
                self._same_content.clear()
                self._kept = len(parsed.text)
            self._same_content[key] = parsed, pieces
        return parsed, pieces

    def _measure(self) -> Tokens:
        """What measures passages, once it is there.

        Raises:
            _Unmeasured: from why it will not come, which is no fault of the file; from nothing where this was stopped.
        """
        while not self._stop.is_set():
            try:
                counter = self._counter(_WAIT_S)
            except AppError as error:
                raise _Unmeasured from error
            if counter is not None:
                return counter
        raise _Unmeasured

    def _same(self, path: str, stored: Stored, recipe: str, seen: Seen, held: Held | None) -> bool:
        """By size and date where they settle it; a file of the moment in which it was read may have changed since."""
        whole = with_members(recipe) if stored.format in CONTAINERS else recipe
        if stored.status != "indexed" or stored.recipe != whole:
            return False
        if is_member(path):
            return held is not None and held.sha256 == stored.sha256
        if stored.seen == seen and seen[1] < stored.indexed_at - TICK_S:
            return True
        digest = hashlib.sha256()
        with Path(path).open("rb") as file:
            while block := file.read(1 << 20):
                if self._stop.is_set():
                    return False
                digest.update(block)
        return digest.hexdigest() == stored.sha256


def recipe_for(recipe: str, read_hidden: bool, mask: Sequence[PersonalKind]) -> str:
    """The recipe of a document that was read with what its readers do not see, or without personal data: other passages
    than of the same file read otherwise."""
    hidden = "/hidden" if read_hidden else ""
    return f"{recipe}{hidden}/masked {','.join(mask)}" if mask else f"{recipe}{hidden}"


def with_members(recipe: str) -> str:
    """The recipe of a container whose files are documents of their own; older ones had them in their own text."""
    return f"{recipe}/members"


_CHANGED = ("The file that it lies in changed while it was read. Add that again.", "changed")
_NOT_ALLOWED = ("Your company does not allow documents from there.", "not-allowed")
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
