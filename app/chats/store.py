"""The conversations: a tree of questions and answers in SQLite, so that no crash and no edit loses one."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from app.chats import forget
from app.chats.answerers import Answerers
from app.chats.connection import NO_CHAT
from app.chats.copies import in_copies
from app.chats.records import Chat, Forgot, Hit, Node
from app.chats.schema import is_newest
from app.chats.search import CHAT_COLUMNS, chat_of, search_chats
from app.chats.turns import TURN_COLUMNS, answer_of

LATEST = 4.1e9
"""Seconds since the epoch: in 2099."""
_ADD_TURN = """
    INSERT INTO turns (chat_id, parent, chosen, role, text, state, answer, rating, corrected, rated_at, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
IDS_AT_ONCE = 500
"""SQLite takes a limited number of values in one statement."""


class ChatStore(Answerers):
    """Chats and what is done with them as a whole; one writes, any number of others may open the file read-only."""

    @classmethod
    def open_reader(cls, path: Path) -> ChatStore | None:
        """The chats to look at, or None where there is nothing to show before the writer has opened them: no file yet,
        one of another version, a damaged one. Cheap: nothing is examined.
        """
        return cls(path, path.parent, read_only=True) if path.exists() and is_newest(path) else None

    # --- chats ------------------------------------------------------------------------------------------------------

    def create(self, title: str = "", collection_id: int = 0, model_id: str = "", project_id: int = 0) -> Chat:
        """A new chat; without a title it is named after its first question."""
        now = time.time()
        with self._change() as db:
            cursor = db.execute(
                "INSERT INTO chats (title, titled, collection_id, model_id, project_id, created_at, updated_at) "
                "VALUES (?,?,?,?,?,?,?)",
                (title or "New chat", bool(title), collection_id, model_id, project_id, now, now),
            )
            return self.chat(cast(int, cursor.lastrowid))

    def chat(self, chat_id: int) -> Chat:
        """Raises AppError where there is no such chat."""
        rows = self._read(f"SELECT {CHAT_COLUMNS} FROM chats WHERE id = ?", (chat_id,))
        if not rows:
            raise NO_CHAT
        return chat_of(rows[0])

    def list_chats(self, limit: int = 100, offset: int = 0, project_id: int | None = None) -> list[Chat]:
        """Newest first: all, or those of a project, or with 0 those in none."""
        rows = self._read(
            f"SELECT {CHAT_COLUMNS} FROM chats WHERE deleted_at IS NULL AND (:project IS NULL OR project_id = :project)"
            " ORDER BY updated_at DESC, id DESC LIMIT :limit OFFSET :offset",
            {"project": project_id, "limit": limit, "offset": offset},
        )
        return [chat_of(row) for row in rows]

    def last_said_before(self, at: float) -> list[int]:
        """Ids of the chats whose last message is older than this, in seconds since the epoch."""
        sql = "SELECT id FROM chats WHERE deleted_at IS NULL AND updated_at < ? ORDER BY id"
        return [row["id"] for row in self._read(sql, (at,))]

    def first_questions(self, collection_id: int | None = None, limit: int = 200) -> tuple[str, ...]:
        """What chats began with, the newest first and each once: of all chats, of those that ask a collection, or with
        0 of those to a model alone. Later questions may mean what was said before, and are not among them."""
        rows = self._read(
            "SELECT t.text FROM turns t JOIN chats c ON c.id = t.chat_id WHERE c.deleted_at IS NULL AND t.parent = 0"
            " AND t.role = 'question' AND trim(t.text) <> '' AND (:collection IS NULL OR c.collection_id = :collection)"
            " GROUP BY t.text ORDER BY max(t.id) DESC LIMIT :limit",
            {"collection": collection_id, "limit": limit},
        )
        return tuple(row["text"] for row in rows)

    def count(self, project_id: int | None = None) -> int:
        """How many `list_chats` could list."""
        sql = "SELECT count(*) FROM chats WHERE deleted_at IS NULL AND (:project IS NULL OR project_id = :project)"
        return int(self._read(sql, {"project": project_id})[0][0])

    def rename(self, chat_id: int, title: str) -> None:
        self._update(chat_id, title=" ".join(title.split())[:200] or "New chat", titled=1)

    def set_collection(self, chat_id: int, collection_id: int) -> None:
        self._update(chat_id, collection_id=collection_id, collection_name="")

    def attach(self, chat_id: int, collection_id: int) -> None:
        """The hidden collection of this chat's own files."""
        self._update(chat_id, attached_id=collection_id)

    def attached(self) -> dict[int, int]:
        """The hidden collections that chats have → their chats, deleted ones too until they are purged."""
        rows = self._read("SELECT attached_id, id FROM chats WHERE attached_id <> 0")
        return {row["attached_id"]: row["id"] for row in rows}

    def resolve_collections(self, ids: Mapping[str, int]) -> int:
        """Give chats that still know their collection by name its id; what has no id yet waits. → chats changed.

        They come from before version 2, or from a file. Safe to repeat, and to be killed.
        """
        return self._resolve("collection", ids)

    def resolve_models(self, ids: Mapping[str, str]) -> int:
        """Likewise for models."""
        return self._resolve("model", ids)

    def leave_collections(self, ids: Sequence[int]) -> int:
        """Collections were removed: their chats ask the model alone. → chats changed."""
        marks = ",".join("?" * len(ids))
        with self._change() as db:
            db.execute(f"UPDATE projects SET collection_id = 0 WHERE collection_id IN ({marks})", tuple(ids))
            sql = f"UPDATE chats SET collection_id = 0 WHERE collection_id IN ({marks})"
            return db.execute(sql, tuple(ids)).rowcount

    def delete(self, chat_id: int) -> None:
        """Out of sight at once; `restore` brings it back until `purge`."""
        self._update(chat_id, deleted_at=time.time())

    def restore(self, chat_id: int) -> None:
        self._update(chat_id, deleted_at=None)

    def purge(self, older_than_s: float = 0.0) -> int:
        """Remove deleted chats for good, from the full text, the write-ahead log and the copies; returns how many."""
        sql = "SELECT id, created_at FROM chats WHERE deleted_at IS NOT NULL AND deleted_at <= ?"
        keys = [tuple(row) for row in self._read(sql, (time.time() - older_than_s,))]

        def remove(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM chats WHERE id = ? AND created_at = ?", keys)
            forget.merge_words(db)

        if keys:
            in_copies(self._backups, remove)
            with self._change() as db:
                remove(db)
            self._empty_log()
        return len(keys)

    def search(self, query: str, limit: int = 50) -> list[Hit]:
        """Chats whose title or text holds every word of the query (the last one may be unfinished), best first."""
        with self._healing() as db:
            return search_chats(db, query, limit)

    # --- forgetting ---------------------------------------------------------------------------------------------------

    def forget_documents(self, ids: Sequence[int]) -> Forgot:
        """Blank what stored answers hold of removed documents, in the full text and the copies too; safe to repeat.

        Raises:
            NoSpace, Busy: it could not be done everywhere; do it again later.
        """
        forgot = self.forget_here(ids)
        self.forget_in_copies(ids)
        return forgot

    def forget_here(self, ids: Sequence[int]) -> Forgot:
        """The first half of `forget_documents`."""
        with self._change() as db:
            changed = sum(forget.forget_documents(db, part) for part in _parts(ids))
        self._empty_log()
        self.loose.forget(ids)
        return Forgot(answers=changed, speaking=self.answers_about(ids))

    def forget_in_copies(self, ids: Sequence[int]) -> None:
        """The second half, a second or so for eight copies of a large store. It may be done in any thread."""
        parts = _parts(ids)
        in_copies(self._backups, lambda db: [forget.forget_documents(db, part) for part in parts])

    def answers_about(self, ids: Sequence[int]) -> tuple[int, ...]:
        """Ids of the answers that speak of these documents in a model's own words, also after they were forgotten."""
        with self._healing() as db:
            return tuple(sorted({turn_id for part in _parts(ids) for turn_id in forget.answers_about(db, part)}))

    def delete_answers(self, turn_ids: Sequence[int]) -> int:
        """Empty answers for good, in the full text and the copies too; they keep their place. → how many there were."""
        keys = self.keys_of(turn_ids)
        self.delete_in_copies(keys)
        return self.delete_here(keys)

    def keys_of(self, turn_ids: Sequence[int]) -> list[forget.Key]:
        """What these turns are known by in every copy."""
        with self._healing() as db:
            return forget.keys_of(db, turn_ids)

    def delete_in_copies(self, keys: Sequence[forget.Key]) -> None:
        """The first half of `delete_answers`. It may be done in any thread."""
        in_copies(self._backups, lambda db: forget.delete_answers(db, keys))

    def delete_here(self, keys: Sequence[forget.Key]) -> int:
        """The second half; → how many answers there were."""
        with self._change() as db:
            gone = forget.delete_answers(db, keys)
        if gone:
            self._empty_log()
        return gone

    # --- whole chats ------------------------------------------------------------------------------------------------

    def tree(self, chat_id: int) -> list[Node]:
        """Every version of every turn, each after the one that it follows."""
        rows = self._read(f"SELECT {TURN_COLUMNS}, chosen FROM turns WHERE chat_id = ? ORDER BY id", (chat_id,))
        return [
            Node(
                id=row["id"],
                parent=row["parent"],
                chosen=bool(row["chosen"]),
                role=row["role"],
                text=row["text"],
                state=row["state"],
                answer=answer_of(row),
                rating=row["rating"],
                corrected=row["corrected"],
                created_at=row["created_at"],
                pictures=tuple(each.name for each in self._shown_pictures(row["id"])),
            )
            for row in rows
        ]

    def add_tree(
        self, chat: Chat, nodes: Sequence[Node], collection: str = "", model: str = "", imported_id: str = ""
    ) -> Chat:
        """A new chat with these turns; their ids only say what follows what. `imported_id` is its id in another app.

        The collection and the model are names, until `resolve_collections` and `resolve_models` know them by id.
        """
        with self._change() as db:
            made = self.create(chat.title)
            ids = {0: 0}
            shown = {node.parent: node.id for node in sorted(nodes, key=lambda each: each.chosen)}  # else the last one
            for node in nodes:
                shows = shown[node.parent] == node.id
                ids[node.id] = _add_turn(db, made.id, ids[node.parent], node, chosen=shows)
            self._update(
                made.id,
                collection_name=collection,
                model_name=model,
                project_id=chat.project_id,
                imported_from=chat.imported_from,
                imported_id=imported_id,
                created_at=_date(chat.created_at, made.created_at),
                updated_at=_date(chat.updated_at, made.updated_at),
            )
            return self.chat(made.id)

    def unresolved(self, chat_id: int) -> tuple[str, str]:
        """The names of a chat's collection and model as long as their ids are not known; else ""."""
        row = self._read("SELECT collection_name, model_name FROM chats WHERE id = ?", (chat_id,))[0]
        return row[0], row[1]

    # --- inside -----------------------------------------------------------------------------------------------------

    def _resolve(self, what: str, ids: Mapping[str, Any]) -> int:
        known = {name.casefold(): found for name, found in ids.items()}
        names = [row[0] for row in self._read(f"SELECT DISTINCT {what}_name FROM chats WHERE {what}_name <> ''")]
        found = [(known[name.casefold()], name) for name in names if name.casefold() in known]
        if not found:
            return 0
        with self._change() as db:
            sql = f"UPDATE chats SET {what}_id = ?, {what}_name = '' WHERE {what}_name = ?"
            return db.executemany(sql, found).rowcount


def _add_turn(db: sqlite3.Connection, chat_id: int, parent: int, node: Node, *, chosen: bool) -> int:
    """A turn as a file has it, but what it cites of documents that were removed here; → its id.

    In one statement: a change of its text would be one more for the full text.
    """
    answer = forget.without_removed(db, node.answer) if node.answer else None
    text, stored = (answer.text, msgspec.json.encode(answer)) if answer else (node.text, None)
    rated = (node.rating, node.corrected, node.created_at if node.rating else None)
    row = (chat_id, parent, chosen, node.role, text, node.state, stored, *rated, node.created_at)
    turn_id = cast(int, db.execute(_ADD_TURN, row).lastrowid)
    if answer is not None:
        forget.note_documents(db, turn_id, answer)
    return turn_id


def _date(seconds: float, otherwise: float) -> float:
    """A time that a file tells, where a calendar can show it."""
    return seconds if 0 < seconds < LATEST else otherwise


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE)]
