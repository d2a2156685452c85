"""A core inside the test's own process: real stores, children that the test plays, and doors without a socket."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fakes import FakeChild, FakeRemote, FakeTrainer

from app.core import protocol as p
from app.core.core import Core
from app.core.doorway import MakeServer, no_server
from app.errors import AppError
from app.paths import Home, home
from app.types import InstalledModel
from app.workers.message import Call, WorkerRole
from app.workers.protocol import Control

T = TypeVar("T")


@dataclass(eq=False)
class FakeTimer:
    """A call that comes when the test says so."""

    at: float
    call: Callable[[], object]
    clock: FakeClock

    def cancel(self) -> None:
        if self in self.clock.timers:
            self.clock.timers.remove(self)


@dataclass
class FakeClock:
    """Time that stands still until `pass_time`; slow work is done at once."""

    time: float = field(default_factory=time.monotonic)
    timers: list[FakeTimer] = field(default_factory=list)
    watches: dict[str, FakeTimer] = field(default_factory=dict)

    def now(self) -> float:
        return self.time

    def after(self, seconds: float, call: Callable[[], object]) -> FakeTimer:
        timer = FakeTimer(self.time + seconds, call, self)
        self.timers.append(timer)
        return timer

    def thread(self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[AppError], object]) -> None:
        try:
            result = work()
        except AppError as error:
            failed(error)
        else:
            done(result)

    def watch(self, folder: str, moved: Callable[[], object], failed: Callable[[str], object]) -> FakeTimer:
        """The test says when something changes: `watches[folder].call()`."""
        found = self.watches[folder] = FakeTimer(math.inf, moved, self)
        return found

    def pass_time(self, seconds: float) -> None:
        """Let time go by: everything that is due by then is called, in order."""
        until = self.time + seconds
        while due := [timer for timer in self.timers if timer.at <= until]:
            first = min(due, key=lambda timer: timer.at)
            self.timers.remove(first)
            self.time = max(self.time, first.at)
            first.call()
        self.time = until


class MemoryLink:
    """Carries lines between a door and a core in one process; each line is really encoded and decoded."""

    kind: p.DoorKind = "command"
    hears = False

    def __init__(self, core: Core) -> None:
        self._core = core
        self._took: Callable[[bytes], object] = lambda _: None
        self._lost: Callable[[], object] = lambda: None
        self.connected = False

    def open(self, opened: Callable[[], object], took: Callable[[bytes], object], lost: Callable[[], object]) -> None:
        self._took, self._lost, self.connected = took, lost, True
        opened()

    def write(self, line: bytes) -> None:
        message = p.decode_request(line)
        if isinstance(message, Control):
            self._core.control(self, message.id, message.control)
        else:
            self._core.call(self, message.id, message.call)

    def close(self) -> None:
        if self.connected:
            self.connected = False
            self._core.leave(self)

    def send(self, frame: p.DoorFrame) -> None:
        """The core says something."""
        if self.connected:
            self._took(p.encode(frame).rstrip(b"\n"))

    def lose(self, core: Core | None = None) -> None:
        """The core is gone; what comes back is `core`."""
        self.close()
        self._core = core or self._core
        self._lost()


class TestDoor:
    """A door whose frames the test reads."""

    __test__ = False
    kind: p.DoorKind = "command"
    hears = False

    def __init__(self, core: Core, *, hears: bool = True) -> None:
        self._core = core
        self._ids = 0
        self.frames: list[p.DoorFrame] = []
        self.call(p.Hello(door="command", events=hears))

    def send(self, frame: p.DoorFrame) -> None:
        self.frames.append(p.decode_frame(p.encode(frame)))

    def call(self, call: Call) -> int:
        """Ask; → the number to find the answer by."""
        self._ids += 1
        request = p.decode_request(p.encode_call(self._ids, call))
        assert isinstance(request, p.DoorRequest)
        self._core.call(self, request.id, request.call)
        return self._ids

    def control(self, key: int, word: Any) -> None:
        self._core.control(self, key, word)

    def end(self, key: int) -> p.DoorFrame | None:
        """The last word of a request, or None while it is under way."""
        return next((frame for frame in self.frames if frame.id == key and frame.kind != "event"), None)

    def result(self, key: int) -> Any:
        """What a request gave; fails the test where it failed or goes on."""
        end = self.end(key)
        assert end is not None and end.error is None, end
        return end.data

    def events(self, key: int = 0) -> list[Any]:
        """Progress of a request, or, by default, what every door was told."""
        return [frame.data for frame in self.frames if frame.id == key and frame.kind == "event"]

    def leave(self) -> None:
        self._core.leave(self)


class CoreWorld:
    """A core with played children and a clock that the test turns."""

    def __init__(
        self, place: Home | None = None, clock: Any = None, load_api: Callable[[], MakeServer] = no_server
    ) -> None:
        self.home = place or home()
        self.home.root.mkdir(parents=True, exist_ok=True)
        self.clock = clock or FakeClock()
        self.children: list[tuple[WorkerRole, FakeChild]] = []
        self.trainer = FakeTrainer()
        self.remote: list[tuple[InstalledModel, str | None, FakeRemote]] = []
        """What stands for models on servers, with the key that each was given."""
        self.core = Core(self.home, self._child, self.clock, self.trainer, load_api, self._remote)

    def _remote(self, model: InstalledModel, key: str | None) -> FakeRemote:
        child = FakeRemote()
        self.remote.append((model, key, child))
        return child

    def _child(self, role: WorkerRole) -> FakeChild:
        child = FakeChild()
        self.children.append((role, child))
        return child

    def last(self, role: WorkerRole) -> FakeChild:
        """The child made last for a role."""
        return [child for made, child in self.children if made == role][-1]

    @property
    def engine(self) -> FakeChild:
        return self.last("engine")

    @property
    def documents(self) -> FakeChild:
        return self.last("documents")

    def door(self, *, hears: bool = True) -> TestDoor:
        return TestDoor(self.core, hears=hears)
