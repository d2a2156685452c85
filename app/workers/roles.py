"""What each role of a child process must be able to do."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Protocol, runtime_checkable

from app.workers.protocol import AnyCall, AnyData

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
