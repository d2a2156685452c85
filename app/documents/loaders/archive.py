"""ZIP and TAR archives: what lies in them, each a document of its own; nothing is ever unpacked to the disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, cast

from app.documents.files import is_litter
from app.documents.loaders.builder import Builder
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.inside import MAX_BYTES, Inner, Listing, cleaned, too_large
from app.errors import BadFile
from app.text.parsed import Held, Parsed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

LISTED = 100
"""Files that the archive's own text names: each is found by its own name."""
MAX_RATIO, LARGE = 200, 32 * 1024 * 1024
"""A file that unpacks to more bytes than `LARGE` and to so many times what it takes in the archive is a bomb."""
_PACKED: dict[bytes, Callable[[io.BytesIO], object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZ": bz2.open,
    b"\xfd7": lzma.open,
}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)
"""What the standard library raises on bytes that are damaged, `RuntimeError` where a password is missing."""
_TAR_MARK = 257  # where "ustar" stands


def load_archive(data: bytes, name: str, listing: Listing, read_hidden: bool = False) -> Parsed:
    """List every file of an archive; its own text is their names.

    Raises:
        BadFile: `damaged`, or nothing in it can be read (`empty`; the reasons are in its message).
    """
    try:
        for inner in archived_files(data, name):
            listing.add(inner)
            if listing.stopped and not data.startswith(b"PK"):
                break  # to go on would be to unpack all the rest
    except BadFile as error:
        if not listing.held:
            raise
        listing.unread("the archive", f"{error.message} What follows in it was left out.")
    if not any(not each.reason for each in listing.held):
        why = [f"{each.name}: {each.reason}" for each in listing.held[:LISTED]]
        raise BadFile(f"Nothing in the archive can be read. {' '.join([*why, listing.note()])}".strip(), code="empty")
    return _contents(PurePath(name).stem, listing.held)


def _contents(title: str, held: list[Held]) -> Parsed:
    builder = Builder()
    builder.add("heading", squeeze(title) or "Archive", 1)
    for each in held[:LISTED]:
        builder.add("list", f"- {each.name}")
    if len(held) > LISTED:
        builder.add("paragraph", f"and {len(held) - LISTED:,} more files")
    return builder.build("zip")


def archived_files(data: bytes, name: str) -> Iterator[Inner]:
    """The files of an archive, in its own order, but what the system put there.

    Raises:
        BadFile: `damaged`, or a bomb (`too_large`).
    """
    return _in_zip(data) if data.startswith(b"PK") else _in_tar(data, name)


def _in_zip(data: bytes) -> Iterator[Inner]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        listed = [each for each in archive.infolist() if not each.is_dir()]
    except (*_BROKEN, NotImplementedError) as error:
        raise _damaged(str(error)) from error
    for info in listed:
        name = _name(info)
        if not _is_litter(name):
            yield Inner(name, partial(_unzipped, archive, info))


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    if info.flag_bits & 1:
        raise BadFile("It is locked with a password.", "Unpack the archive and add its files.", code="password")
    if info.file_size > most or info.file_size > max(LARGE, MAX_RATIO * info.compress_size):
        raise too_large()
    try:
        with archive.open(info) as stream:
            data = stream.read(most + 1)
    except (*_BROKEN, NotImplementedError) as error:
        why = f"It is damaged or packed in an unknown way ({squeeze(str(error))[:80]})."
        raise BadFile(why, "Pack the archive anew.", code="damaged") from error
    if len(data) > most:
        raise too_large()
    return data


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was written: many programs write UTF-8 and do not say so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _is_litter(name: str) -> bool:
    path = cleaned(name)
    return not path or any(is_litter(part) for part in path.split("/"))


class _Capped(io.RawIOBase):
    """A stream that ends with `_Bomb` once more was unpacked than all files inside may have."""

    def __init__(self, stream: IO[bytes], packed: int) -> None:
        self._stream = stream
        self._left = min(MAX_BYTES, max(LARGE, MAX_RATIO * packed))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        data = self._stream.read(min(self._left + 1, len(view)))
        self._left -= len(data)
        if self._left < 0:
            raise _Bomb
        view[: len(data)] = data
        return len(data)


class _Bomb(Exception):
    """More was unpacked than is read of one archive."""


def _in_tar(data: bytes, name: str) -> Iterator[Inner]:
    """A TAR archive, packed or not, or one packed file."""
    unpack = _PACKED.get(data[:2])
    opened = unpack(io.BytesIO(data)) if unpack is not None else io.BytesIO(data)
    stream = io.BufferedReader(_Capped(cast(IO[bytes], opened), len(data)), 1 << 16)
    try:
        if unpack is None or stream.peek(512)[_TAR_MARK : _TAR_MARK + 5] == b"ustar":
            yield from _members_of_tar(stream)
        else:
            yield Inner(PurePath(name).stem or "file", partial(_streamed, stream, MAX_BYTES))
    except _Bomb as bomb:
        raise BadFile("The archive unpacks to more than Inhouse reads at once.", code="too_large") from bomb
    except _BROKEN as error:
        raise _damaged(str(error)) from error


def _members_of_tar(stream: IO[bytes]) -> Iterator[Inner]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:  # folders, links and devices hold nothing
            if info.isreg() and not _is_litter(info.name):
                yield Inner(info.name, partial(_of_tar, archive, info))


def _of_tar(archive: tarfile.TarFile, info: tarfile.TarInfo, most: int) -> bytes:
    if info.size > most:
        raise too_large()
    return _streamed(archive.extractfile(info), info.size, most)


def _streamed(stream: IO[bytes] | None, size: int, most: int) -> bytes:
    """What a stream holds; it breaks off as one that is met does."""
    try:
        data = stream.read(min(size, most) + 1) if stream is not None else b""
    except _Bomb as bomb:
        raise BadFile("The archive unpacks to more than Inhouse reads at once.", code="too_large") from bomb
    except _BROKEN as error:
        raise _damaged(str(error)) from error
    if len(data) > most:
        raise too_large()
    return data


def _damaged(detail: str) -> BadFile:
    return BadFile(
        "The archive is damaged and cannot be opened.", "It may be only half copied. Add another copy.", detail
    )
