"""LM Studio's conversation files: a list of messages, each with its versions and which of them is shown."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from app.chats.foreign.conversation import About, Foreign, foreign, moment
from app.chats.foreign.tree import Said

APP = "LM Studio"


class _Piece(Struct, frozen=True):
    type: str = ""
    text: str | None = None


class _Style(Struct, frozen=True):
    type: str = ""


class _Step(Struct, frozen=True):
    type: str = ""
    content: list[_Piece] | None = None
    style: _Style | None = None


class _Sender(Struct, frozen=True, rename="camel"):
    sender_name: str | None = None


class _Version(Struct, frozen=True, rename="camel"):
    role: str = ""
    content: list[_Piece] | None = None
    steps: list[_Step] | None = None
    sender_info: _Sender | None = None


class _Message(Struct, frozen=True, rename="camel"):
    versions: list[_Version] = []
    currently_selected: int = 0


class _Conversation(Struct, frozen=True, rename="camel"):
    messages: list[_Message]
    name: str | None = None
    created_at: float | None = None
    user_last_messaged_at: float | None = None


def read(raw: bytes | memoryview | msgspec.Raw) -> Foreign:
    """One conversation. Raises msgspec.MsgspecError and AppError."""
    about = msgspec.json.decode(raw, type=_Conversation)
    created = moment(about.created_at)
    id_ = str(int(about.created_at)) if created and about.created_at else ""  # when it began is all that it is known by
    head = About(APP, id_, about.name, created, moment(about.user_last_messaged_at))
    said: dict[tuple[int, int], Said | None] = {}
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    last: tuple[int, int] | None = None
    for number, message in enumerate(about.messages):
        chosen = message.currently_selected
        if not 0 <= chosen < len(message.versions):
            chosen = len(message.versions) - 1
        for version, each in enumerate(message.versions):
            said[number, version], before[number, version] = _said(each), last
        last = (number, chosen) if message.versions else last
    return foreign(head, said, before, last)


def _said(version: _Version) -> Said | None:
    if version.role == "user":
        return Said("question", _text(version))
    if version.role == "assistant":
        sender = version.sender_info
        return Said("answer", _text(version), model=(sender.sender_name if sender is not None else None) or "")
    return None


def _text(version: _Version) -> str:
    pieces = list(version.content or ())
    for step in version.steps or ():
        if step.type == "contentBlock" and (step.style is None or step.style.type != "thinking"):
            pieces += step.content or ()
    return "\n\n".join(piece.text for piece in pieces if piece.type == "text" and piece.text)
