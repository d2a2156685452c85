"""What the window and its child processes say to each other: one JSON object a line.

The parent writes a `Request`, or a `Control` for one under way. The child answers each request with any number of
`event` frames and exactly one last frame: `done`, `error` or `cancelled`. Frames with id 0 are about the child itself:
`Ready` once it takes requests, an error where it will not start, `Alive` every two seconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from app.workers.calls import documents, engine, model_text, models, runtimes, sheets, updates
from app.workers.message import Data, Done, Failure, WorkerRole

VERSION = 1


class Ready(Data, frozen=True):
    """A child takes requests from here on; what came before it is kept."""

    role: WorkerRole
    version: int = VERSION


class Alive(Data, frozen=True):
    """A sign of life, every two seconds from a thread of its own, also while the child still starts: how many steps its
    main loop has finished, and how many seconds the one under way has lasted (0: it waits for requests)."""

    steps: int
    step_s: float = 0.0


AnyCall = (
    engine.Calls | documents.Calls | model_text.Calls | sheets.Calls | models.Calls | runtimes.Calls | updates.Calls
)
AnyData = (
    Done
    | Ready
    | Alive
    | engine.Answers
    | documents.Answers
    | model_text.Answers
    | sheets.Answers
    | models.Answers
    | runtimes.Answers
    | updates.Answers
)


class Request(Struct, frozen=True):
    """Parent → child. Ids count up from 1."""

    id: int
    call: AnyCall


class Control(Struct, frozen=True):
    """Parent → child, about a request under way."""

    id: int
    control: Literal["cancel", "pause", "resume"]


class Frame(Struct, frozen=True, omit_defaults=True):
    """Child → parent."""

    id: int
    kind: Literal["event", "done", "error", "cancelled"]
    data: AnyData | None = None
    error: Failure | None = None


_encoder = msgspec.json.Encoder()
_request_decoder = msgspec.json.Decoder(Request)
_control_decoder = msgspec.json.Decoder(Control)
_frame_decoder = msgspec.json.Decoder(Frame)


def encode(message: Request | Control | Frame) -> bytes:
    """One line, newline included."""
    return _encoder.encode(message) + b"\n"


def decode_request(line: bytes) -> Request | Control:
    """Read what a parent wrote.

    Raises:
        msgspec.DecodeError: the line is not one of ours.
    """
    if b'"call":' in line:
        return _request_decoder.decode(line)
    return _control_decoder.decode(line)


def decode_frame(line: bytes) -> Frame:
    """Read what a child wrote.

    Raises:
        msgspec.DecodeError: the line is not one of ours.
    """
    return _frame_decoder.decode(line)
