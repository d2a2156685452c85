"""Open WebUI's export: a list of chats, each with its messages by id (`history`) and the last one shown."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from app.chats.foreign.conversation import Foreign, Said, foreign, moment, path_to

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
    messages = list(inner.messages or ())
    if inner.history is not None and inner.history.messages:
        by_id = inner.history.messages
        last = inner.history.current_id if inner.history.current_id in by_id else next(reversed(by_id))
        messages = [by_id[key] for key in path_to(last, {key: each.parent_id for key, each in by_id.items()})]
    created = moment(about.created_at) or moment(inner.timestamp)
    return foreign(APP, about.id or "", about.title or inner.title, _said(messages), created, moment(about.updated_at))


def _said(messages: list[_Message]) -> Iterator[Said]:
    for each in messages:
        text = _text(each.content)
        if each.role == "user":
            yield Said("question", text, moment(each.timestamp))
        elif each.role == "assistant":
            yield Said("answer", _unfolded(text), moment(each.timestamp), each.model or "")


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
