"""What every part of the core shares: the stores, the clock, and the way to tell every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.chats.store import ChatStore
from app.core.children import MakeChild, MakeRemote
from app.core.clock import Clock
from app.core.reply import Reply
from app.extraction.store import TableStore
from app.models.registry import Registry
from app.models.server_keys import ServerKeys
from app.paths import Home
from app.settings import Settings
from app.workers.message import Call, Data

Handler = Callable[[Any, Reply], object]


@dataclass(frozen=True)
class House:
    """Handed to each part when it is made. A part that needs another one is handed that too."""

    home: Home
    settings: Settings
    registry: Registry
    store: ChatStore
    tables: TableStore
    clock: Clock
    make_child: MakeChild
    make_remote: MakeRemote
    keys: ServerKeys
    tell: Callable[[Data], object]
    """Tell every door that listens."""


class Desk(Protocol):
    """A part of the core that answers the calls of its subject."""

    @property
    def is_busy(self) -> bool:
        """Whether something goes on that must not end with the door that began it."""
        ...

    def handlers(self) -> Mapping[type[Call], Handler]:
        """Which calls it answers, and how."""
        ...

    def stop(self) -> None:
        """The core ends: keep what is under way, start nothing more."""
        ...
