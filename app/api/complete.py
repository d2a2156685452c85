"""Lets a model write, once for each choice that a program asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.api.door import ApiDoor
from app.core.calls.api import CompleteWith
from app.workers.protocol import Completed, Token, TokenLogprob


@dataclass(frozen=True)
class Choice:
    """One answer, whole."""

    done: Completed
    logprobs: tuple[TokenLogprob, ...]


async def complete(door: ApiDoor, calls: Sequence[CompleteWith]) -> list[Choice]:
    """All answers, when the last one has ended, in the order of the calls.

    Raises:
        AppError: one of them failed.
    """
    logprobs: list[list[TokenLogprob]] = [[] for _ in calls]
    done: dict[int, Completed] = {}
    async for index, data, _ in door.all(calls):
        if isinstance(data, Token):
            logprobs[index].extend(data.logprobs)
        elif isinstance(data, Completed):
            done[index] = data
    return [Choice(done[i], tuple(logprobs[i])) for i in range(len(calls))]
