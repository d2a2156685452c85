"""What a run says while it works: one JSON object a line, printed and kept, so a restarted window sees the past too."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

VERSION = 1


class Event(Struct, frozen=True, kw_only=True, tag_field="event", tag=True):
    """Anything a run says. `at` is seconds since the epoch, filled in when it is written."""

    at: float = 0.0
    v: int = VERSION


class RunStarted(Event, frozen=True, kw_only=True):
    """A process took the run up (again)."""

    id: str
    stages: tuple[str, ...]
    pid: int


class StageStarted(Event, frozen=True, kw_only=True):
    """A stage begins."""

    stage: str
    index: int  # from 1
    total: int


class StageSkipped(Event, frozen=True, kw_only=True):
    """Its output stands from an earlier start of this run."""

    stage: str


class StageFinished(Event, frozen=True, kw_only=True):
    """Its marker is on the disk. `summary` holds figures for people."""

    stage: str
    seconds: float
    summary: dict[str, str | int | float | bool]


class Progress(Event, frozen=True, kw_only=True):
    """How far a stage is; `seconds_left` where it can be told."""

    stage: str
    done: float
    total: float
    unit: str = ""
    seconds_left: float | None = None
    note: str = ""


class Loss(Event, frozen=True, kw_only=True):
    """A point of the curve: nats a token. `heldout` only where it was measured; `best` when it is the best so far."""

    step: int
    steps: int
    epoch: float
    train: float
    heldout: float | None = None
    learning_rate: float = 0.0
    tokens_per_s: float = 0.0
    seconds_left: float | None = None
    best: bool = False


class Sample(Event, frozen=True, kw_only=True):
    """The model's own answer to a held-out question: before training and now; or to the person's (`own`)."""

    step: int
    question: str
    wanted: str
    before: str
    now: str
    own: bool = False
    since: int = 0  # step of `before`, where the model as it was before the training is gone


class Memory(Event, frozen=True, kw_only=True):
    """Bytes."""

    used: int
    peak: int
    available: int
    gpu_used: int | None = None


class Notice(Event, frozen=True, kw_only=True):
    """A warning: the run goes on."""

    message: str
    hint: str = ""


class Waiting(Event, frozen=True, kw_only=True):
    """The run stands still: for another run, for a person's review, or because the user paused it."""

    reason: Literal["lock", "review", "pause"]
    message: str


class Resumed(Event, frozen=True, kw_only=True):
    """It goes on: after a wait (step None), or from a checkpoint."""

    stage: str
    step: int | None = None


class Failed(Event, frozen=True, kw_only=True):
    """The run's last word, for now: what happened, then what to do."""

    stage: str
    message: str
    hint: str = ""
    detail: str = ""
    code: str = ""


class Finished(Event, frozen=True, kw_only=True):
    """The run's last word. `waiting` is "review" where a person is to decide before it can go on."""

    waiting: str = ""


AnyEvent = (
    RunStarted
    | StageStarted
    | StageSkipped
    | StageFinished
    | Progress
    | Loss
    | Sample
    | Memory
    | Notice
    | Waiting
    | Resumed
    | Failed
    | Finished
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)


def decode(line: bytes) -> AnyEvent:
    """Read one line.

    Raises:
        msgspec.DecodeError: it is not an event of this version.
    """
    event: AnyEvent = _decoder.decode(line)
    return event


def read_events(path: Path, offset: int = 0) -> tuple[list[AnyEvent], int]:
    """Events of a file from a byte offset, and the offset to go on from. A half-written last line waits its turn."""
    if not path.exists():
        return [], offset
    with path.open("rb") as lines:
        lines.seek(offset)
        data = lines.read()
    whole = data[: data.rfind(b"\n") + 1]
    found = []
    for line in whole.splitlines():
        try:
            found.append(decode(line))
        except msgspec.DecodeError:  # a line torn by a kill, or an event of a newer version: the rest still counts
            continue
    return found, offset + len(whole)


class EventLog:
    """Where stages report: prints a line and appends the same to events.jsonl."""

    def __init__(self, path: Path | None, echo: bool = True) -> None:
        self._path = path
        self._echo = echo
        self._started_line = False

    def __call__(self, event: Event) -> None:
        line = _encoder.encode(msgspec.structs.replace(event, at=round(time.time(), 3))) + b"\n"
        try:
            if self._echo:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
        finally:  # each way tells alone: the disk may be full, and nobody may listen any more
            if self._path is not None:
                self._append(line)

    def _append(self, line: bytes) -> None:
        assert self._path is not None
        with self._path.open("ab") as out:
            if not self._started_line and out.tell() and not _ends_a_line(self._path):
                line = b"\n" + line  # a killed run may have left half a line
            self._started_line = False  # a full disk may take half of it
            out.write(line)
        self._started_line = True


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as content:
        content.seek(-1, os.SEEK_END)
        return content.read(1) == b"\n"
