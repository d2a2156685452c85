"""The errors whose text a person reads as it stands: what happened, then what to do.

AppError
├── BadFile         a document or a model file that cannot be used; the rest of the batch goes on
├── Busy            another window or process holds what is needed
├── Damaged         damage in a store of ours; what can be read of it is brought into a new one
├── NewerData       a database or settings file that a newer Inhouse wrote
├── NotAllowed      the company's policy closes it; nothing was done
├── NoSpace         the disk is full or the folder is read-only
└── WorkerGone      a child process ended before it answered
"""

from __future__ import annotations


class AppError(Exception):
    """Says what happened and what to do next; `detail` sits behind *Details* and in the log."""

    def __init__(self, message: str, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadFile(AppError):
    """A file that cannot be used. `code` is stable, for the window to choose its next step by."""

    def __init__(self, message: str, hint: str = "", detail: str = "", code: str = "damaged") -> None:
        super().__init__(message, hint, detail)
        self.code = code


class Busy(AppError):
    """Another process holds the store; nothing was changed."""


class Damaged(AppError):
    """Damage in a store: its file is examined and set aside, and what can be read of it goes into a new one."""


class NewerData(AppError):
    """Written by a newer version; it is left untouched."""


class NoSpace(AppError):
    """The disk is full or the folder cannot be written; what was stored before is intact."""


class NotAllowed(AppError):
    """A company's policy closes it; nothing was done."""


class WorkerGone(AppError):
    """The child process ended; the request can be repeated after a restart."""
