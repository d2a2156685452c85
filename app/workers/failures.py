"""Errors on their way between processes: the kinds that the other side needs to tell apart survive the journey."""

from __future__ import annotations

from app.errors import AppError, BadFile, Busy, Damaged, NewerData, NoSpace, NotAllowed, WorkerGone
from app.workers.message import Failure

_KINDS: dict[str, type[AppError]] = {
    "busy": Busy,
    "damaged store": Damaged,
    "newer": NewerData,
    "not allowed": NotAllowed,
    "no space": NoSpace,
    "gone": WorkerGone,
}
"""The code that stands for a kind; any other code is a BadFile's own."""
_CODES = {kind: code for code, kind in _KINDS.items()}


def failure_of(error: AppError) -> Failure:
    """An AppError as it travels."""
    code = error.code if isinstance(error, BadFile) else _CODES.get(type(error), "")
    return Failure(error.message, error.hint, error.detail, code)


def error_of(failure: Failure) -> AppError:
    """The error that was raised on the other side."""
    kind = _KINDS.get(failure.code)
    if kind is not None:
        return kind(failure.message, failure.hint, failure.detail)
    if failure.code:
        return BadFile(failure.message, failure.hint, failure.detail, failure.code)
    return AppError(failure.message, failure.hint, failure.detail)
