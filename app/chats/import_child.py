"""The disposable process that reads files of chats from strangers: a path in, chats out, one a line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from app.chats.foreign.reading import Read, ReadChat, Skipped, read_chats
from app.errors import AppError
from app.workers.failures import failure_of
from app.workers.message import Failure
from app.workers.offline import forbid_network

MEMORY = 4 * 1024**3
"""Bytes of address space."""
CPU_S = 600


FULL = 3
"""The exit status where the disk has no room for what was read."""


class _Full(Exception):
    """No room."""


class Refused(Struct, frozen=True, tag=True):
    """The file as a whole cannot be read."""

    failure: Failure


class Whole(Struct, frozen=True, tag=True):
    """The last line: everything was said."""


Line = ReadChat | Skipped | Refused | Whole
lines = msgspec.json.Decoder(Line)
_encoder = msgspec.json.Encoder()


def main() -> int:
    """Until the file is through."""
    forbid_network()
    path = Path(sys.stdin.buffer.read().decode())
    _confine()
    try:
        _write(read_chats(path), sys.stdout.buffer)
    except _Full:
        return FULL
    return 0


def _write(chats: Iterator[Read], out: BinaryIO) -> None:
    """Raises _Full where there is no room for what was read; what cannot be read `chats` says itself."""
    last: Line = Whole()
    try:
        for read in chats:
            _put(out, read)
    except AppError as error:
        last = Refused(failure_of(error))
    _put(out, last)
    try:
        out.flush()
    except OSError as error:
        raise _Full from error


def _put(out: BinaryIO, line: Read | Line) -> None:
    try:
        out.write(_line(line))
    except OSError as error:
        raise _Full from error


def _line(line: Read | Line) -> bytes:
    return _encoder.encode(line) + b"\n"


def _confine() -> None:
    """Memory and time are bounded; Windows leaves that to the parent."""
    if sys.platform != "win32":
        import resource

        limits = [(resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_CORE, 0)]
        if sys.platform == "linux":
            limits.append((resource.RLIMIT_AS, MEMORY))
        for limit, most in limits:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(limit, (most, most))
