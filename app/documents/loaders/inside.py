"""Reads the files inside of a file (attachments, members of an archive) in memory, under limits for all levels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from app.documents.loaders.builder import Builder
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.time_limit import TooLate, time_limit
from app.errors import BadFile
from app.places import Member, Place
from app.text.parsed import Parsed

MAX_DEPTH = 3
"""Files inside of files: a PDF attached to a mail in an archive, and one more."""
MAX_FILES = 5_000
MAX_BYTES = 512 * 1024 * 1024
"""Of all files inside of one, unpacked."""
MAX_FILE = 128 * 1024 * 1024
"""Of one of them."""
SECONDS = 80.0
"""After which no further file inside is begun; the whole has 120 (`parse_process.TIME_LIMIT_S`)."""
EACH = 30.0
"""Seconds for one file inside: 100 pages of a PDF take one."""
NAMED = 8
"""Files that a note names; the rest are counted."""

Read = Callable[[bytes, str, str, "Inside"], Parsed]
"""Bytes, name, password and limits → text."""
Within = Callable[[int | None, Place | None], Place | None]


class Spent(Exception):
    """A limit on all files together is reached: no further one is read. The message is the reason, for people."""


class Inside:
    """What is left of the limits, and the way to read one more file."""

    def __init__(self, read: Read, each: float = EACH, *, read_hidden: bool = False) -> None:
        """
        Args:
            each: seconds for one file.
            read_hidden: whether a person decided that hidden text is to be read too.
        """
        self._read = read
        self.read_hidden = read_hidden
        self._each = each
        self._depth = 0
        self._files = MAX_FILES
        self._bytes = MAX_BYTES
        self._end = time.monotonic() + SECONDS

    def spent(self) -> str:
        """Why no further file may be begun; "" where one may."""
        if self._files <= 0:
            return f"Inhouse reads at most {MAX_FILES:,} files inside of one."
        if self._bytes <= 0:
            return f"Inhouse unpacks at most {MAX_BYTES // 2**20} MB of one file."
        return "Reading took too long." if time.monotonic() > self._end else ""

    def most(self) -> int:
        """Bytes that the next file may have."""
        return min(MAX_FILE, self._bytes)

    def take(self, size: int) -> None:
        """Count bytes that were unpacked."""
        self._bytes -= size

    def read(self, data: bytes, name: str) -> Parsed:
        """The text of a file inside.

        Raises:
            BadFile: why it cannot be read.
            Spent: no further file may be read.
        """
        if why := self.spent():
            raise Spent(why)
        self._files -= 1
        with self.deeper():
            try:
                with time_limit(self._each):
                    return self._read(data, name, "", self)
            except TooLate as late:
                raise BadFile("Reading it took too long.", code="too_slow") from late
            except RecursionError as error:
                raise BadFile("The file is damaged.", "", f"Nested too deep: {error}") from error
            except MemoryError as error:
                raise BadFile("The file needs more memory than Inhouse gives to one.", "", "", "too_large") from error

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level down.

        Raises:
            BadFile: there are too many.
        """
        if self._depth >= MAX_DEPTH:
            raise BadFile(f"It lies inside of more than {MAX_DEPTH} files.", "", "", "unsupported")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1


class Members:
    """Puts the files inside of one into its text, each under its name, and keeps what could not be read."""

    def __init__(self, builder: Builder, inside: Inside) -> None:
        self._builder = builder
        self._inside = inside
        self._unread: list[tuple[str, str]] = []
        self._skipped = 0
        self._why = ""
        self.read = 0

    def add(self, data: bytes, name: str, within: Within, level: int) -> None:
        """Read a file and append it under a heading of this level."""
        if self._why:
            self._skipped += 1
            return
        try:
            parsed = self._inside.read(data, name.rpartition("/")[2])
            if not parsed.blocks:
                raise BadFile("It holds pictures only, which are recognised in files of their own.", code="no_text")
            if len(parsed.text) + len(name) + 100 > self._builder.room():
                raise Spent("There is more text than Inhouse can index of one file.")
        except BadFile as error:
            self.unread(name, error.message)
        except Spent as spent:
            self.stop(str(spent))
        else:
            self.read += 1
            self._builder.enter(within(None, None))
            self._builder.add("heading", squeeze(name), level)
            self._builder.include(parsed, within, level)
            if parsed.note:
                self.unread(name, parsed.note)

    def unread(self, name: str, reason: str) -> None:
        """A file was left out, or a part of it."""
        self._unread.append((squeeze(name) or "a file without a name", reason))

    def stop(self, why: str, skipped: int = 1) -> None:
        """Nothing more is read."""
        self._why = self._why or why
        self._skipped += skipped

    @property
    def stopped(self) -> bool:
        """Whether a limit was reached."""
        return bool(self._why)

    def note(self) -> str:
        """What was left out and why, for people; "" where nothing was."""
        said = [f"{name}: {reason}" for name, reason in self._unread[:NAMED]]
        more = len(self._unread) - NAMED
        if more > 0:
            said.append(f"{more} more files inside could not be read.")
        if self._why:
            said.append(f"{self._skipped} more left out: {self._why}" if self._skipped else self._why)
        return " ".join(said)


def member(path: str, page: int | None, place: Place | None) -> Member:
    """The place of a page or a place in a file inside of another."""
    if isinstance(place, Member):
        return replace(place, path=f"{path}/{place.path}")
    return Member(path, page, place)
