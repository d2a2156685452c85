"""Which rows and columns of the binary workbooks are hidden, from their own records ([MS-XLS], [MS-XLSB])."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

import olefile

_BOF, _EOF, _BOUNDSHEET, _ROW, _COLINFO = 0x0809, 0x000A, 0x0085, 0x0208, 0x007D
_HEAD = struct.Struct("<HH")
_STREAMS = ("Workbook", "Book")
_B_ROW, _B_COLUMNS, _B_SHEET = 0, 60, 156
_MAX_COLUMNS = 1 << 14
_BROKEN = (
    *(OSError, ValueError, LookupError, TypeError, RuntimeError, struct.error),
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ElementTree.ParseError),
)

Lines = tuple[frozenset[int], frozenset[int]]
"""Hidden rows and columns of a sheet, from 1."""


def hidden_in_xls(data: bytes) -> dict[int, Lines]:
    """Place of a sheet among the others → what is hidden there; nothing where the records cannot be followed: calamine
    says what is damaged."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            name = next((each for each in _STREAMS if file.exists(each)), "")
            stream = file.openstream(name).read() if name else b""
    except _BROKEN:
        return {}
    begins = [
        struct.unpack_from("<I", body)[0] for kind, body in _records(stream, 0) if kind == _BOUNDSHEET and len(body) > 4
    ]
    return {at: _on_sheet(stream, begin) for at, begin in enumerate(begins)}


def hidden_in_xlsb(data: bytes) -> dict[int, Lines]:
    """The same of a binary workbook of today's Excel."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            links = ElementTree.fromstring(package.read("xl/_rels/workbook.bin.rels"))
            parts = {each.get("Id", ""): each.get("Target", "") for each in links}
            sheets = [_linked(body) for kind, body in _binary(package.read("xl/workbook.bin")) if kind == _B_SHEET]
            held = set(package.namelist())
            paths = [_path(parts.get(link, "")) for link in sheets]
            return {at: _on_binary(package.read(path)) for at, path in enumerate(paths) if path in held}
    except _BROKEN:
        return {}


def _on_sheet(stream: bytes, begin: int) -> Lines:
    rows, columns = set[int](), set[int]()
    for kind, body in _records(stream, begin):
        if kind == _ROW and len(body) >= 16 and body[12] & 0x20:  # fDyZero
            rows.add(int.from_bytes(body[:2], "little") + 1)
        elif kind == _COLINFO and len(body) >= 10 and (body[8] & 1 or body[4:6] == b"\0\0"):  # fHidden, or no width
            first, last = struct.unpack_from("<HH", body)
            columns.update(range(first + 1, min(last, 255) + 2))
    return frozenset(rows), frozenset(columns)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of a substream: kind and body, until its end; charts inside of it are stepped over as they are."""
    depth = 0
    while at + _HEAD.size <= len(stream):
        kind, size = _HEAD.unpack_from(stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0 and kind == _EOF:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += _HEAD.size + size


def _on_binary(sheet: bytes) -> Lines:
    rows, columns = set[int](), set[int]()
    for kind, body in _binary(sheet):
        if kind == _B_ROW and len(body) >= 12 and body[11] & 0x10:  # fDyZero (2.4.743)
            rows.add(int.from_bytes(body[:4], "little") + 1)
        elif kind == _B_COLUMNS and len(body) >= 18 and (body[16] & 1 or body[8:12] == bytes(4)):  # fHidden (2.4.324)
            first, last = struct.unpack_from("<II", body)
            columns.update(range(first + 1, min(last, _MAX_COLUMNS) + 2))
    return frozenset(rows), frozenset(columns)


def _binary(part: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part (2.1.4): a kind of one or two bytes, a size of up to four, a body."""
    at = 0
    while at < len(part):
        kind, at = part[at], at + 1
        if kind & 0x80 and at < len(part):
            kind, at = kind & 0x7F | (part[at] & 0x7F) << 7, at + 1
        size = shift = 0
        while at < len(part):
            byte, at = part[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        if kind in (_B_ROW, _B_COLUMNS, _B_SHEET):  # a copy of each cell would take the longest
            yield kind, part[at : at + size]
        at += size


def _linked(bundle: bytes) -> str:
    """Which link of the workbook leads to a sheet (2.4.304: state, number, link, name)."""
    (length,) = struct.unpack_from("<I", bundle, 8)
    return bundle[12 : 12 + 2 * min(length, 255)].decode("utf-16-le")


def _path(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
