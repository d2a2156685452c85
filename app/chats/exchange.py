"""Chats out of Inhouse and back in: Markdown for people, JSON that keeps every version.

Ids mean nothing elsewhere, so collections and models travel by name: as labels.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from msgspec import Struct

from app.chats.records import Chat, Node, Turn, any_wrote
from app.chats.store import ChatStore
from app.cited import MARK, SOURCE_TYPE, cited_as
from app.errors import AppError, NewerData
from app.text.plain import shown
from app.text.visible import visible_line
from app.types import Answer, Passage

FORMAT: Literal["inhouse-chats"] = "inhouse-chats"
VERSION = 2
"""Version 1 had a chat's id and the same names, in the same places, as references: it reads as it stands."""

LONGEST_TITLE = 200
_NOTE_CHARS = 240
_CITED = re.compile(r"```[^`]*```|`[^`\n]*`|(?<![ \t])[ \t]*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
"""Citations, but not what looks like one in code; a run of blanks is looked at once."""


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
    project: str = ""
    imported_from: str = ""
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
    mark: str = ""
    digital_source_type: str = ""
    """Both say where a model wrote some of it, to people and to programs."""
    chats: list[StoredChat]


class _Head(Struct):
    format: str = ""
    version: int = 0


def export_markdown(store: ChatStore, chat_id: int, labels: Labels | None = None) -> str:
    """The shown path of a chat with its sources as footnotes, to read or to print."""
    chat = store.chat(chat_id)
    notes: dict[str, int] = {}
    turns = store.turns(chat_id)
    told = [_question(turn) if turn.role == "question" else _answer(turn, notes) for turn in turns]
    listed = [f"[^{number}]: {note}" for note, number in notes.items()]
    mark = [f"*{MARK}*", f"<!-- {SOURCE_TYPE} -->"] if any_wrote(turns) else []
    parts = [f"# {chat.title}", *mark, about_line(chat, *(labels or Labels()).of(store, chat)), *told, *listed]
    return "\n\n".join(part for part in parts if part) + "\n"


def export_json(store: ChatStore, chat_ids: Sequence[int] | None = None, labels: Labels | None = None) -> bytes:
    """These chats, or all, with every version of every turn."""
    chosen = [chat.id for chat in store.list_chats(limit=-1)] if chat_ids is None else chat_ids
    chats = [_stored(store, chat_id, labels or Labels()) for chat_id in chosen]
    file = ChatFile(chats=chats)
    if any(any_wrote(each.turns) for each in chats):
        file.mark, file.digital_source_type = MARK, SOURCE_TYPE
    return msgspec.json.format(msgspec.json.encode(file), indent=1)


def import_json(store: ChatStore, data: bytes) -> int:
    """Add the chats of a file beside those that are there, all or none; returns how many.

    Call `resolve_collections` and `resolve_models` of the store afterwards: it takes the names in as names.

    Raises:
        NewerData: a newer Inhouse wrote it.
        AppError: it is not a file of chats.
    """
    chats = chats_of(data)
    with store.together():
        for each in chats:
            add_stored(store, each)
    return len(chats)


def chats_of(data: bytes) -> list[StoredChat]:
    """The chats of a file that Inhouse wrote, checked; raises as `import_json`."""
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
    return chats


def add_stored(store: ChatStore, stored: StoredChat, app: str = "", imported_id: str = "") -> Chat:
    """A chat out of a file, in the project of that name; `app` is what exported it, "" an Inhouse."""
    about = stored.chat
    chat = Chat(
        id=0,
        title=visible_line(about.title)[:LONGEST_TITLE],
        project_id=store.project_named(about.project),
        imported_from=app or about.imported_from,
        created_at=about.created_at,
        updated_at=about.updated_at,
    )
    nodes = [_finished(node) for node in stored.turns]
    return store.add_tree(chat, nodes, about.collection, about.model, imported_id)


def _stored(store: ChatStore, chat_id: int, labels: Labels) -> StoredChat:
    chat = store.chat(chat_id)
    collection, model = labels.of(store, chat)
    heading = Heading(
        title=chat.title,
        collection=collection,
        model=model,
        project=store.project(chat.project_id).name if chat.project_id else "",
        imported_from=chat.imported_from,
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
    """An answer that was being written when it was exported has stopped. Of a question's pictures the names remain,
    since what comes out of a file was not encoded by us."""
    if node.pictures:
        return msgspec.structs.replace(node, text=f"{node.text}\n\n({pictures_line(node.pictures)})", pictures=())
    if node.state != "writing":
        return node
    answer = Answer(text=node.text, stopped=True)
    return msgspec.structs.replace(node, state="stopped", answer=answer)


def about_line(chat: Chat, collection: str, model: str) -> str:
    """When it began, what it asked and what answered: a line below the title."""
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(chat.created_at))
    origin = f"from {chat.imported_from}" if chat.imported_from else ""
    return " · ".join(part for part in (day, collection, model, origin) if part)


def pictures_line(names: Sequence[str]) -> str:
    """What a question showed the model, by name; "" where it showed nothing."""
    return f"{'Pictures' if len(names) > 1 else 'Picture'}: {', '.join(names)}" if names else ""


def source_notes(answer: Answer) -> dict[int, str]:
    """The sources of an answer by their numbers: document, place and the cited sentence in short."""
    return {source.n: _note(source.passage) for source in answer.sources}


def _note(passage: Passage) -> str:
    if not passage.document:
        return "A document that was removed."
    words = shown(passage, _NOTE_CHARS)
    said = f"{words[: _NOTE_CHARS - 1].rstrip()}…" if len(words) > _NOTE_CHARS else words
    return f"{cited_as(passage)}: “{said}”" if said else cited_as(passage)


def _question(turn: Turn) -> str:
    pictures = pictures_line([each.name for each in turn.pictures])
    text = f"{turn.text}\n\n{pictures}" if pictures else turn.text
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _answer(turn: Turn, notes: dict[str, int]) -> str:
    """The answer as it was written, but its citations point to footnotes; `notes` counts them through the chat."""
    if turn.answer is None:
        return turn.text
    sources = source_notes(turn.answer)

    def noted(found: re.Match[str]) -> str:
        numbers = [int(n) for n in found[1].split(",")] if found[1] else []
        known = [sources[n] for n in numbers if n in sources]
        marks = [f"[^{notes.setdefault(note, len(notes) + 1)}]" for note in known]
        return "".join(marks) if marks and len(known) == len(numbers) else found[0]

    text = _CITED.sub(noted, turn.text)
    return "\n\n".join(part for part in (text, f"*{turn.answer.note}*" if turn.answer.note else "") if part)
