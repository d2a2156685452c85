"""The trainer's own error: a sentence a person can act on. It mirrors the app's, which is never imported here."""

from __future__ import annotations

import errno


class TrainerError(Exception):
    """Says what happened and what to do next; `detail` sits behind *Details* and in the log."""

    def __init__(self, message: str, hint: str = "", detail: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


def from_os_error(error: OSError) -> TrainerError:
    """Turn what the operating system said into words; a full disk and a missing file have their own."""
    where = str(error.filename or "")
    if error.errno in _FULL:
        return TrainerError(
            "The disk is full.",
            "Free some space and start the run again; it continues where it was.",
            str(error),
            "disk-full",
        )
    if isinstance(error, FileNotFoundError):
        return TrainerError(f"“{where}” is missing.", "Put it back, or take it out of this run.", str(error), "missing")
    if isinstance(error, PermissionError):
        return TrainerError(f"“{where}” cannot be opened.", "Check who may read and write it.", str(error), "denied")
    return TrainerError("A file could not be read or written.", "Start the run again.", str(error), "files")
