"""The questions and answers of a chat: a tree of versions, of which one path is shown."""

from __future__ import annotations

import itertools
import os
import sqlite3
import time
from collections.abc import Sequence
from typing import cast

import msgspec

from app.chats.connection import ChatDatabase
from app.chats.forget import note_documents, note_pages, note_same_pages, without_removed
from app.chats.prints import make_print
from app.chats.records import Rating, Turn, TurnRole, TurnState
from app.chats.stored import alive, only_newest_pictures, plain_text, worth_telling
from app.chats.titles import title_of
from app.errors import AppError
from app.pictures import Picture, ShownPicture
from app.types import Answer, Filter, Message

TURN_COLUMNS = (
    "id, chat_id, parent, role, text, state, answer, rating, corrected, created_at, "
    "(SELECT filter FROM narrowed WHERE turn_id = turns.id) AS filter"
)
NO_FILTER = Filter()
_SHOWN_PATH = """
    WITH RECURSIVE path (id, depth) AS (
        SELECT id, 1 FROM turns WHERE chat_id = :chat AND parent = 0 AND chosen
        UNION ALL
        SELECT t.id, depth + 1 FROM path JOIN turns t ON t.chat_id = :chat AND t.parent = path.id AND t.chosen)"""

_answers = msgspec.json.Decoder(Answer)
_filters = msgspec.json.Decoder(Filter)


def answer_of(row: sqlite3.Row) -> Answer | None:
    """The stored answer of a row of TURN_COLUMNS."""
    return _answers.decode(row["answer"]) if row["answer"] else None


