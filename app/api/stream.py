"""Answers as they come: server-sent events, as OpenAI's clients read them, and what ends when a client goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.api.door import QUIET, ApiDoor, Said
from app.api.errors import ApiError, api_error
from app.errors import AppError
from app.workers.message import Call, Data

PULSE_S = 15.0
"""A stream that has nothing to say for so long sends a comment: whoever waits for a long prompt sees that it lives."""
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

T = TypeVar("T")


class Writer(Protocol):
    """Turns what the core says into the pieces of one kind of stream."""

    def take(self, index: int, data: Data, last: bool) -> Iterable[dict[str, Any]]: ...

    def end(self) -> Iterable[dict[str, Any]]:
        """The last pieces, when every call has ended."""
        ...


async def streamed(request: Request, calls: Sequence[Call], writer: Writer) -> Response:
    """The response, begun when the core has said its first word: a refusal still gets its own status.

    Raises:
        AppError: what the core says went wrong; ApiError: the client went away.
    """
    door: ApiDoor = request.state.door
    source = door.all(calls, PULSE_S)
    first = await unless_gone(request, _next(source))
    return StreamingResponse(_events(first, source, writer), media_type="text/event-stream", headers=HEADERS)


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, which is given up when the client closes its connection.

    Raises:
        ApiError: the client went away.
    """
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ApiError(499, "The client went away.")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _next(source: AsyncIterator[Said]) -> Said:
    return await anext(source)


async def _events(first: Said, rest: AsyncIterator[Said], writer: Writer) -> AsyncIterator[bytes]:
    said: Said | None = first
    try:
        while said is not None:
            if said is QUIET:
                yield b": still working\n\n"
            else:
                for piece in writer.take(*said):
                    yield _event(piece)
            said = await anext(rest, None)
    except AppError as error:
        yield _event(api_error(error).body())  # the status is long sent: clients look for this instead
        return
    for piece in writer.end():
        yield _event(piece)
    yield b"data: [DONE]\n\n"


def _event(piece: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(piece) + b"\n\n"
