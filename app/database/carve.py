"""Reads the rows of a database that SQLite itself refuses: page by page, each for itself, whatever was lost around it.

SQLite finds a row from the header down, so that one overwritten page costs a table or the whole file. The rows lie in
the leaves, and a leaf can be read without what points to it. What a database of ours has deleted is not found again:
`secure_delete` overwrites it. The format: https://sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

Value = None | int | float | str | bytes
Row = tuple[int, tuple[Value, ...]]
"""A row's id and the values of its columns; the column that is the id itself is None."""

MAGIC = b"SQLite format 3\0"
USUAL_PAGE = 4096
"""SQLite's default, for a file whose header is gone."""
MOST_COLUMNS = 100
_LEAF = 0x0D
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Serial type → bytes."""


class _Unreadable(Exception):
    """This cell or page is no sound one."""


def rows(path: Path) -> Iterator[Row]:
    """Every row of every table that still can be read, in the order of the pages; of tables with an id of their own.

    Its write-ahead log is read too, as far as it was committed. Raises OSError.
    """
    with path.open("rb") as file:
        pages = _Pages(file, _read_log(path))
        for number in range(1, pages.count + 1):
            page = pages.read(number)
            for at in _cells(page, 100 if number == 1 else 0):
                try:
                    yield _row(pages, page, at)
                except (_Unreadable, IndexError, struct.error, UnicodeDecodeError):
                    continue


class _Pages:
    """The pages of a file, each as its write-ahead log has left it."""

    def __init__(self, file: BinaryIO, log: bytes) -> None:
        self._file = file
        header = file.read(100).ljust(100, b"\0")
        self.size = _page_size(header)
        self.usable = self.size - (header[20] if header[:16] == MAGIC else 0)
        self._newer = _committed(log, self.size)
        self.count = max([-(-file.seek(0, os.SEEK_END) // self.size), *self._newer])

    def read(self, number: int) -> bytes:
        """A page, counted from 1; shorter where the file ends before it."""
        if number in self._newer:
            return self._newer[number]
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size)


def _page_size(header: bytes) -> int:
    size = int.from_bytes(header[16:18], "big") if header[:16] == MAGIC else USUAL_PAGE
    size = 65536 if size == 1 else size
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else USUAL_PAGE


def _read_log(path: Path) -> bytes:
    log = path.with_name(path.name + "-wal")
    return log.read_bytes() if log.exists() else b""


def _committed(data: bytes, size: int) -> dict[int, bytes]:
    """The newest committed content of each page in a write-ahead log."""
    if len(data) < 32 or data[:4] not in (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"):
        return {}
    order = ">" if data[3] & 1 else "<"
    sums = _checksum(data[:24], (0, 0), order)
    found: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    for start in range(32, len(data) - size - 23, size + 24):
        head, page = data[start : start + 24], data[start + 24 : start + 24 + size]
        number, committed = struct.unpack(">II", head[:8])
        sums = _checksum(page, _checksum(head[:8], sums, order), order)
        if head[8:16] != data[16:24] or struct.unpack(">II", head[16:24]) != sums:
            break
        pending[number] = page
        if committed:
            found.update(pending)
            pending.clear()
    return found


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for a, b in zip(words[::2], words[1::2], strict=True):
        first = (first + a + second) & 0xFFFFFFFF
        second = (second + b + first) & 0xFFFFFFFF
    return first, second


def _cells(page: bytes, head: int) -> list[int]:
    """Where the cells of a table's leaf begin; none on any other page."""
    if len(page) < 512 or page[head] != _LEAF:
        return []
    count = int.from_bytes(page[head + 3 : head + 5], "big")
    if head + 8 + 2 * count > len(page):
        return []
    return list(struct.unpack_from(f">{count}H", page, head + 8))


def _row(pages: _Pages, page: bytes, at: int) -> Row:
    length, at = _varint(page, at)
    rowid, at = _varint(page, at)
    return rowid, _values(_payload(pages, page, at, length))


def _payload(pages: _Pages, page: bytes, at: int, length: int) -> bytes:
    """A record with what lies on overflow pages."""
    usable = pages.usable
    if not 0 < length <= pages.count * pages.size:
        raise _Unreadable
    local = length
    if length > usable - 35:
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= usable - 35 else least
    if at + local > len(page):
        raise _Unreadable
    parts = [page[at : at + local]]
    left = length - local
    following = int.from_bytes(page[at + local : at + local + 4], "big") if left else 0
    while left:
        over = pages.read(following) if 0 < following <= pages.count else b""
        if len(over) != pages.size:
            raise _Unreadable
        parts.append(over[4 : 4 + min(left, usable - 4)])
        left -= len(parts[-1])
        following = int.from_bytes(over[:4], "big")
    return b"".join(parts)


def _values(record: bytes) -> tuple[Value, ...]:
    end, at = _varint(record, 0)
    if not 0 < end <= len(record):
        raise _Unreadable
    kinds = []
    while at < end:
        kind, at = _varint(record, at)
        kinds.append(kind)
    if at != end or len(kinds) > MOST_COLUMNS:
        raise _Unreadable
    values = []
    for kind in kinds:
        value, at = _value(record, at, kind)
        values.append(value)
    if at != len(record):
        raise _Unreadable
    return tuple(values)


def _value(record: bytes, at: int, kind: int) -> tuple[Value, int]:
    """A value and where it ends."""
    if kind in (0, 8, 9):
        return (None if kind == 0 else kind - 8), at
    size = _INTEGERS.get(kind, 8) if kind <= 7 else (kind - 12) // 2
    data = record[at : at + size]
    if len(data) != size or kind in (10, 11):
        raise _Unreadable
    if kind in _INTEGERS:
        return int.from_bytes(data, "big", signed=True), at + size
    if kind == 7:
        return float(struct.unpack(">d", data)[0]), at + size
    return (data if kind % 2 == 0 else data.decode("utf-8")), at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, signed, and where it ends."""
    value = 0
    for n in range(8):
        byte = data[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    value = value << 8 | data[at + 8]
    return (value - (1 << 64) if value >= 1 << 63 else value), at + 9
