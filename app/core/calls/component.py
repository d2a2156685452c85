"""What a door says about the training component: whether it is there, what it costs, and that it come or go."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.finetune.component import Source
from app.finetune.component_lock import Backend
from app.workers.message import Call, Data

ComponentState = Literal["built-in", "absent", "none", "unfinished", "outdated", "installed"]
"""Part of this installation, as from source; not part, and it cannot fetch it; not fetched yet; begun; that of another
version; whole."""
Doing = Literal["", "fetching", "placing", "repairing", "removing", "stopping"]


class ShowComponent(Call, frozen=True):
    """→ ComponentShown."""


class InstallComponent(Call, frozen=True):
    """Fetch what is missing and put it into place, also where it was begun or is another version's;
    → ComponentMoved…, then ComponentShown when it has ended. It goes on without its door.

    Without a source it is the one of before, or the package index; without a backend the one that suits this computer.
    """

    source: Source | None = None
    backend: Backend | None = None


class RepairComponent(Call, frozen=True):
    """Compare each file with its hash and fetch again what is not whole; → as InstallComponent."""

    source: Source | None = None


class CancelComponent(Call, frozen=True):
    """Stop what is being done; what was fetched stays; → ComponentShown."""


class RemoveComponent(Call, frozen=True):
    """Delete it, and what was fetched for it; → ComponentShown."""


class ComponentSize(Struct, frozen=True, kw_only=True):
    """What a backend costs, in bytes."""

    backend: Backend
    fetched: int
    on_disk: int
    packages: int


class ComponentShown(Data, frozen=True):
    """`offered`: what suits this computer first. `problem` and `advice`: why the last attempt ended, with `details`."""

    state: ComponentState
    offered: tuple[ComponentSize, ...] = ()
    backend: Backend | None = None  # of what is there
    missing: tuple[str, ...] = ()  # libraries, where it is "absent"
    source: str = ""  # where it comes, or came, from: "the package index"
    doing: Doing = ""
    done: int = 0  # bytes, about, of `total`
    total: int = 0
    seconds_left: float | None = None
    blocked: str = ""  # why nothing may be fetched; a folder may still be used
    problem: str = ""
    advice: str = ""
    details: str = ""
    said: str = ""  # what the last one came to


class ComponentMoved(Data, frozen=True):
    """Told to every door: it is another one, or more of it has come."""

    shown: ComponentShown


Calls = ShowComponent | InstallComponent | RepairComponent | CancelComponent | RemoveComponent
Answers = ComponentShown
Events = ComponentMoved
