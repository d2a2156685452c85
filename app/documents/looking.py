"""Looks at a watched folder beside the main loop: names, sizes and dates. A server that is dead blocks nothing else."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import pathspec

from app.documents.files import is_litter
from app.errors import AppError
from app.formats import BY_SUFFIX, suffix_of
from app.workers.calls.folders import Absence, Rules

T = TypeVar("T")

STALL_S = 20.0
"""A look that gets nowhere for so long has met a server that does not answer."""
MOST_PATTERNS, LONGEST_PATTERN = 100, 200
"""Of ignore rules: each file is held against each of them."""

Seen = tuple[int, float]
"""Size and date of a file."""


class Beside(Generic[T]):
    """Work in a thread of its own; `beat` is called as it gets on."""

    def __init__(self, work: Callable[[Callable[[], None]], T]) -> None:
        self._work = work
        self._result: T | None = None
        self._error: BaseException | None = None
        self._beaten = time.monotonic()
        self.took_s = 0.0
        self._thread = threading.Thread(target=self._run, name="looking", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        began = time.monotonic()
        try:
            self._result = self._work(self._beat)
            self.took_s = time.monotonic() - began
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits, raised there
            self._error = error

    def _beat(self) -> None:
        self._beaten = time.monotonic()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def stalled(self) -> bool:
        """Whether it gets nowhere."""
        return self.running and time.monotonic() - self._beaten > STALL_S

    def wait(self, seconds: float) -> bool:
        """Whether it is through."""
        self._thread.join(seconds)
        return not self.running

    def result(self) -> T:
        """What came of it, once it is through; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]


@dataclass
class Looked:
    """What a folder holds."""

    files: dict[str, Seen] = field(default_factory=dict)
    """Files that are to be read, by path."""
    closed: list[str] = field(default_factory=list)
    """Folders in it that could not be listed: nothing is known of what they hold."""
    skipped: int = 0
    absence: Absence = ""
    device: int = 0
    """The file system that the folder lies on."""


class Ignore:
    """The rules of a folder, compiled."""

    def __init__(self, root: str, rules: Rules) -> None:
        """
        Raises:
            AppError: a pattern cannot be understood.
        """
        self._root = root
        self._largest = rules.largest_mb << 20
        self._patterns = patterns = [each.strip() for each in rules.ignore if each.strip()]
        if len(patterns) > MOST_PATTERNS or any(len(each) > LONGEST_PATTERN for each in patterns):
            raise AppError("There are too many rules, or one is too long.", "Use fewer and shorter patterns.")
        try:
            self._spec = pathspec.GitIgnoreSpec.from_lines(patterns)
        except ValueError as error:
            raise AppError(
                "One of these patterns cannot be used.", "Use patterns such as *.bak or drafts/.", str(error)
            ) from error

    def __call__(self, path: str, *, folder: bool = False) -> bool:
        """Whether a person's pattern leaves it out."""
        if not self._patterns:
            return False
        relative = os.path.relpath(path, self._root).replace(os.sep, "/")
        return self._spec.match_file(relative + "/" if folder else relative)

    def too_large(self, size: int) -> bool:
        return bool(self._largest) and size > self._largest


def look(root: str, ignore: Ignore, apart: frozenset[str], beat: Callable[[], None]) -> Looked:
    """Walk; `apart` are folders in it that are none of its business. Links are entered last, and never twice."""
    looked = Looked()
    try:
        looked.device = Path(root).stat().st_dev
        os.scandir(root).close()
    except OSError as error:
        looked.absence = _absence(error)
        return looked
    folders = deque([root])
    links: deque[str] = deque()
    entered: set[tuple[int, int]] = set()
    while folders or links:
        folder = folders.popleft() if folders else links.popleft()
        for entry in _entries(folder, entered, looked):
            beat()
            if is_litter(entry.name) or not _writable(entry.path):
                continue
            if _is_folder(entry):
                if entry.path not in apart and not ignore(entry.path, folder=True):
                    (links if entry.is_symlink() else folders).append(entry.path)
            else:
                _file(entry, ignore, looked)
    if root in looked.closed:  # it went while it was looked at
        looked.absence = "gone"
    return looked


def _entries(folder: str, entered: set[tuple[int, int]], looked: Looked) -> Iterator[os.DirEntry[str]]:
    try:
        status = Path(folder).stat()
        key = (status.st_dev, status.st_ino)
        if key in entered and status.st_ino:
            return
        entered.add(key)
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError:
        looked.closed.append(folder)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file(entry: os.DirEntry[str], ignore: Ignore, looked: Looked) -> None:
    if ignore(entry.path):
        return
    try:
        status = entry.stat()
    except OSError:
        return  # a link to nowhere, or gone meanwhile
    if suffix_of(entry.name) not in BY_SUFFIX or not stat.S_ISREG(status.st_mode) or ignore.too_large(status.st_size):
        looked.skipped += 1
        return
    looked.files[entry.path] = (status.st_size, status.st_mtime)


def gone(paths: Iterable[str], beat: Callable[[], None]) -> set[str]:
    """Which of these are really not there: a listing may miss a file that is being replaced."""
    found = set()
    for path in paths:
        beat()
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            found.add(path)
        except OSError:
            continue
    return found


def hashes(paths: Iterable[str], beat: Callable[[], None]) -> dict[str, str]:
    """The SHA-256 of each file that can be read."""
    found = {}
    for path in paths:
        digest = hashlib.sha256()
        try:
            with Path(path).open("rb") as file:
                while block := file.read(1 << 20):
                    beat()
                    digest.update(block)
        except OSError:
            continue
        found[path] = digest.hexdigest()
    return found


def _writable(path: str) -> bool:
    """Whether a name is text: neither SQLite nor JSON takes another one."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _absence(error: OSError) -> Absence:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "gone"
    return "denied" if isinstance(error, PermissionError) else "silent"
