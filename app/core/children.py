"""What the core needs of a child process; how one is really run is in `process.py`, and tests play them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from app.core.requests import Job
from app.core.signals import Signal
from app.errors import AppError
from app.types import InstalledModel
from app.workers.message import Call, WorkerRole

ChildState = Literal["stopped", "starting", "ready", "failed"]


class Requester(Protocol):
    """Who takes calls and answers by callbacks: a child, or the core itself for a door."""

    def request(
        self,
        call: Call,
        *,
        done: Callable[[Any], object],
        event: Callable[[Any], object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Ask. Exactly one of `done`, `failed`, `cancelled` is called at the end."""
        ...


class Child(Requester, Protocol):
    """One child process, started at its first request, or by `start`. Requests before it is ready wait for it."""

    state: ChildState
    ready: Signal[object]
    """The child's first word (Ready): what was loaded before it is gone, load it again."""
    failed: Signal[AppError]
    """It ended by itself; its requests were told. It starts again by itself, a little later each time."""
    state_changed: Signal[str]

    @property
    def busy(self) -> bool:
        """Whether any request has not ended."""
        ...

    @property
    def gone(self) -> bool:
        """Whether its process is really no more, its memory free."""
        ...

    def start(self) -> None: ...

    def stop(self) -> None:
        """End it, without a word to those who wait; for the end of the program."""
        ...

    def retire(self) -> None:
        """Let it end by itself once idle; `gone` tells when it has."""
        ...

    def restart(self) -> None:
        """End it and start it again; requests under way are dropped without a word."""
        ...

    def recent_log(self) -> str:
        """Its last lines on stderr, for *Details*."""
        ...


MakeChild = Callable[[WorkerRole], Child]
MakeRemote = Callable[[InstalledModel, str | None], Child]
"""What stands for a model on a server, with its key, or None for the one that is kept."""
