"""Where a chat came from: a branch begins with what another one had said, others come out of other apps."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from app.chats.forget import note_documents
from app.chats.projects import Projects
from app.errors import AppError
from app.types import Answer, Filter

NOTHING: Mapping[int, int] = MappingProxyType({})

_COPY_TURN = """
    INSERT INTO turns (chat_id, parent, chosen, role, text, state, answer, created_at)
    SELECT ?, ?, ?, role, text, state, answer, created_at FROM turns WHERE id = ?"""
"""Thumbs stay where they were given: the trainer would hear each of them twice."""


class Branches(Projects):
    """Makes branches."""

    def branch(self, answer_id: int, attached_id: int = 0, copies: Mapping[int, int] = NOTHING) -> int:
        """The id of a new chat with everything up to this answer, each answer with its other versions.

        `attached_id` is the hidden collection of its own files, `copies` the ids of its documents by those that they
        are copies of: the branch cites its own, so that what is removed from the other chat stays here.

        Raises:
            AppError: it is no answer, or still being written.
        """
        row = self._row(answer_id)
        if row["role"] != "answer" or row["state"] == "writing":
            raise AppError("A branch begins at a finished answer.", "Wait for the answer, or choose one.")
        path = self._up_from(answer_id)
        with self._change() as db:
            now = time.time()
            made = db.execute(
                "INSERT INTO chats (title, titled, collection_id, collection_name, model_id, model_name, own_model_id, "
                "project_id, branched_from, attached_id, created_at, updated_at) "
                "SELECT title || ' (branch)', 1, collection_id, collection_name, model_id, model_name, own_model_id, "
                "project_id, id, ?, ?, ? FROM chats WHERE id = ?",
                (attached_id, now, now, row["chat_id"]),
            ).lastrowid
            assert made is not None
            same = "INSERT INTO answered_by SELECT ?, assistant_id FROM answered_by WHERE chat_id = ?"
            db.execute(same, (made, row["chat_id"]))
            self._copy_path(made, path)
            if copies:
                self._cite(made, copies)
        return made

    def has_imported(self, app: str, imported_id: str) -> bool:
        """Whether this chat of another app is here already."""
        sql = "SELECT 1 FROM chats WHERE imported_from = ? AND imported_id = ? AND deleted_at IS NULL LIMIT 1"
        return bool(imported_id) and bool(self._read(sql, (app, imported_id)))

    def _copy_path(self, chat_id: int, path: Sequence[int]) -> None:
        parent = 0
        for turn_id in path:
            row = self._row(turn_id)
            alike = [turn_id]
            if row["role"] == "answer":  # other versions of a question have answers of their own: another conversation
                alike = self._siblings(row["chat_id"], row["parent"])
            copies = {old: self._copy_turn(chat_id, parent, old, chosen=old == turn_id) for old in alike}
            parent = copies[turn_id]

    def _cite(self, chat_id: int, copies: Mapping[int, int]) -> None:
        """Have the answers and filters of this chat name the copies."""
        with self._change() as db:
            sql = "SELECT id, answer FROM turns WHERE chat_id = ? AND answer IS NOT NULL"
            for turn_id, stored in db.execute(sql, (chat_id,)).fetchall():
                answer = repointed(stored, copies)
                db.execute("UPDATE turns SET answer = ? WHERE id = ?", (msgspec.json.encode(answer), turn_id))
                note_documents(db, turn_id, answer)
            sql = "SELECT turn_id, filter FROM narrowed WHERE turn_id IN (SELECT id FROM turns WHERE chat_id = ?)"
            for turn_id, stored in db.execute(sql, (chat_id,)).fetchall():
                wanted = msgspec.json.decode(stored, type=Filter)
                own = tuple(copies.get(each, each) for each in wanted.documents)
                changed = msgspec.json.encode(msgspec.structs.replace(wanted, documents=own))
                db.execute("UPDATE narrowed SET filter = ? WHERE turn_id = ?", (changed, turn_id))

    def _copy_turn(self, chat_id: int, parent: int, turn_id: int, *, chosen: bool) -> int:
        with self._change() as db:
            copied = db.execute(_COPY_TURN, (chat_id, parent, chosen, turn_id)).lastrowid
            assert copied is not None
            for table, column in (
                ("narrowed", "filter"), ("cited", "document_id"), ("pictures", "name, width, height, data"),
            ):  # fmt: skip
                sql = f"INSERT INTO {table} (turn_id, {column}) SELECT ?, {column} FROM {table} WHERE turn_id = ?"
                db.execute(sql, (copied, turn_id))
            return copied

    def _up_from(self, turn_id: int) -> list[int]:
        """This turn and those that it follows, oldest first."""
        rows = self._read(
            "WITH RECURSIVE up (id, parent, depth) AS (SELECT id, parent, 1 FROM turns WHERE id = ? UNION ALL "
            "SELECT t.id, t.parent, depth + 1 FROM up JOIN turns t ON t.id = up.parent) "
            "SELECT id FROM up ORDER BY depth DESC",
            (turn_id,),
        )
        return [row["id"] for row in rows]


def repointed(stored: bytes, copies: Mapping[int, int]) -> Answer:
    """A stored answer that names these documents in the place of those that they are copies of, wherever it does."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: copies.get(each, each) if key == "document_id" else walk(each) for key, each in value.items()}
        return [walk(each) for each in value] if isinstance(value, list) else value

    return msgspec.convert(walk(msgspec.json.decode(stored)), Answer)
