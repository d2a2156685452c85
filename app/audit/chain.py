"""Records as lines of files, each bound to the one before by its SHA-256: written at the end, never changed.

A line is the sum of what follows it, a space, and the record as JSON, in which the sum before it stands. A changed,
lost or added byte breaks the chain there; the last sum stands in `head` too, so that a cut end is seen. Whoever owns
the folder could write all of it anew: to be sure of that, keep the head elsewhere (`verify` compares with it).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.errors import NoSpace
from app.files import PRIVATE_FILE, make_folder, write_atomic

ROTATE_BYTES = 8 << 20
"""A file that is longer is followed by the next one: some 15,000 records."""
NAMES, HEAD, KEY = "record-*.log", "head", "key"
START = "0" * 64
"""What stands before the first record."""
VERSION = 1
LINE_LIMIT = 4 << 20


class Record(Struct, frozen=True, kw_only=True):
    """One thing that was done."""

    n: int  # counts from 1
    at: str  # UTC, "2026-12-01T15:12:01.123Z"
    what: str  # "asked", "exported", …
    who: str  # the system's user
    door: str  # "window", "command", "api"; "" the core itself
    about: dict[str, Any]
    before: str  # the sum of the record before


class Verified(Struct, frozen=True, kw_only=True):
    """What `verify` found. `problem` is "" where every byte is as it was written."""

    records: int = 0
    files: int = 0
    head: str = ""  # "17 3fa…": number and sum of the last record
    problem: str = ""
    where: str = ""  # file and line


class Chain:
    """Appends to the record of a folder; one writer at a time, the core."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or written before the first record."""
        self.folder = folder
        self._handle: int | None = None
        self._head: int | None = None
        self._size = 0
        self._n, self._sum = 0, START
        self._key = b""

    def append(self, what: str, about: dict[str, Any], *, who: str, door: str = "") -> Record:
        """Write a record; it is in the system's hands when this returns, and on the disk after `sync`.

        Raises:
            NoSpace: it could not be written, and nothing of it stands there.
        """
        with _plainly():
            self._open()
            assert self._handle is not None
            if self._size > ROTATE_BYTES:
                self._rotate()
            return self._write(what, about, who, door)

    def mark_of(self, text: str) -> str:
        """Stands for a text: the same for the same one, and nobody without the key can try whether it was a guess.

        Raises:
            NoSpace: there is no key yet, and none could be written.
        """
        with _plainly():
            self._open()
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def sync(self) -> None:
        """Have what was written on the disk."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._handle)

    def close(self) -> None:
        """Nothing more comes; safe to call twice."""
        self.sync()
        for handle in (self._handle, self._head):
            if handle is not None:
                os.close(handle)
        self._handle = self._head = None

    # --- the files ----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self._handle is not None:
            return
        try:
            self._begin_or_go_on()
        except BaseException:
            self.close()  # or the next record would follow on nothing
            raise

    def _begin_or_go_on(self) -> None:
        make_folder(self.folder)
        self._n, self._sum = 0, START
        self._key = _key(self.folder / KEY)
        files = files_of(self.folder)
        said = read_head(self.folder)
        torn = _cut_torn(files[-1]) if files else 0
        last = _last(files)
        if last is not None:
            self._n, self._sum = last
        self._begin(files[-1] if files else self.folder / _name(1))
        self._head = os.open(self.folder / HEAD, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        if last is None:
            self._write("begun", {"version": VERSION, "key": hashlib.sha256(self._key).hexdigest()}, "", "")
        if torn:
            self._write("mended", {"bytes": torn}, "", "")
        if said is not None and said[0] > self._n:
            self._write("shortened", {"known": said[0], "sum": said[1]}, "", "")

    def _begin(self, file: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._handle = os.open(file, flags, PRIVATE_FILE)
        self._size = os.fstat(self._handle).st_size

    def _rotate(self) -> None:
        assert self._handle is not None
        os.fsync(self._handle)
        os.close(self._handle)
        self._handle = None
        self._begin(self.folder / _name(len(files_of(self.folder)) + 1))

    def _write(self, what: str, about: dict[str, Any], who: str, door: str) -> Record:
        assert self._handle is not None and self._head is not None
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = Record(n=self._n + 1, at=at, what=what, who=who, door=door, about=about, before=self._sum)
        body = msgspec.json.encode(record)
        digest = hashlib.sha256(body).hexdigest()
        line = digest.encode() + b" " + body + b"\n"
        try:
            if os.write(self._handle, line) != len(line):
                raise OSError("the disk is full")
        except OSError:
            os.ftruncate(self._handle, self._size)  # a torn line would break the chain
            raise
        self._size += len(line)
        self._n, self._sum = record.n, digest
        with contextlib.suppress(OSError):
            os.lseek(self._head, 0, os.SEEK_SET)
            os.write(self._head, f"{record.n:012} {digest}\n".encode())
        return record


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except (OSError, NoSpace) as error:
        raise NoSpace("The record of what is done cannot be written.", "Free some disk space.", str(error)) from error


def _name(number: int) -> str:
    return f"record-{number:06}.log"


def _key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(32)
        write_atomic(path, key)
        return key


def _cut_torn(file: Path) -> int:
    """Bytes of a last line that a kill cut short, taken away."""
    with file.open("r+b") as opened:
        size = opened.seek(0, os.SEEK_END)
        start = max(0, size - LINE_LIMIT)
        opened.seek(start)
        tail = opened.read()
        whole = tail.rfind(b"\n") + 1
        torn = len(tail) - whole
        if torn:
            opened.truncate(start + whole)
        return torn


def _last(files: list[Path]) -> tuple[int, str] | None:
    """Number and sum of the last record, as it claims to be."""
    for file in reversed(files):
        line = b""
        for line in _lines(file):  # noqa: B007 - the last one
            pass
        if line:
            try:
                return msgspec.json.decode(line[65:], type=Record).n, line[:64].decode("ascii", "replace")
            except msgspec.MsgspecError:
                return _count(files), line[:64].decode("ascii", "replace")
    return None


def _count(files: list[Path]) -> int:
    return sum(1 for file in files for _ in _lines(file))


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        yield from opened


# --- reading --------------------------------------------------------------------------------------------------------


def files_of(folder: Path) -> list[Path]:
    """The files of a record, oldest first."""
    return sorted(folder.glob(NAMES))


def read_head(folder: Path) -> tuple[int, str] | None:
    """Number and sum of the last record as it was written down beside the files; None where nothing stands there."""
    try:
        number, digest = (folder / HEAD).read_text(encoding="ascii").split()
        return int(number), digest
    except (OSError, ValueError):
        return None


def records(folder: Path) -> Iterator[Record]:
    """All that can be read, oldest first; what cannot is passed over, see `verify`."""
    for file in files_of(folder):
        for line in _lines(file):
            with contextlib.suppress(msgspec.MsgspecError):
                yield msgspec.json.decode(line[65:], type=Record)


def json_lines(folder: Path) -> bytes:
    """All records as plain JSON lines, for other programs."""
    return b"".join(msgspec.json.encode(each) + b"\n" for each in records(folder))


def verify(folder: Path, known: str = "") -> Verified:
    """Read every byte. `known` is a head of before, "17 3fa…", which has to be in the chain."""
    files = files_of(folder)
    n, last, key = 0, START, ""
    wanted = _wanted(folder, known)
    sums = dict.fromkeys((number for number, _ in wanted), "")
    decoder = msgspec.json.Decoder(Record)
    for number, file in enumerate(files, 1):
        if file.name != _name(number):
            return Verified(
                records=n, files=len(files), problem=f"The file {_name(number)} is missing.", where=file.name
            )
        for at, line in enumerate(_lines(file), 1):
            problem = _problem(line, n + 1, last, decoder)
            if problem:
                return Verified(records=n, files=len(files), problem=problem, where=f"{file.name}:{at}")
            if n == 0:
                key = str(decoder.decode(line[65:]).about.get("key", ""))
            n, last = n + 1, line[:64].decode()
            if n in sums:
                sums[n] = last
    return Verified(
        records=n, files=len(files), head=f"{n} {last}" if n else "", problem=_missing(folder, wanted, sums, n, key)
    )


def _wanted(folder: Path, known: str) -> list[tuple[int, str]]:
    """Numbers and sums of records that have to be there."""
    head = read_head(folder)
    found = [head] if head is not None else []
    with contextlib.suppress(ValueError):
        number, digest = known.split()
        found.append((int(number), digest))
    return found


def _problem(line: bytes, n: int, before: str, decoder: msgspec.json.Decoder[Record]) -> str:
    if not line.endswith(b"\n"):
        return "The last line is not whole."
    body = line[65:-1]
    if line[64:65] != b" " or hashlib.sha256(body).hexdigest().encode() != line[:64]:
        return "The line was changed."
    try:
        record = decoder.decode(body)
    except msgspec.MsgspecError:
        return "The line is no record."
    if record.n != n or record.before != before:
        return "Lines were taken out, put in or put in another order."
    return ""


def _missing(folder: Path, wanted: list[tuple[int, str]], sums: dict[int, str], n: int, key: str) -> str:
    for number, digest in wanted:
        if number > n:
            return f"Records are missing at the end: {number:,} were written, {n:,} are there."
        if sums.get(number) != digest:
            return f"Record {number:,} is another one than was written down."
    if n and not _head_is_whole(folder):
        return "The file “head” was changed or is missing."
    try:
        held = hashlib.sha256((folder / KEY).read_bytes()).hexdigest()
    except OSError:
        held = ""
    if n and held != key:
        return "The key is another one than the record began with."
    return ""


def _head_is_whole(folder: Path) -> bool:
    """Exactly as it is written: no byte of it may differ unseen."""
    said = read_head(folder)
    if said is None:
        return False
    with contextlib.suppress(OSError):
        return (folder / HEAD).read_bytes() == f"{said[0]:012} {said[1]}\n".encode()
    return False
