"""Chats out of Inhouse and back in: Markdown for people, JSON that keeps every version."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from app.chats.records import Chat, Node, Turn
from app.chats.store import ChatStore
from app.errors import AppError, NewerData
from app.types import Answer

FORMAT: Literal["inhouse-chats"] = "inhouse-chats"
VERSION = 1


class StoredChat(Struct, kw_only=True):
    """A chat in a file."""

    chat: Chat
    turns: list[Node] = []


class ChatFile(Struct, kw_only=True):
    """The whole file."""

    format: Literal["inhouse-chats"] = FORMAT
    version: int = VERSION
    chats: list[StoredChat]


class _Head(Struct):
    format: str = ""
    version: int = 0


def export_markdown(store: ChatStore, chat_id: int) -> str:
    """The shown path of a chat with its sources, to read or to print."""
    chat = store.chat(chat_id)
    turns = store.turns(chat_id)
    told = [_question(turn) if turn.role == "question" else _answer(turn) for turn in turns]
    parts = [f"# {chat.title}", _about(chat), *told]
    return "\n\n".join(part for part in parts if part) + "\n"


def export_json(store: ChatStore, chat_ids: Sequence[int] | None = None) -> bytes:
    """These chats, or all, with every version of every turn."""
    chosen = [chat.id for chat in store.list_chats(limit=-1)] if chat_ids is None else chat_ids
    chats = [StoredChat(chat=store.chat(chat_id), turns=store.tree(chat_id)) for chat_id in chosen]
    return msgspec.json.format(msgspec.json.encode(ChatFile(chats=chats)), indent=1)


def import_json(store: ChatStore, data: bytes) -> int:
    """Add the chats of a file beside those that are there, all or none; returns how many.

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
        for chat in chats:
            store.add_tree(chat.chat, [_finished(node) for node in chat.turns])
    return len(chats)


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


def _about(chat: Chat) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(chat.created_at))
    return " · ".join(part for part in (day, chat.collection, chat.model) if part)


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
        page = f", page {source.passage.page}" if source.passage.page is not None else ""
        lines.append(f"- [{source.n}] {source.passage.document}{page}")
    return "\n".join(lines)
