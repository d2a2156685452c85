"""A step that may only take so long: it is given up, nothing of it is heard, and its late answer changes nothing."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from core_world import FakeClock

from app.core.flows import Flow
from app.core.requests import Job, Requests
from app.errors import AppError
from app.workers.calls.engine import Complete, Completed, Token
from app.workers.message import Call, Failure


@dataclass(frozen=True)
class Timed:
    call: Call
    within_s: float


@dataclass(frozen=True)
class Heard:
    """What the other side says of a request."""

    id: int
    kind: Any
    data: Any = None
    error: Failure | None = None


class World:
    """A flow of a timed step and one that may take its time, and the child that it asks."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sent: list[int] = []
        self.controls: list[str] = []
        self.child = Requests(lambda key, _: self.sent.append(key), lambda _, word, __: self.controls.append(word))
        self.events: list[object] = []
        self.ended: list[object] = []
        self.flow = Flow(
            self._steps(),
            lambda _: self,
            done=self.ended.append,
            failed=self.ended.append,
            event=self.events.append,
            within=(self.clock, lambda step: step.within_s),
        )
        self.flow.start()

    def request(self, call: Call, **told: Any) -> Job:
        return self.child.request(call, **told)

    def say(self, key: int, kind: str, data: object = None) -> None:
        self.child.take(Heard(key, kind, data))

    @staticmethod
    def _steps() -> Generator[Timed, Any, str]:
        try:
            first = (yield Timed(Complete(prompt="a"), 6.0)).text
        except AppError as error:
            first = error.message
        return first + (yield Timed(Complete(prompt="b"), 0.0)).text


def test_in_time_it_is_used_and_its_tokens_are_not_heard() -> None:
    world = World()
    world.say(world.sent[0], "event", Token(text="a"))
    world.say(world.sent[0], "done", Completed(text="in time, "))
    assert world.events == [] and len(world.sent) == 2
    world.clock.pass_time(60)
    world.say(world.sent[1], "event", Token(text="b"))
    world.say(world.sent[1], "done", Completed(text="and the rest"))
    assert (world.ended, len(world.events), world.controls) == (["in time, and the rest"], 1, [])


def test_too_late_it_is_cancelled_and_the_flow_goes_on_at_once() -> None:
    world = World()
    world.clock.pass_time(5.9)
    assert len(world.sent) == 1
    world.clock.pass_time(0.2)
    assert len(world.sent) == 2 and world.controls == ["cancel"]
    world.say(world.sent[0], "done", Completed(text="late, "))
    world.say(world.sent[1], "done", Completed(text=" Then the rest."))
    assert world.ended == ["This took too long. Then the rest."]


def test_a_step_that_was_interrupted_is_not_given_up_later() -> None:
    world = World()
    world.flow.interrupt(AppError("The engine is ended."))
    world.clock.pass_time(60)
    world.say(world.sent[1], "done", Completed(text=" The rest."))
    assert world.ended == ["The engine is ended. The rest."] and world.controls == []


def test_a_defect_of_a_use_case_is_told_and_costs_the_child_nothing(expected_warnings: list[str]) -> None:
    """It once went up through the child's reader, which then heard nothing more for anybody."""

    def steps() -> Generator[Timed, Any, None]:
        yield Timed(Complete(messages=()), 0.0)
        raise ValueError("9" * 5000)

    expected_warnings.append("A use case failed")
    world = World()
    Flow(steps(), lambda _: world, done=world.ended.append, failed=world.ended.append).start()
    world.say(world.sent[-1], "done", Completed(text=""))
    (error,) = world.ended
    assert isinstance(error, AppError) and "mistake" in error.message
