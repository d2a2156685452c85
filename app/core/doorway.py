"""What the core and a door inside its own process know of each other: the seam between `app.core` and `app.api`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.core.reply import Door
from app.core.requests import ControlWord
from app.errors import AppError
from app.settings import API_REQUESTS_A_MINUTE, Settings
from app.workers.message import Call

LOOPBACK = "127.0.0.1"


class Doorway(Protocol):
    """What a door inside this process needs of the core."""

    def call(self, door: Door, key: int, call: Call) -> None: ...

    def control(self, door: Door, key: int, word: ControlWord) -> None: ...

    def leave(self, door: Door) -> None: ...


@dataclass(frozen=True)
class ApiOptions:
    """Where the server listens, and whom it answers."""

    port: int
    host: str = LOOPBACK
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    requests_a_minute: int = API_REQUESTS_A_MINUTE.default


class ApiServer(Protocol):
    """The server itself, which is in `app.api`: the core is started without it, and light."""

    def start(self) -> str:
        """Listen from now on; → the address.

        Raises:
            AppError: the port is taken, in words to show.
        """
        ...

    def stop(self, stopped: Callable[[], object]) -> None:
        """Take no more requests, end those under way, then say so."""
        ...


MakeServer = Callable[[Doorway, Settings, Callable[[], str], ApiOptions], ApiServer]
"""Doorway, settings, the key at the moment of asking, options → a server."""


def no_server() -> MakeServer:
    """In place of the real one, where there is none."""
    raise AppError("This Inhouse cannot answer programs.", "Start it as “inhouse”.")
