"""ZIP and TAR archives: every file in them by its own loader, in memory; nothing is ever unpacked to the disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, cast

from app.documents.files import is_litter
from app.documents.loaders.builder import Builder
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.inside import MAX_BYTES, Inside, Members, member
from app.errors import BadFile
from app.text.parsed import Parsed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

MAX_NAME = 200
MAX_RATIO, LARGE = 200, 32 * 1024 * 1024
"""A file that unpacks to more bytes than `LARGE` and to so many times what it takes in the archive is a bomb."""
_DRIVE = re.compile(r"^[A-Za-z]:")
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
_TOO_LARGE = "It unpacks to more than Inhouse reads at once."
_TAR_MARK = 257  # where "ustar" stands


def load_archive(data: bytes, name: str, inside: Inside) -> Parsed:
    """Read every file of an archive.

    Raises:
        BadFile: `damaged`, or nothing in it can be read (`empty`; the reasons are in its message).
    """
    builder = Builder()
    members = Members(builder, inside)
    if data.startswith(b"PK"):
        _read_zip(data, members, inside)
    else:
        _read_tar(data, name, members, inside)
    if not members.read:
        raise BadFile(f"Nothing in the archive can be read. {members.note()}".strip(), code="empty")
    builder.title = PurePath(name).stem
    return builder.build("zip", note=members.note())


def _read_zip(data: bytes, members: Members, inside: Inside) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        listed = [each for each in archive.infolist() if not each.is_dir()]
    except (*_BROKEN, NotImplementedError) as error:
        raise _damaged(str(error)) from error
    for at, info in enumerate(listed):
        name = _cleaned(_name(info))
        if _is_litter(name):
            continue
        if why := inside.spent():
            members.stop(why, len(listed) - at)
            return
        _add(_unzipped(archive, info, inside), name, members) if not info.flag_bits & 1 else members.unread(
            name, "It is locked with a password."
        )


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, inside: Inside) -> bytes | str:
    """A file of the archive, or why it cannot be had."""
    most = inside.most()
    if info.file_size > most or info.file_size > max(LARGE, MAX_RATIO * info.compress_size):
        return _TOO_LARGE
    try:
        with archive.open(info) as stream:
            data = stream.read(most + 1)
    except (*_BROKEN, NotImplementedError) as error:
        return f"It is damaged or packed in an unknown way ({squeeze(str(error))[:80]})."
    inside.take(len(data))
    return data if len(data) <= most else _TOO_LARGE


def _add(data: bytes | str, name: str, members: Members) -> None:
    if isinstance(data, str):
        members.unread(name, data)
    elif data:
        members.add(data, name, partial(member, name), 1)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was written: many programs write UTF-8 and do not say so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _cleaned(path: str) -> str:
    """A path that leads nowhere but into the archive."""
    parts = _DRIVE.sub("", squeeze(path.replace("\\", "/"))).split("/")
    name = "/".join(part.strip() for part in parts if part.strip() not in ("", ".", ".."))
    return name if len(name) <= MAX_NAME else "…" + name[-MAX_NAME:]


def _is_litter(name: str) -> bool:
    return not name or any(is_litter(part) for part in name.split("/"))


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


def _read_tar(data: bytes, name: str, members: Members, inside: Inside) -> None:
    """A TAR archive, packed or not, or one packed file."""
    unpack = _PACKED.get(data[:2])
    opened = unpack(io.BytesIO(data)) if unpack is not None else io.BytesIO(data)
    stream = io.BufferedReader(_Capped(cast(IO[bytes], opened), len(data)), 1 << 16)
    try:
        if unpack is None or stream.peek(512)[_TAR_MARK : _TAR_MARK + 5] == b"ustar":
            _members_of_tar(stream, members, inside)
        else:
            whole = stream.read(inside.most() + 1)
            large = len(whole) > inside.most()
            inside.take(len(whole))
            _add(_TOO_LARGE if large else whole, PurePath(name).stem or "file", members)
    except _Bomb:
        members.stop("The archive unpacks to more than Inhouse reads at once.", 0)
    except _BROKEN as error:
        if not members.read:
            raise _damaged(str(error)) from error
        members.unread("the archive", "It is damaged; what follows in it was left out.")


def _members_of_tar(stream: IO[bytes], members: Members, inside: Inside) -> None:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:
            name = _cleaned(info.name)
            if not info.isreg() or _is_litter(name):
                continue  # folders, links and devices hold nothing
            if why := inside.spent():
                members.stop(why, 0)
            if members.stopped:
                return
            most = inside.most()
            file = archive.extractfile(info) if info.size <= most else None
            content = file.read(most + 1) if file is not None else b""
            inside.take(len(content))
            _add(content if file is not None else _TOO_LARGE, name, members)


def _damaged(detail: str) -> BadFile:
    return BadFile(
        "The archive is damaged and cannot be opened.", "It may be only half copied. Add another copy.", detail
    )