class Turns(ChatDatabase):
    """Reads and writes the turns."""

    def turns(self, chat_id: int, limit: int | None = None, before: int | None = None) -> list[Turn]:
        """The shown path, oldest first: its last `limit` turns, or those before the turn `before`."""
        ids = self._path_ids(chat_id)
        if before in ids:
            ids = ids[: ids.index(before)]
        return self._turns(chat_id, ids[-limit:] if limit else ids)

    def turn(self, turn_id: int) -> Turn:
        """Raises AppError where there is no such turn."""
        row = self._row(turn_id)
        return self._turns(row["chat_id"], [turn_id])[0]

    def add_question(
        self,
        chat_id: int,
        text: str,
        *,
        replaces: int | None = None,
        chosen: Filter = NO_FILTER,
        pictures: Sequence[Picture] = (),
    ) -> Turn:
        """The next question, or another version of the question `replaces`, which stays with all that followed it.

        `chosen` is which documents may answer it, `pictures` what a model is shown with it.
        """
        with self._change() as db:
            if replaces is not None:
                parent = self._row(replaces)["parent"]
            else:
                path = self._path_ids(chat_id)
                parent = path[-1] if path else 0
            turn_id = self._insert(chat_id, parent, "question", text, "done")
            if chosen.asks:
                db.execute("INSERT INTO narrowed VALUES (?, ?)", (turn_id, msgspec.json.encode(chosen)))
            rows = [(turn_id, each.name, each.width, each.height, each.data) for each in pictures]
            db.executemany("INSERT INTO pictures (turn_id, name, width, height, data) VALUES (?,?,?,?,?)", rows)
            note_pages(db, turn_id, pictures)
            if replaces is not None:
                note_same_pages(db, turn_id, replaces)
            if parent == 0:
                db.execute("UPDATE chats SET title = ? WHERE id = ? AND NOT titled", (title_of(text), chat_id))
            return self.turn(turn_id)

    def begin_answer(self, question_id: int) -> Turn:
        """An answer under way; on a question that has one already it becomes a further version (regenerate)."""
        with self._change():
            row = self._row(question_id)
            return self.turn(self._insert(row["chat_id"], question_id, "answer", "", "writing"))

    def save_partial(self, turn_id: int, text: str) -> None:
        """What has come so far; cheap (no wait for the disk), so call it every second or two."""
        self._db.execute("PRAGMA synchronous = NORMAL")
        try:
            with self._change() as db:
                db.execute("UPDATE turns SET text = ? WHERE id = ? AND state = 'writing'", (text, turn_id))
        finally:
            self._db.execute("PRAGMA synchronous = FULL")

    def finish_answer(self, turn_id: int, answer: Answer) -> Turn:
        """Store the answer with its evidence, but what it cites of a document that was removed meanwhile."""
        state: TurnState = "stopped" if answer.stopped else "done"
        with self._change() as db:
            answer = without_removed(db, answer)
            db.execute(
                "UPDATE turns SET text = ?, state = ?, writer = NULL, answer = ? WHERE id = ?",
                (answer.text, state, msgspec.json.encode(answer), turn_id),
            )
            note_documents(db, turn_id, answer)
            make_print(db, turn_id)
            self._touch(self._row(turn_id)["chat_id"])
            return self.turn(turn_id)

    def discard_answer(self, turn_id: int) -> None:
        """Drop an answer that never began, so that the version before is shown again."""
        with self._change() as db:
            row = self._row(turn_id)
            db.execute("DELETE FROM turns WHERE id = ?", (turn_id,))
            db.execute(
                "UPDATE turns SET chosen = 1 WHERE id = "
                "(SELECT max(id) FROM turns WHERE chat_id = ? AND parent = ?) AND NOT EXISTS "
                "(SELECT 1 FROM turns WHERE chat_id = ? AND parent = ? AND chosen)",
                (row["chat_id"], row["parent"]) * 2,
            )

    def choose_version(self, turn_id: int, version: int) -> Turn:
        """Show version `version` (from 1) in the place of this turn; returns it. What followed it comes back too."""
        with self._change() as db:
            row = self._row(turn_id)
            ids = self._siblings(row["chat_id"], row["parent"])
            chosen = ids[max(1, min(version, len(ids))) - 1]
            self._choose(db, row["chat_id"], row["parent"], chosen)
            return self.turn(chosen)

    def recover(self) -> int:
        """Mark answers stopped whose process is gone; call it once at a start. Returns how many."""
        with self._change() as db:
            rows = db.execute("SELECT id, text, writer, created_at FROM turns WHERE state = 'writing'").fetchall()
            lost = [row for row in rows if row["writer"] == os.getpid() or not alive(row["writer"], row["created_at"])]
            for row in lost:
                answer = Answer(text=row["text"], stopped=True, note="Inhouse ended while this was written.")
                self.finish_answer(row["id"], answer)
        return len(lost)

    def history(self, chat_id: int, upto: int | None = None) -> tuple[Message, ...]:
        """The finished turns before the question (or answer) `upto`, or the whole shown path, as the model sees them.

        Pairs without an answer, or answered "not found", are left out; citations are too, since their numbers mean
        other passages now.
        """
        ids = self._path_ids(chat_id) if upto is None else self._ancestors(upto)
        turns = self._turns(chat_id, ids, versions=False)
        messages: list[Message] = []
        for question, answer in itertools.pairwise(turns):
            if question.role == "question" and answer.role == "answer" and worth_telling(answer):
                messages.append(Message("user", question.text, self._seen_again(question)))
                messages.append(Message("assistant", plain_text(answer)))
        return only_newest_pictures(messages)

    def pictures_of(self, turn_id: int) -> tuple[Picture, ...]:
        """The pictures of a question."""
        rows = self._read("SELECT name, width, height, data FROM pictures WHERE turn_id = ? ORDER BY id", (turn_id,))
        return tuple(Picture(**dict(row)) for row in rows)

    def picture(self, picture_id: int) -> Picture:
        """Raises AppError where there is no such picture."""
        rows = self._read("SELECT name, width, height, data FROM pictures WHERE id = ?", (picture_id,))
        if not rows:
            raise AppError("This picture no longer exists.", "Open the chat again.")
        return Picture(**dict(rows[0]))

    def _seen_again(self, question: Turn) -> tuple[Picture, ...]:
        return self.pictures_of(question.id) if question.pictures else ()

    def set_feedback(self, turn_id: int, rating: Rating | None, corrected: str = "") -> Turn:
        """Thumb up, down or none, and what the user would have answered."""
        with self._change() as db:
            db.execute(
                "UPDATE turns SET rating = ?, corrected = ?, rated_at = ? WHERE id = ?",
                (rating, corrected if rating else "", time.time() if rating else None, turn_id),
            )
            return self.turn(turn_id)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _shown_pictures(self, turn_id: int) -> tuple[ShownPicture, ...]:
        rows = self._read("SELECT id, name, width, height FROM pictures WHERE turn_id = ? ORDER BY id", (turn_id,))
        return tuple(ShownPicture(**dict(row)) for row in rows)

    def _touch(self, chat_id: int) -> None:
        self._db.execute("UPDATE chats SET updated_at = max(?, updated_at + 1e-4) WHERE id = ?", (time.time(), chat_id))

    def _row(self, turn_id: int) -> sqlite3.Row:
        rows = self._read(f"SELECT {TURN_COLUMNS} FROM turns WHERE id = ?", (turn_id,))
        if not rows:
            raise AppError("This message no longer exists.", "Open the chat again.")
        return rows[0]

    def _insert(self, chat_id: int, parent: int, role: TurnRole, text: str, state: TurnState) -> int:
        cursor = self._db.execute(
            "INSERT INTO turns (chat_id, parent, chosen, role, text, state, writer, created_at) "
            "VALUES (?,?,0,?,?,?,?,?)",
            (chat_id, parent, role, text, state, os.getpid() if state == "writing" else None, time.time()),
        )
        turn_id = cast(int, cursor.lastrowid)
        self._choose(self._db, chat_id, parent, turn_id)
        self._touch(chat_id)
        return turn_id

    def _choose(self, db: sqlite3.Connection, chat_id: int, parent: int, turn_id: int) -> None:
        db.execute("UPDATE turns SET chosen = (id = ?) WHERE chat_id = ? AND parent = ?", (turn_id, chat_id, parent))

    def _siblings(self, chat_id: int, parent: int) -> list[int]:
        rows = self._read("SELECT id FROM turns WHERE chat_id = ? AND parent = ? ORDER BY id", (chat_id, parent))
        return [row["id"] for row in rows]

    def _path_ids(self, chat_id: int) -> list[int]:
        rows = self._read(f"{_SHOWN_PATH} SELECT id FROM path ORDER BY depth", {"chat": chat_id})
        return [row["id"] for row in rows]

    def _ancestors(self, turn_id: int) -> list[int]:
        """The turns before this one (before its question, for an answer), oldest first."""
        row = self._row(turn_id)
        parent = row["parent"] if row["role"] == "question" else self._row(row["parent"])["parent"]
        rows = self._read(
            "WITH RECURSIVE up (id, parent, depth) AS (SELECT id, parent, 1 FROM turns WHERE id = ? UNION ALL "
            "SELECT t.id, t.parent, depth + 1 FROM up JOIN turns t ON t.id = up.parent) "
            "SELECT id FROM up ORDER BY depth DESC",
            (parent,),
        )
        return [row["id"] for row in rows]

    def _turns(self, chat_id: int, ids: Sequence[int], *, versions: bool = True) -> list[Turn]:
        found: dict[int, sqlite3.Row] = {}
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._read(f"SELECT {TURN_COLUMNS} FROM turns WHERE id IN ({marks})", tuple(part))
            found.update((row["id"], row) for row in rows)
        return [self._as_turn(found[turn_id], versions) for turn_id in ids if turn_id in found]

    def _as_turn(self, row: sqlite3.Row, versions: bool) -> Turn:
        siblings = self._siblings(row["chat_id"], row["parent"]) if versions else [row["id"]]
        return Turn(
            id=row["id"],
            chat_id=row["chat_id"],
            role=row["role"],
            text=row["text"],
            state=row["state"],
            answer=answer_of(row),
            filter=_filters.decode(row["filter"]) if row["filter"] else NO_FILTER,
            pictures=self._shown_pictures(row["id"]) if row["role"] == "question" else (),
            version=siblings.index(row["id"]) + 1,
            versions=len(siblings),
            rating=row["rating"],
            corrected=row["corrected"],
            created_at=row["created_at"],
        )
