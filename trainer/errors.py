"""The trainer's own error, which also names its kind, and what others raise turned into it."""

from __future__ import annotations

import errno

from app.errors import AppError, NoSpace


class TrainerError(AppError):
    """A sentence that a person can act on. `code` names the kind, for programs: "missing", "disk-full", "labels", …"""

    def __init__(self, message: str, hint: str = "", detail: str = "", code: str = "") -> None:
        super().__init__(message, hint, detail)
        self.code = code


_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_GO_ON = "Free some space and start the run again; it continues where it was."


def from_os_error(error: OSError) -> TrainerError:
    """What the operating system said, in words; a full disk and a missing file have their own."""
    where = str(error.filename or "")
    if error.errno in _FULL:
        return TrainerError("The disk is full.", _GO_ON, str(error), "disk-full")
    if isinstance(error, FileNotFoundError):
        return TrainerError(f"“{where}” is missing.", "Put it back, or take it out of this run.", str(error), "missing")
    if isinstance(error, PermissionError):
        return TrainerError(f"“{where}” cannot be opened.", "Check who may read and write it.", str(error), "denied")
    return TrainerError("A file could not be read or written.", "Start the run again.", str(error), "files")


def out_of_space(error: BaseException) -> TrainerError | None:
    """What a library says in its own kind of error where the disk is full (safetensors), in words; None for another."""
    said = str(error)
    full = any(f"os error {number}" in said for number in _FULL)
    return TrainerError("The disk is full.", _GO_ON, said, "disk-full") if full else None


def out_of_memory(error: BaseException) -> TrainerError | None:
    """What torch or Python says where memory ran out, in words; None for another error. Torch is not imported here."""
    said = str(error)
    if type(error).__name__ == "OutOfMemoryError" or "CUDA out of memory" in said:
        hint = (
            "Close what else uses the card and start the run again: it goes on where it was. If that does not help, "
            "choose a smaller model."
        )
        return TrainerError("The graphics card ran out of memory.", hint, said, "memory")
    if isinstance(error, MemoryError) or "DefaultCPUAllocator: can't allocate memory" in said:
        hint = "Close other programs and start the run again: it goes on where it was. Or choose a smaller model."
        return TrainerError("There is too little memory.", hint, said, "memory")
    return None


def as_trainer_error(error: AppError | OSError) -> TrainerError:
    """Any error that has words, with a code where the kind is known."""
    if isinstance(error, TrainerError):
        return error
    if isinstance(error, OSError):
        return from_os_error(error)
    if isinstance(error, NoSpace):
        refused = error.__cause__
        if isinstance(refused, OSError):
            return from_os_error(refused)
        return TrainerError(error.message, _GO_ON, error.detail, "disk-full")
    return TrainerError(error.message, error.hint, error.detail, getattr(error, "code", ""))
