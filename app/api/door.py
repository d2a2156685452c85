"""A door of the core for one HTTP request: what the request asks for ends when the request does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any

from app.core.doorway import Doorway
from app.core.protocol import DoorFrame, DoorKind
from app.errors import AppError
from app.workers.failures import error_of
from app.workers.message import Call, Data, Done

UNREAD_FRAMES = 4096
"""What the core may say before the client has taken any of it. Whoever reads that slowly is let go."""


Said = tuple[int, Data, bool]
"""Which of several calls (from 0), what the core says to it, and whether that is its last word."""
QUIET: Said = (-1, Done(), False)
"""Nothing was said for a while; it goes on."""


class SlowReader(AppError):
    """The client does not take what it asked for; the generation was stopped."""

    def __init__(self) -> None:
        super().__init__("The answer was not read fast enough and was stopped.", "Read the stream as it comes.")


class ApiDoor:
    """Lives in the core's own process, so frames are handed over and not written. Use it as a context manager."""

    kind: DoorKind = "api"
    hears = False

    def __init__(self, core: Doorway) -> None:
        self._core = core
        self._ids = 0
        self._frames: asyncio.Queue[DoorFrame] = asyncio.Queue(UNREAD_FRAMES)
        self._left = self._too_slow = False

    def __enter__(self) -> ApiDoor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.leave()

    def leave(self) -> None:
        """The request is over: what it asked for is stopped."""
        if not self._left:
            self._left = True
            self._core.leave(self)

    def send(self, frame: DoorFrame) -> None:
        """The core says something."""
        if self._left:
            return
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self._too_slow = True
            asyncio.get_running_loop().call_soon(self.leave)  # not in the middle of what the core is doing

    async def ask(self, call: Call) -> Any:
        """Ask and wait for the result; progress is let go by.

        Raises:
            AppError: what the core says went wrong.
        """
        said = [data async for _, data, last in self.all([call]) if last]
        return said[0]

    async def all(self, calls: Sequence[Call], quiet_s: float | None = None) -> AsyncIterator[Said]:
        """Ask several things at once; → what is said to each, and QUIET after every `quiet_s` without a word.

        Raises:
            AppError: the first that failed, or SlowReader.
        """
        first = self._ids + 1
        self._ids += len(calls)
        for i, call in enumerate(calls):
            self._core.call(self, first + i, call)
        ended = 0
        while ended < len(calls):
            if self._too_slow:
                raise SlowReader
            frame = await self._next(quiet_s)
            if frame is None:
                yield QUIET
                continue
            if frame.id < first:
                continue  # of an earlier question, given up
            if frame.error is not None:
                raise error_of(frame.error)
            if frame.data is None:
                raise AppError("It was stopped.", "Please ask again.")
            ended += frame.kind == "done"
            yield frame.id - first, frame.data, frame.kind == "done"

    async def _next(self, quiet_s: float | None) -> DoorFrame | None:
        """The next frame, None where none comes for so long."""
        if not self._frames.empty():
            return self._frames.get_nowait()
        try:
            async with asyncio.timeout(quiet_s):
                return await self._frames.get()
        except TimeoutError:
            return None
