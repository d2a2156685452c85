"""LM Studio's conversation files: a list of messages, each with its versions and which of them is shown."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from app.chats.foreign.conversation import Foreign, Said, foreign, moment

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
    return foreign(APP, id_, about.name, _said(about.messages), created, moment(about.user_last_messaged_at))


def _said(messages: list[_Message]) -> Iterator[Said]:
    for each in messages:
        if not each.versions:
            continue
        at = each.currently_selected if 0 <= each.currently_selected < len(each.versions) else len(each.versions) - 1
        shown = each.versions[at]
        if shown.role == "user":
            yield Said("question", _text(shown))
        elif shown.role == "assistant":
            others = tuple(text for i, one in enumerate(each.versions) if i != at and (text := _text(one)).strip())
            model = shown.sender_info.sender_name if shown.sender_info is not None else None
            yield Said("answer", _text(shown), model=model or "", others=others)


def _text(version: _Version) -> str:
    pieces = list(version.content or ())
    for step in version.steps or ():
        if step.type == "contentBlock" and (step.style is None or step.style.type != "thinking"):
            pieces += step.content or ()
    return "\n\n".join(piece.text for piece in pieces if piece.type == "text" and piece.text)
