"""Puts a finished file where the user wants it, whole or not at all, without characters that no format may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from app.company import check_exports
from app.errors import AppError, NoSpace
from app.files import write_atomic

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold: a document or a spreadsheet with it would not open."""


def clean(text: str) -> str:
    """The text without control characters."""
    return _FORBIDDEN.sub("\ufffd", text)


def check_format(path: Path, formats: Iterable[str]) -> str:
    """The file's ending in lower case.

    Raises:
        AppError: it is none of `formats`.
    """
    suffix = path.suffix.lower()
    known = list(formats)
    if suffix not in known:
        names = f"{', '.join(known[:-1])} or {known[-1]}" if len(known) > 1 else known[0]
        raise AppError(
            f"Inhouse does not write files called “{path.name}” here.", f"Choose a name that ends in {names}."
        )
    return suffix


def save(path: Path, data: bytes) -> None:
    """Write the file; what stood there before is whole until then.

    Raises:
        NotAllowed: the company's policy closes exports.
        AppError: another program keeps it open, or the folder may not be written.
        NoSpace: the disk is full.
    """
    check_exports()
    if path.is_dir():
        raise AppError(f"“{path.name}” is a folder.", "Choose a name for the file.")
    try:
        write_atomic(path, data)
    except NoSpace as error:
        if isinstance(error.__cause__, PermissionError):
            raise AppError(
                f"“{path.name}” could not be written.",
                "It may be open in another program: close it there. Or choose a folder that you may write to.",
                error.detail,
            ) from error
        raise
