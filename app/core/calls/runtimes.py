"""What a door says about builds of llama.cpp: what there is, what runs on which, and whether it works."""

from __future__ import annotations

from app.release_feed import RuntimeBuild
from app.runtimes import Card, Chosen, Device, Runtime, RuntimeRole
from app.workers.message import Call, Data


class ShowRuntimes(Call, frozen=True):
    """→ RuntimesShown. With `look` the one that chats run on is loaded in a process of its own, to see its devices."""

    look: bool = False


class ChooseRuntime(Call, frozen=True):
    """Run on it from now on, "built-in" for the one that comes along, once it has written a token; → RuntimesShown.

    Where it cannot the old one stays.
    """

    role: RuntimeRole
    id: str


class RemoveRuntime(Call, frozen=True):
    """Delete one that nothing runs on; → RuntimesShown."""

    id: str


class FetchOfferedRuntime(Call, frozen=True):
    """Fetch a build that the place of the updates offers, by its file's name, try it and keep it; → FetchProgress…,
    CopyProgress…, RuntimeAdded. What has come of one that is broken off stays."""

    file: str


class TestRuntime(Call, frozen=True):
    """Load it in a process of its own and let it write one token; "" is the one that chats run on; → RuntimeTried."""

    id: str = ""


class RuntimesShown(Data, frozen=True):
    """`devices`, `backends` and `version` are of the one that chats run on, empty until somebody has looked."""

    runtimes: tuple[Runtime, ...]
    chosen: dict[RuntimeRole, Chosen]
    cards: tuple[Card, ...]
    devices: tuple[Device, ...] = ()
    backends: tuple[str, ...] = ()
    version: str = ""
    why: str = ""  # what is used, and why not more
    offered: tuple[RuntimeBuild, ...] = ()  # for this system, when the place of the updates was last looked at
    problems: tuple[str, ...] = ()  # what does not run on what was chosen for it, and why


class RuntimesChanged(Data, frozen=True):
    """Told to every door: there are others, or something runs on another one."""

    shown: RuntimesShown


Calls = ShowRuntimes | ChooseRuntime | RemoveRuntime | FetchOfferedRuntime | TestRuntime
Answers = RuntimesShown
Events = RuntimesChanged
