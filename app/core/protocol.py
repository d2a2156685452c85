"""What a door and the core say to each other: one JSON object a line over a local socket.

A door writes a `DoorRequest`, or a `Control` for one under way. The core answers each request with any number of
`event` frames and exactly one last frame: `done`, `error` or `cancelled`. Frames with id 0 are told to every door that
asked for events in its `Hello`. Calls of the documents and models processes are taken as they are and handed on.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from app.core.calls import (
    api,
    attachments,
    audit,
    bench,
    catalogue,
    chat_files,
    chats,
    component,
    documents,
    embedders,
    folders,
    heads,
    library,
    models,
    offers,
    personal,
    projects,
    readers,
    runtimes,
    tables,
    takeout,
    training,
    updates,
    vectors,
)
from app.workers.calls.documents import Calls as DocumentsCall
from app.workers.calls.model_text import ApproveModelText, ListModelText
from app.workers.calls.models import Calls as ModelsCall
from app.workers.calls.runtimes import Calls as RuntimesCall
from app.workers.message import Call, Data, Failure
from app.workers.protocol import AnyData, Control

VERSION = 1
DoorKind = Literal["window", "command", "api"]


class Hello(Call, frozen=True):
    """A door's first word; → Welcome. With `events` it is told of everything that happens.

    To a door of a newer Inhouse (`program`) the core makes way without an answer: the next one is that version's. A
    door of an older one is refused.
    """

    door: DoorKind
    events: bool = False
    version: int = VERSION
    program: str = ""


class KeepRunning(Call, frozen=True):
    """Stay when the last door has left, or no longer; → Done."""

    on: bool


class SettingsChanged(Call, frozen=True):
    """The settings file is another one now: read it again, and tell the other doors; → Done."""


class Welcome(Data, frozen=True):
    """The core's first word, with what a door needs to begin."""

    version: int
    pid: int
    notes: tuple[str, ...] = ()  # sentences about stores that were damaged, for the user
    engine: models.EngineMoved | None = None
    switching: models.Switching | None = None
    models: models.Models | None = None
    adding: documents.AddState | None = None
    answers: tuple[chats.AnswerUnderWay, ...] = ()


class SettingsRead(Data, frozen=True):
    """Told to every door: the settings file was changed by another one."""


class Noted(Data, frozen=True):
    """Told to every door: a sentence for the user that belongs to no request."""

    text: str


DoorCall = (
    Hello
    | KeepRunning
    | SettingsChanged
    | chats.Calls
    | projects.Calls
    | chat_files.Calls
    | attachments.Calls
    | offers.Calls
    | library.Calls
    | documents.Calls
    | personal.Calls
    | folders.Calls
    | models.Calls
    | catalogue.Calls
    | training.Calls
    | readers.Calls
    | embedders.Calls
    | heads.Calls
    | vectors.Calls
    | runtimes.Calls
    | component.Calls
    | updates.Calls
    | tables.Calls
    | audit.Calls
    | takeout.Calls
    | api.Calls
    | bench.Calls
    | DocumentsCall
    | ListModelText
    | ApproveModelText
    | ModelsCall
    | RuntimesCall
)
DoorData = (
    Welcome
    | SettingsRead
    | Noted
    | AnyData
    | chats.ChatAsked
    | chats.TurnStored
    | chats.WordsWeighed
    | chats.Answered
    | chats.Summarised
    | chats.Events
    | projects.Answers
    | chat_files.Answers
    | attachments.Answers
    | offers.Answers
    | library.Answers
    | library.Events
    | attachments.Events
    | documents.Answers
    | documents.Events
    | folders.Events
    | models.Models
    | models.ServerFound
    | models.Switching
    | models.Switched
    | models.Events
    | catalogue.Answers
    | catalogue.Events
    | tables.Answers
    | tables.Events
    | readers.Answers
    | readers.Events
    | embedders.Answers
    | embedders.Events
    | heads.Answers
    | heads.Events
    | vectors.Answers
    | vectors.Events
    | runtimes.Answers
    | runtimes.Events
    | component.Answers
    | component.Events
    | updates.Answers
    | audit.Answers
    | takeout.Answers
    | updates.Events
    | training.Answers
    | training.Events
    | api.Api
    | api.Events
    | bench.Answers
)


class DoorRequest(Struct, frozen=True):
    """Door → core. Ids count up from 1."""

    id: int
    call: DoorCall


class DoorFrame(Struct, frozen=True, omit_defaults=True):
    """Core → door."""

    id: int
    kind: Literal["event", "done", "error", "cancelled"]
    data: DoorData | None = None
    error: Failure | None = None


_encoder = msgspec.json.Encoder()
_request_decoder = msgspec.json.Decoder(DoorRequest)
_control_decoder = msgspec.json.Decoder(Control)
_frame_decoder = msgspec.json.Decoder(DoorFrame)


def encode(message: DoorRequest | DoorFrame | Control) -> bytes:
    """One line, newline included."""
    return _encoder.encode(message) + b"\n"


def encode_call(key: int, call: Call) -> bytes:
    """The line of a request."""
    return encode(DoorRequest(key, call))  # type: ignore[arg-type]  # the core refuses what it does not know


def decode_request(line: bytes) -> DoorRequest | Control:
    """Read what a door wrote.

    Raises:
        msgspec.DecodeError: the line is not one of ours.
    """
    if b'"call":' in line:
        return _request_decoder.decode(line)
    return _control_decoder.decode(line)


def decode_frame(line: bytes) -> DoorFrame:
    """Read what the core wrote.

    Raises:
        msgspec.DecodeError: the line is not one of ours.
    """
    return _frame_decoder.decode(line)
