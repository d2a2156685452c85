"""Open WebUI's export: a list of chats, each with its messages by id (`history`) and the last one shown."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from app.chats.foreign.conversation import About, Foreign, foreign, moment
from app.chats.foreign.tree import Said

APP = "Open WebUI"
_FOLD, _FOLD_END = "<details", "</details>"
"""Round what a model thought, and what tools did."""


class _Message(Struct, frozen=True, rename="camel"):
    role: str = ""
    content: str | list[object] | None = ""
    parent_id: str | None = None
    timestamp: float | None = None
    model: str | None = None


class _History(Struct, frozen=True, rename="camel"):
    messages: dict[str, _Message] = {}
    current_id: str | None = None


class _Inner(Struct, frozen=True):
    title: str | None = None
    history: _History | None = None
    messages: list[_Message] | None = None
    timestamp: float | None = None


class _Chat(Struct, frozen=True):
    chat: _Inner
    id: str | None = None
    title: str | None = None
    created_at: float | None = None
    updated_at: float | None = None


def read(raw: bytes | memoryview | msgspec.Raw) -> Foreign:
    """One chat. Raises msgspec.MsgspecError and AppError."""
    about = msgspec.json.decode(raw, type=_Chat)
    inner = about.chat
    created = moment(about.created_at) or moment(inner.timestamp)
    head = About(APP, about.id or "", about.title or inner.title, created, moment(about.updated_at))
    if inner.history is not None and inner.history.messages:
        by_id = inner.history.messages
        last = inner.history.current_id if inner.history.current_id in by_id else next(reversed(by_id))
        before = {key: each.parent_id for key, each in by_id.items()}
        return foreign(head, {key: _said(each) for key, each in by_id.items()}, before, last)
    listed = {number: _said(each) for number, each in enumerate(inner.messages or (), 1)}
    return foreign(head, listed, {number: number - 1 or None for number in listed}, len(listed) or None)


def _said(message: _Message) -> Said | None:
    text = _text(message.content)
    if message.role == "user":
        return Said("question", text, moment(message.timestamp))
    if message.role == "assistant":
        return Said("answer", _unfolded(text), moment(message.timestamp), message.model or "")
    return None


def _text(content: str | list[object] | None) -> str:
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in content or () if isinstance(part, dict)]
    return "\n\n".join(text for text in texts if isinstance(text, str))


def _unfolded(text: str) -> str:
    """The answer without what it folds away."""
    if not text.lstrip().startswith(_FOLD):
        return text
    _, end, rest = text.rpartition(_FOLD_END)
    return rest.strip() if end and rest.strip() else text
