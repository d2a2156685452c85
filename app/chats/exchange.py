"""Chats out of Inhouse and back in: Markdown for people, JSON that keeps every version.

Ids mean nothing elsewhere, so collections and models travel by name: as labels.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from msgspec import Struct

from app.chats.records import Chat, Node, Turn
from app.chats.store import ChatStore
from app.cited import where
from app.errors import AppError, NewerData
from app.types import Answer

FORMAT: Literal["inhouse-chats"] = "inhouse-chats"
VERSION = 2
"""Version 1 had a chat's id and the same names, in the same places, as references: it reads as it stands."""


@dataclass(frozen=True)
class Labels:
    """The names that collections and models have now, by id."""

    collections: Mapping[int, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)

    def of(self, store: ChatStore, chat: Chat) -> tuple[str, str]:
        """The names of a chat's collection and model; "" where it has none or none is known."""
        collection, model = store.unresolved(chat.id)
        return self.collections.get(chat.collection_id, collection), self.models.get(chat.model_id, model)


class Heading(Struct, kw_only=True):
    """What a file says of a chat."""

    title: str
    collection: str = ""
    model: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0


class StoredChat(Struct, kw_only=True):
    """A chat in a file."""

    chat: Heading
    turns: list[Node] = []


class ChatFile(Struct, kw_only=True):
    """The whole file."""

    format: Literal["inhouse-chats"] = FORMAT
    version: int = VERSION
    chats: list[StoredChat]


class _Head(Struct):
    format: str = ""
    version: int = 0


def export_markdown(store: ChatStore, chat_id: int, labels: Labels | None = None) -> str:
    """The shown path of a chat with its sources, to read or to print."""
    chat = store.chat(chat_id)
    turns = store.turns(chat_id)
    told = [_question(turn) if turn.role == "question" else _answer(turn) for turn in turns]
    parts = [f"# {chat.title}", _about(chat, *(labels or Labels()).of(store, chat)), *told]
    return "\n\n".join(part for part in parts if part) + "\n"


def export_json(store: ChatStore, chat_ids: Sequence[int] | None = None, labels: Labels | None = None) -> bytes:
    """These chats, or all, with every version of every turn."""
    chosen = [chat.id for chat in store.list_chats(limit=-1)] if chat_ids is None else chat_ids
    chats = [_stored(store, chat_id, labels or Labels()) for chat_id in chosen]
    return msgspec.json.format(msgspec.json.encode(ChatFile(chats=chats)), indent=1)


def import_json(store: ChatStore, data: bytes) -> int:
    """Add the chats of a file beside those that are there, all or none; returns how many.

    Call `resolve_collections` and `resolve_models` of the store afterwards: it takes the names in as names.

    Raises:
        NewerData: a newer Inhouse wrote it.
        AppError: it is not a file of chats.
    """
    problem = AppError("This is not a file of chats from Inhouse.", "Choose a file that “Export” made.")
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise problem
        if head.version > VERSION:
            raise NewerData("A newer Inhouse wrote this file of chats.", "Update Inhouse to import it.")
        chats = msgspec.json.decode(data, type=ChatFile).chats
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        problem.detail = str(error)
        raise problem from error
    if not all(_in_order(chat.turns) for chat in chats):
        raise problem
    with store.together():
        for each in chats:
            about = each.chat
            chat = Chat(id=0, title=about.title, created_at=about.created_at, updated_at=about.updated_at)
            store.add_tree(chat, [_finished(node) for node in each.turns], about.collection, about.model)
    return len(chats)


def _stored(store: ChatStore, chat_id: int, labels: Labels) -> StoredChat:
    chat = store.chat(chat_id)
    collection, model = labels.of(store, chat)
    heading = Heading(
        title=chat.title,
        collection=collection,
        model=model,
        created_at=chat.created_at,
        updated_at=chat.updated_at,
    )
    return StoredChat(chat=heading, turns=store.tree(chat_id))


def _in_order(turns: list[Node]) -> bool:
    """Questions follow answers or nothing, answers follow questions, and each comes after what it follows."""
    roles = {0: "answer"}
    for node in turns:
        if node.id in roles or roles.get(node.parent, node.role) == node.role:
            return False
        roles[node.id] = node.role
    return True


def _finished(node: Node) -> Node:
    """An answer that was being written when it was exported has stopped."""
    if node.state != "writing":
        return node
    answer = Answer(text=node.text, stopped=True)
    return msgspec.structs.replace(node, state="stopped", answer=answer)


def _about(chat: Chat, collection: str, model: str) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(chat.created_at))
    return " · ".join(part for part in (day, collection, model) if part)


def _question(turn: Turn) -> str:
    return "\n".join(f"> {line}".rstrip() for line in turn.text.split("\n"))


def _answer(turn: Turn) -> str:
    parts = [turn.text]
    if turn.answer is not None:
        parts += [f"*{turn.answer.note}*"] if turn.answer.note else []
        parts += [_source_list(turn.answer)] if turn.answer.sources else []
    return "\n\n".join(part for part in parts if part)


def _source_list(answer: Answer) -> str:
    lines = []
    for source in answer.sources:
        named = (source.passage.document or "a document that was removed", where(source.passage))
        lines.append(f"- [{source.n}] {', '.join(filter(None, named))}")
    return "\n".join(lines)
