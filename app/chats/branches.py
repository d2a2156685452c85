"""Where a chat came from: a branch begins with what another one had said, others come out of other apps."""

from __future__ import annotations

import time
from collections.abc import Sequence

from app.chats.projects import Projects
from app.errors import AppError

_COPY_TURN = """
    INSERT INTO turns (chat_id, parent, chosen, role, text, state, answer, created_at)
    SELECT ?, ?, ?, role, text, state, answer, created_at FROM turns WHERE id = ?"""
"""Thumbs stay where they were given: the trainer would hear each of them twice."""


class Branches(Projects):
    """Makes branches. Files that are only in a chat stay with it; what was cited of them is kept with the answers."""

    def branch(self, answer_id: int) -> int:
        """The id of a new chat with everything up to this answer, each answer with its other versions.

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
                "project_id, branched_from, created_at, updated_at) SELECT title || ' (branch)', 1, collection_id, "
                "collection_name, model_id, model_name, own_model_id, project_id, id, ?, ? FROM chats WHERE id = ?",
                (now, now, row["chat_id"]),
            ).lastrowid
            assert made is not None
            same = "INSERT INTO answered_by SELECT ?, assistant_id FROM answered_by WHERE chat_id = ?"
            db.execute(same, (made, row["chat_id"]))
            self._copy_path(made, path)
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
