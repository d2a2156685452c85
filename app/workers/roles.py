"""What a child process can be. A role's module is imported only in its own child, so the window stays light."""

from __future__ import annotations

import importlib
from collections.abc import Generator, Iterator
from typing import Protocol, cast, runtime_checkable

from app.paths import Home
from app.workers.protocol import AnyCall, AnyData, WorkerRole

Steps = Generator[AnyData | None, None, AnyData]
"""A request under way: each `next()` is one token, batch or piece, what it yields is progress (None: nothing to say, it
is the others' turn), what it returns is the result. `close()` cancels it, so clean up in `finally`. It raises AppError
for what the user should read."""


class RoleHandler(Protocol):
    """The child's side of a role."""

    concurrent: bool
    """Whether requests take turns, step by step, or wait for the one before."""

    def handle(self, call: AnyCall) -> Steps:
        """Start a request. Nothing runs before the first `next()`."""
        ...

    def background(self) -> Iterator[None]:
        """Work for idle moments (warming up, healing a cache), stepped while no request is live.

        It is begun at the start and again after requests have ended, so it must be cheap when nothing is to do.
        """
        ...

    def close(self) -> None:
        """The child is about to exit."""
        ...


@runtime_checkable
class Interruptible(Protocol):
    """A role whose step can be ended before its time."""

    def interrupt(self) -> None:
        """Called from another thread: end the step under way soon, and each one to come until `resume`."""
        ...

    def resume(self) -> None:
        """What interrupted is being looked at."""
        ...


FACTORIES: dict[WorkerRole, str] = {
    "engine": "app.engine.worker:EngineRole",
    "documents": "app.documents.worker:DocumentsRole",
    "models": "app.models.worker:ModelsRole",
}
"""role → "module:class"; the class takes a Home."""

CHILDREN: dict[str, str] = {
    "parse": "app.documents.parse_process:child_main",
    "template": "app.llama.template_child:main",
}
"""Disposable child of a worker → "module:function"; the function serves stdin and stdout and returns the status."""


def make_role(role: WorkerRole, home: Home) -> RoleHandler:
    """Import the role's module and build its handler."""
    module, _, name = FACTORIES[role].partition(":")
    return cast(RoleHandler, getattr(importlib.import_module(module), name)(home))
