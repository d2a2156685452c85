"""Names what comes with Inhouse, or one of those beside it, for the commands that choose a reader or an embedder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from app.errors import AppError

OWN = "own"
"""What is typed for the one that comes along."""


class Named(Protocol):
    """What can be chosen."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


def chosen(name: str, kind: str, own: T, others: Sequence[T]) -> T:
    """The one of this id or name, whatever its case; `kind` calls it in the error: "reader".

    Raises:
        AppError: none or several are called so.
    """
    if name.casefold() == OWN:
        return own
    found = [each for each in others if name.casefold() in (each.id.casefold(), each.name.casefold())]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"“{each.name}” ({each.id})" for each in others)
    what = f"Several {kind}s are called “{name}”." if found else f"There is no {kind} “{name}”."
    raise AppError(what, f"There are: “{OWN}”{', ' + known if known else ''}.")
