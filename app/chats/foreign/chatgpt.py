"""ChatGPT's `conversations.json`: a list of conversations, each a tree of messages (`mapping`) with the last one shown.

The shape follows what several public readers of it document: `mapping` is id → {message, parent, children}, and
`current_node` the end of the path that ChatGPT shows. Only that path is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from app.chats.foreign.conversation import Foreign, Said, foreign, moment, path_to

APP = "ChatGPT"
_MARKER = re.compile("\ue200[^\ue200\ue201]*\ue201")
"""Citations and the like, which only ChatGPT's own page can show."""


class _Author(Struct, frozen=True):
    role: str = ""


class _Content(Struct, frozen=True):
    content_type: str = "text"
    parts: list[object] | None = None
    text: str | None = None
    language: str | None = None


class _Metadata(Struct, frozen=True):
    model_slug: str | None = None
    is_visually_hidden_from_conversation: bool | None = None


class _Message(Struct, frozen=True):
    author: _Author = _Author()
    content: _Content | None = None
    create_time: float | None = None
    recipient: str | None = None
    metadata: _Metadata | None = None


class _Place(Struct, frozen=True):
    message: _Message | None = None
    parent: str | None = None


class _Conversation(Struct, frozen=True):
    mapping: dict[str, _Place]
    title: str | None = None
    create_time: float | None = None
    update_time: float | None = None
    current_node: str | None = None
    id: str | None = None
    conversation_id: str | None = None


def read(raw: bytes | memoryview | msgspec.Raw) -> Foreign:
    """One conversation. Raises msgspec.MsgspecError and AppError."""
    about = msgspec.json.decode(raw, type=_Conversation)
    last = about.current_node if about.current_node in about.mapping else _newest(about.mapping)
    path = path_to(last, {key: each.parent for key, each in about.mapping.items()})
    said = _said(each for key in path if (each := about.mapping[key].message) is not None)
    id_ = about.conversation_id or about.id or ""
    return foreign(APP, id_, about.title, said, moment(about.create_time), moment(about.update_time))


def _newest(mapping: dict[str, _Place]) -> str | None:
    """The message that was made last, where the file does not say what was shown."""
    timed = {key: each.message.create_time or 0.0 for key, each in mapping.items() if each.message is not None}
    return max(timed, key=lambda key: timed[key], default=None)


def _said(messages: Iterator[_Message]) -> Iterator[Said]:
    for each in messages:
        about = each.metadata or _Metadata()
        if each.content is None or about.is_visually_hidden_from_conversation:
            continue
        text = _MARKER.sub("", _text(each.content))
        if each.author.role == "user":
            yield Said("question", text, moment(each.create_time))
        elif each.author.role == "assistant" and each.recipient in (None, "all"):  # else it spoke to a tool
            yield Said("answer", text, moment(each.create_time), about.model_slug or "")


def _text(content: _Content) -> str:
    if content.content_type == "code":
        return f"```{content.language or ''}\n{content.text or ''}\n```"
    if content.content_type not in ("text", "multimodal_text"):
        return ""  # thoughts, what a tool gave back, what the person said of themselves
    parts = [part if isinstance(part, str) else "(A picture or file stood here.)" for part in content.parts or ()]
    return "\n\n".join(parts)
