"""What a door says about newer versions: whether there is one, that it be taken, and that another one comes next."""

from __future__ import annotations

from typing import Literal

from app.release_feed import Release
from app.workers.message import Call, Data

Doing = Literal["", "looking", "fetching", "unpacking", "stopping"]


class ShowUpdate(Call, frozen=True):
    """→ UpdateShown, as it is known: nobody is asked."""


class LookForUpdate(Call, frozen=True):
    """Ask the place that updates come from, now; → UpdateShown."""


class TakeUpdate(Call, frozen=True):
    """Put a newer version beside the one in use: from a file, or without `path` what was offered when somebody last
    looked; → UpdateMoved…, UpdateShown. It goes on without its door, and counts from the next start on."""

    path: str = ""


class CancelUpdate(Call, frozen=True):
    """Stop what is being done; what was fetched stays; → UpdateShown."""


class MakeWay(Call, frozen=True):
    """The core ends once it has answered, also where it would stay: another version is about to use this data folder;
    → Done. What is under way is kept as at any end."""


class UpdateShown(Data, frozen=True):
    """`offered`: newer than the version in use, and than the one that counts next. `cannot` and `who`: why nothing can
    be taken here, and who does it instead. `problem`, `advice` and `details`: why the last attempt ended."""

    version: str
    cannot: str = ""
    who: str = ""
    source: str = ""  # as a person reads it; "" where none is set
    blocked: str = ""  # why the source may not be asked now
    offered: Release | None = None
    following: str = ""  # the version that counts from the next start on, where it is another one
    before: str = ""  # the version that one can go back to
    looked: float = 0.0  # seconds since 1970; 0: never
    unreachable: str = ""  # why the last look gave nothing
    doing: Doing = ""
    done: int = 0  # bytes of `total`
    total: int = 0
    checked: bool = True  # False: the file that was taken came without a hash to compare with
    problem: str = ""
    advice: str = ""
    details: str = ""


class UpdateMoved(Data, frozen=True):
    """Told to every door: it stands differently, or more has come."""

    shown: UpdateShown


Calls = ShowUpdate | LookForUpdate | TakeUpdate | CancelUpdate | MakeWay
Answers = UpdateShown
Events = UpdateMoved
