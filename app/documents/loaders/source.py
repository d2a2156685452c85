"""Gets a file's bytes, once, or says in plain words why they cannot be had. Only regular files are opened."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

from app.errors import BadFile

MAX_FILE = 512 * 1024 * 1024
"""Bytes. A larger document is an archive or a recording; reading it would take the memory that the model needs."""


def read_source(path: str) -> bytes:
    """The whole content of a regular file.

    Raises:
        BadFile: `missing`, `permission`, `not_a_file`, `empty`, `too_large`, `changed` or `damaged`.
    """
    try:
        _require_file(Path(path).stat().st_mode)
        # Between the check and the opening the file may become a pipe: not blocking keeps that harmless.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            return _read(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _reason(error) from error
    except ValueError as error:  # a NUL in the name
        raise _missing(str(error)) from error


def _read(descriptor: int) -> bytes:
    before = os.fstat(descriptor)
    _require_file(before.st_mode)
    if before.st_size == 0:
        raise BadFile("The file is empty.", "Check whether it was saved completely.", code="empty")
    if before.st_size > MAX_FILE:
        raise BadFile(
            f"The file is larger than {MAX_FILE // 2**20} MB.",
            "Split it into smaller files and add those.",
            f"{before.st_size:,} bytes",
            "too_large",
        )
    with io.FileIO(descriptor, closefd=False) as raw:
        data = io.BufferedReader(raw).read(before.st_size + 1)
    after = os.fstat(descriptor)
    if len(data) != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise BadFile(
            "The file changed while it was read.",
            "Wait until it is saved completely, then add it again.",
            code="changed",
        )
    return data


def _require_file(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise BadFile("This is a folder, not a file.", "Add the folder itself to add what is in it.", code="not_a_file")
    raise BadFile(
        "This is a device or a connection to a program, not a document.",
        "Save its content as a file and add that.",
        code="not_a_file",
    )


def _missing(detail: str) -> BadFile:
    return BadFile(
        "The file is no longer there.",
        "It was moved, renamed or deleted. Add it from where it is now.",
        detail,
        "missing",
    )


def _reason(error: OSError) -> BadFile:
    detail = str(error)
    if isinstance(error, PermissionError):
        return BadFile(
            "You have no permission to read this file.",
            "Ask its owner for access, or close the program that has it open, then add it again.",
            detail,
            "permission",
        )
    if error.errno == errno.ELOOP:
        return BadFile("The link leads back to itself.", "Add the file that it was meant for.", detail, "not_a_file")
    if isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
        return _missing(detail)
    if isinstance(error, IsADirectoryError):
        return BadFile("This is a folder, not a file.", "Add what is in it.", detail, "not_a_file")
    return BadFile(
        "The disk or the network could not deliver the file.",
        "Check the drive and add the file again.",
        detail,
        "damaged",
    )
