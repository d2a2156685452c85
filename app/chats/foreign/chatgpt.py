"""ChatGPT's `conversations.json`: a list of conversations, each a tree of messages (`mapping`) with the last one shown.

The shape follows what several public readers of it document: `mapping` is id → {message, parent, children}, and
`current_node` the end of the path that ChatGPT shows; what else was said are other versions.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from app.chats.foreign.conversation import About, Foreign, foreign, moment
from app.chats.foreign.tree import Said

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
    id_ = about.conversation_id or about.id or ""
    head = About(APP, id_, about.title, moment(about.create_time), moment(about.update_time))
    said = {key: _said(each.message) for key, each in about.mapping.items()}
    return foreign(head, said, {key: each.parent for key, each in about.mapping.items()}, last)


def _newest(mapping: dict[str, _Place]) -> str | None:
    """The message that was made last, where the file does not say what was shown."""
    timed = {key: each.message.create_time or 0.0 for key, each in mapping.items() if each.message is not None}
    return max(timed, key=lambda key: timed[key], default=None)


def _said(message: _Message | None) -> Said | None:
    """None of what nobody said to anybody: what is hidden, and what tools were told."""
    if message is None or message.content is None:
        return None
    about = message.metadata or _Metadata()
    if about.is_visually_hidden_from_conversation:
        return None
    text = _MARKER.sub("", _text(message.content))
    if message.author.role == "user":
        return Said("question", text, moment(message.create_time))
    if message.author.role == "assistant" and message.recipient in (None, "all"):  # else it spoke to a tool
        return Said("answer", text, moment(message.create_time), about.model_slug or "")
    return None


def _text(content: _Content) -> str:
    if content.content_type == "code":
        return f"```{content.language or ''}\n{content.text or ''}\n```"
    if content.content_type not in ("text", "multimodal_text"):
        return ""  # thoughts, what a tool gave back, what the person said of themselves
    parts = [part if isinstance(part, str) else "(A picture or file stood here.)" for part in content.parts or ()]
    return "\n\n".join(parts)
