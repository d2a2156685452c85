"""Lets a model write, once for each choice that a program asked for."""

from __future__ import annotations

from collections.abc import Sequence

from app.api.door import ApiDoor
from app.core.calls.api import CompleteWith
from app.workers.calls.engine import Completed


async def complete(door: ApiDoor, calls: Sequence[CompleteWith]) -> list[Completed]:
    """All answers, when the last one has ended, in the order of the calls.

    Raises:
        AppError: one of them failed.
    """
    done = {index: data async for index, data, _ in door.all(calls) if isinstance(data, Completed)}
    return [done[i] for i in range(len(calls))]
