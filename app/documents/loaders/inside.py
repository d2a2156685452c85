"""Lists the files inside of a file (attachments, members of an archive) under limits; each is then read on its own."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.sniff import format_of
from app.errors import BadFile
from app.text.parsed import Held, Parsed

MAX_DEPTH = 3
"""Files inside of files: a PDF attached to a mail in an archive, and one more."""
MAX_FILES = 5_000
MAX_BYTES = 512 * 1024 * 1024
"""Of all files inside of one, unpacked."""
MAX_FILE = 128 * 1024 * 1024
"""Of one of them."""
SECONDS = 80.0
"""After which no further file is listed; the whole has 120 (`parse_process.TIME_LIMIT_S`)."""
MAX_NAME = 200
NAMED = 8
"""Files that a note names; the rest are counted."""
_DRIVE = re.compile(r"^[A-Za-z]:")


class Inner(NamedTuple):
    """A file inside of another, as it is met."""

    name: str  # as it is called there; several may be called the same
    read: Callable[[int], bytes]
    """At most so many bytes → its content; raises BadFile. It may work only until the next one is met."""


class Container(NamedTuple):
    """How a kind of file that holds files is read."""

    load: Callable[[bytes, str, Listing, bool], Parsed]
    """Its bytes, its name, where its files are listed, and whether hidden text is to be read too → its own text."""
    files: Callable[[bytes, str], Iterator[Inner]]
    """Its bytes and its name → the files in it, in the order in which `load` lists them. It raises BadFile."""


class Names:
    """Gives each file of a container a name of its own, the same ones each time they are met in the same order."""

    def __init__(self) -> None:
        self._met: Counter[str] = Counter()

    def of(self, name: str) -> str:
        """ "offer.pdf", and "offer (2).pdf" for the second one of that name."""
        name = cleaned(name) or "file"
        while (count := self._again(name)) > 1:
            folder, slash, last = name.rpartition("/")
            stem, dot, suffix = last.rpartition(".")
            name = f"{folder}{slash}{stem} ({count}).{suffix}" if stem and dot else f"{folder}{slash}{last} ({count})"
        return name

    def _again(self, name: str) -> int:
        self._met[name] += 1
        return self._met[name]


class Listing:
    """The files of a container that are to be documents of their own, and what is left out of them."""

    def __init__(self) -> None:
        self._names = Names()
        self._bytes = MAX_BYTES
        self._end = time.monotonic() + SECONDS
        self._unread: list[tuple[str, str]] = []
        self._skipped = 0
        self._why = ""
        self.held: list[Held] = []

    def add(self, inner: Inner) -> None:
        """List a file. One of a kind that is not read is named in the note only, as a folder passes over it."""
        name = self._names.of(inner.name)
        if why := self.spent():
            self.stop(why)
            self._skipped += 1
            return
        try:
            data = inner.read(min(MAX_FILE, self._bytes))
        except BadFile as error:
            self.held.append(Held(name, reason=error.message, code=error.code))
            return
        if not data:
            return
        self._bytes -= len(data)
        try:
            format_of(data, name)
        except BadFile as error:
            if error.code == "unsupported":
                self.unread(name, error.message)
                return
        self.held.append(Held(name, len(data), hashlib.sha256(data).hexdigest()))

    def spent(self) -> str:
        """Why no further file may be listed; "" where one may."""
        if self._why:
            return self._why
        if len(self.held) + len(self._unread) >= MAX_FILES:
            return f"Inhouse reads at most {MAX_FILES:,} files inside of one."
        if self._bytes <= 0:
            return f"Inhouse unpacks at most {MAX_BYTES // 2**20} MB of one file."
        return "Reading took too long." if self.late else ""

    @property
    def late(self) -> bool:
        """Whether the container has taken so long that the rest of it is left out."""
        return time.monotonic() > self._end

    def unread(self, name: str, reason: str) -> None:
        """Something in it is no document."""
        self._unread.append((squeeze(name) or "a file without a name", reason))

    def stop(self, why: str) -> None:
        """Nothing more is listed."""
        self._why = self._why or why

    @property
    def stopped(self) -> bool:
        """Whether a limit was reached."""
        return bool(self._why)

    def note(self) -> str:
        """What was left out and why, for people; "" where nothing was."""
        said = [f"{name}: {reason}" for name, reason in self._unread[:NAMED]]
        more = len(self._unread) - NAMED
        if more > 0:
            said.append(f"{more:,} more files inside are not read.")
        if self._why:
            said.append(f"{self._skipped:,} more left out: {self._why}" if self._skipped else self._why)
        return " ".join(said)


def too_large() -> BadFile:
    """The error for a file inside that unpacks to more than is read of one."""
    return BadFile("It unpacks to more than Inhouse reads at once.", code="too_large")


def cleaned(path: str) -> str:
    """A path that leads nowhere but into its container."""
    path = path.encode("utf-8", "replace").decode("utf-8")
    parts = _DRIVE.sub("", squeeze(path.replace("\\", "/"))).split("/")
    name = "/".join(part.strip() for part in parts if part.strip() not in ("", ".", ".."))
    return name if len(name) <= MAX_NAME else "…" + name[-MAX_NAME:].lstrip("/")
