"""What the engine's tests share."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.chat import Conversations
from app.engine.worker import EngineRole
from app.llama.encode import Encoder
from app.types import Message, Passage, Sampling
from app.workers.message import Data
from app.workers.protocol import AnyCall
from app.workers.roles import Steps

GREEDY = Sampling(temperature=0, max_tokens=24, repeat_penalty=1.0)


def run(steps: Steps) -> tuple[Data, list[Data]]:
    """Step a request to its end: the result, and what came before."""
    events: list[Data] = []
    while True:
        try:
            event = next(steps)
        except StopIteration as stop:
            return stop.value, events
        if event is not None:
            events.append(event)


def said(steps: Steps, count: int) -> list[Data]:
    """The next so many events of a request under way."""
    events: list[Data] = []
    while len(events) < count:
        event = next(steps)
        if event is not None:
            events.append(event)
    return events


def together(role: EngineRole, calls: Sequence[AnyCall]) -> list[tuple[Data, list[Data]]]:
    """Step several requests in turn, as the host does, until all have ended."""
    live = {n: role.handle(call) for n, call in enumerate(calls)}
    events: list[list[Data]] = [[] for _ in calls]
    results: dict[int, Data] = {}
    while live:
        for n, steps in list(live.items()):
            try:
                event = next(steps)
            except StopIteration as stop:
                results[n] = stop.value
                del live[n]
            else:
                if event is not None:
                    events[n].append(event)
    return [(results[n], events[n]) for n in range(len(calls))]


def passage(text: str, n: int = 1) -> Passage:
    return Passage(
        id=n, document_id=n, document=f"file {n}.pdf", path="x", collection="c", page=n, start=0, end=1, text=text
    )


def turn(question: str, answer: str) -> tuple[Message, Message]:
    return Message("user", question), Message("assistant", answer)


def conversations_of(role: EngineRole) -> Conversations:
    return role.conversations()


def encoder_of(role: EngineRole) -> Encoder:
    return conversations_of(role).encoder


def spelled(role: EngineRole, tokens: list[int]) -> str:
    return encoder_of(role).text(tokens)
