"""The conversations: a tree of questions and answers in SQLite, so that no crash and no edit loses one."""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from app.chats.records import Chat, Feedback, Hit, Node, Rating, Turn, TurnRole, TurnState
from app.chats.schema import MIGRATIONS, open_database, plain, plain_errors
from app.chats.search import CHAT_COLUMNS, chat_of, search_chats
from app.chats.stored import alive, plain_text, without, worth_telling
from app.chats.titles import title_of
from app.errors import AppError
from app.types import Answer, Message

_TURN = "id, chat_id, parent, role, text, state, answer, rating, corrected, created_at"
_SHOWN_PATH = """
    WITH RECURSIVE path (id, depth) AS (
        SELECT id, 1 FROM turns WHERE chat_id = :chat AND parent = 0 AND chosen
        UNION ALL
        SELECT t.id, depth + 1 FROM path JOIN turns t ON t.chat_id = :chat AND t.parent = path.id AND t.chosen)"""

_answers = msgspec.json.Decoder(Answer)


class ChatStore:
    """One connection to the chats; used from one thread. Processes may share the file."""

    def __init__(self, path: Path, backups: Path) -> None:
        """Open, and migrate after a backup.

        Raises:
            NewerData, NoSpace, Busy: see `open_database`.
        """
        self._path = path
        self._db, self.note = open_database(path, backups)

    def close(self) -> None:
        self._db.close()

    @classmethod
    def open_reader(cls, path: Path) -> ChatStore | None:
        """For reading only; None where there is no database of this version yet."""
        try:
            db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
            if db.execute("PRAGMA user_version").fetchone()[0] != len(MIGRATIONS):
                return None
        except sqlite3.Error:
            return None
        made = cls.__new__(cls)
        made._path, made._db, made.note = path, db, ""
        return made

    # --- chats ------------------------------------------------------------------------------------------------------

    def create(self, title: str = "", collection_id: int = 0, model_id: str = "") -> Chat:
        """A new chat; without a title it is named after its first question."""
        now = time.time()
        with self._change() as db:
            cursor = db.execute(
                "INSERT INTO chats (title, titled, collection_id, model_id, created_at, updated_at) VALUES (?,?,?,?,?,?)",
                (title or "New chat", bool(title), collection_id, model_id, now, now),
            )
            return self.chat(cast(int, cursor.lastrowid))

    def chat(self, chat_id: int) -> Chat:
        """Raises AppError where there is no such chat."""
        row = self._read(f"SELECT {CHAT_COLUMNS} FROM chats WHERE id = ?", (chat_id,)).fetchone()
        if row is None:
            raise AppError("This chat no longer exists.", "Choose another one.")
        return chat_of(row)

    def list_chats(self, limit: int = 100, offset: int = 0) -> list[Chat]:
        """Newest first."""
        rows = self._read(
            f"SELECT {CHAT_COLUMNS} FROM chats WHERE deleted_at IS NULL "
            "ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [chat_of(row) for row in rows]

    def count(self) -> int:
        return int(self._read("SELECT count(*) FROM chats WHERE deleted_at IS NULL").fetchone()[0])

    def rename(self, chat_id: int, title: str) -> None:
        self._update(chat_id, title=" ".join(title.split())[:200] or "New chat", titled=1)

    def set_collection(self, chat_id: int, collection_id: int) -> None:
        self._update(chat_id, collection_id=collection_id)

    def set_model(self, chat_id: int, model_id: str) -> None:
        self._update(chat_id, model_id=model_id)

    def delete(self, chat_id: int) -> None:
        """Out of sight at once; `restore` brings it back until `purge`."""
        self._update(chat_id, deleted_at=time.time())

    def restore(self, chat_id: int) -> None:
        self._update(chat_id, deleted_at=None)

    def purge(self, older_than_s: float = 0.0) -> int:
        """Remove deleted chats for good, from the full text and the write-ahead log too; returns how many."""
        with self._change() as db:
            before = time.time() - older_than_s
            gone = db.execute("DELETE FROM chats WHERE deleted_at IS NOT NULL AND deleted_at <= ?", (before,)).rowcount
            if gone:
                db.execute("INSERT INTO turns_text (turns_text) VALUES ('optimize')")
        if gone:
            self._empty_log()
        return gone

    def search(self, query: str, limit: int = 50) -> list[Hit]:
        """Chats whose title or text holds every word of the query (the last one may be unfinished), best first."""
        self._db.row_factory = sqlite3.Row
        with plain_errors(self._path):
            return search_chats(self._db, query, limit)

    # --- turns ------------------------------------------------------------------------------------------------------

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

    def add_question(self, chat_id: int, text: str, *, replaces: int | None = None) -> Turn:
        """The next question, or another version of the question `replaces`, which stays with all that followed it."""
        with self._change() as db:
            if replaces is not None:
                parent = self._row(replaces)["parent"]
            else:
                path = self._path_ids(chat_id)
                parent = path[-1] if path else 0
            turn_id = self._insert(chat_id, parent, "question", text, "done")
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
        """Store the answer with its evidence."""
        state: TurnState = "stopped" if answer.stopped else "done"
        with self._change() as db:
            db.execute(
                "UPDATE turns SET text = ?, state = ?, writer = NULL, answer = ? WHERE id = ?",
                (answer.text, state, msgspec.json.encode(answer), turn_id),
            )
            self._note_documents(turn_id, answer)
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
                messages.append(Message("user", question.text))
                messages.append(Message("assistant", plain_text(answer)))
        return tuple(messages)

    # --- feedback and forgetting ------------------------------------------------------------------------------------

    def set_feedback(self, turn_id: int, rating: Rating | None, corrected: str = "") -> Turn:
        """Thumb up, down or none, and what the user would have answered."""
        with self._change() as db:
            db.execute(
                "UPDATE turns SET rating = ?, corrected = ?, rated_at = ? WHERE id = ?",
                (rating, corrected if rating else "", time.time() if rating else None, turn_id),
            )
            return self.turn(turn_id)

    def feedback(self) -> list[Feedback]:
        """Every judged answer of the chats that are not deleted, oldest judgement first."""
        rows = self._read(
            "SELECT t.id, t.chat_id, t.parent, t.rated_at FROM turns t JOIN chats c ON c.id = t.chat_id "
            "WHERE t.rating IS NOT NULL AND t.answer IS NOT NULL AND c.deleted_at IS NULL ORDER BY t.rated_at, t.id"
        ).fetchall()
        return [self._feedback(row) for row in rows]

    def cited_documents(self) -> set[int]:
        """Ids of the documents whose passages stored answers hold."""
        return {row["document_id"] for row in self._read("SELECT DISTINCT document_id FROM cited")}

    def answers_about(self, document_ids: Sequence[int]) -> list[int]:
        """Ids of the stored answers that cite any of these documents."""
        found: set[int] = set()
        for document_id in document_ids:
            rows = self._read("SELECT turn_id FROM cited WHERE document_id = ?", (document_id,))
            found.update(row["turn_id"] for row in rows)
        return sorted(found)

    def delete_answers(self, turn_ids: Sequence[int]) -> list[int]:
        """Delete what these answers say, in the full text too; returns the chats that they stand in."""
        chats: set[int] = set()
        with self._change() as db:
            for turn_id in turn_ids:
                row = db.execute("SELECT chat_id FROM turns WHERE id = ? AND role = 'answer'", (turn_id,)).fetchone()
                if row is None:
                    continue
                chats.add(row["chat_id"])
                answer = msgspec.json.encode(Answer(text="", note="This answer was deleted."))
                db.execute(
                    "UPDATE turns SET text = '', answer = ?, rating = NULL, corrected = '' WHERE id = ?",
                    (answer, turn_id),
                )
                db.execute("DELETE FROM cited WHERE turn_id = ?", (turn_id,))
            db.execute("INSERT INTO turns_text (turns_text) VALUES ('optimize')")
        self._empty_log()
        return sorted(chats)

    def forget_document(self, document_id: int) -> int:
        """Blank what stored answers hold of a removed document, in the full text too; returns how many changed."""
        with self._change() as db:
            rows = db.execute(
                "SELECT t.id, t.text, t.answer FROM cited c JOIN turns t ON t.id = c.turn_id WHERE c.document_id = ?",
                (document_id,),
            ).fetchall()
            for row in rows:
                answer = without(_answers.decode(row["answer"]), document_id)
                db.execute("UPDATE turns SET answer = ? WHERE id = ?", (msgspec.json.encode(answer), row["id"]))
                if answer.text != row["text"]:
                    db.execute("UPDATE turns SET text = ? WHERE id = ?", (answer.text, row["id"]))
            db.execute("DELETE FROM cited WHERE document_id = ?", (document_id,))
            if rows:
                db.execute("INSERT INTO turns_text (turns_text) VALUES ('optimize')")
        if rows:
            self._empty_log()
        return len(rows)

    # --- whole chats ------------------------------------------------------------------------------------------------

    def tree(self, chat_id: int) -> list[Node]:
        """Every version of every turn, each after the one that it follows."""
        rows = self._read(f"SELECT {_TURN}, chosen FROM turns WHERE chat_id = ? ORDER BY id", (chat_id,))
        return [
            Node(
                id=row["id"],
                parent=row["parent"],
                chosen=bool(row["chosen"]),
                role=row["role"],
                text=row["text"],
                state=row["state"],
                answer=_answers.decode(row["answer"]) if row["answer"] else None,
                rating=row["rating"],
                corrected=row["corrected"],
                created_at=row["created_at"],
            )
            for row in rows
        ]

    def add_tree(self, chat: Chat, nodes: Sequence[Node]) -> Chat:
        """A new chat with these turns; their ids only say what follows what."""
        with self._change() as db:
            made = self.create(chat.title, chat.collection_id, chat.model_id)
            ids = {0: 0}
            for node in nodes:
                turn_id = self._insert(made.id, ids[node.parent], node.role, node.text, node.state)
                ids[node.id] = turn_id
                db.execute(
                    "UPDATE turns SET answer = ?, rating = ?, corrected = ?, rated_at = ?, created_at = ? WHERE id = ?",
                    (
                        msgspec.json.encode(node.answer) if node.answer else None,
                        node.rating,
                        node.corrected,
                        node.created_at if node.rating else None,
                        node.created_at,
                        turn_id,
                    ),
                )
                if node.answer is not None:
                    self._note_documents(turn_id, node.answer)
            for node in nodes:
                if node.chosen:
                    self._choose(db, made.id, ids[node.parent], ids[node.id])
            db.execute(
                "UPDATE chats SET created_at = ?, updated_at = ? WHERE id = ?",
                (chat.created_at or made.created_at, chat.updated_at or made.updated_at, made.id),
            )
            return self.chat(made.id)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make all changes inside one transaction: all of them, or none."""
        with self._change():
            yield

    # --- inside -----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction; a nested one joins it."""
        if self._db.in_transaction:
            yield self._db
            return
        try:
            self._db.row_factory = sqlite3.Row
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise plain(error, self._path) from error

    def _read(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        try:
            self._db.row_factory = sqlite3.Row
            return self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise plain(error, self._path) from error

    def _empty_log(self) -> None:
        """Bring the write-ahead log into the file and cut it, so that it holds nothing that was removed."""
        with contextlib.suppress(sqlite3.OperationalError):  # another process reads; its own close does it
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _update(self, chat_id: int, **values: Any) -> None:
        columns = ", ".join(f"{name} = ?" for name in values)
        with self._change() as db:
            if db.execute(f"UPDATE chats SET {columns} WHERE id = ?", (*values.values(), chat_id)).rowcount == 0:
                raise AppError("This chat no longer exists.", "Choose another one.")

    def _touch(self, chat_id: int) -> None:
        self._db.execute("UPDATE chats SET updated_at = max(?, updated_at + 1e-4) WHERE id = ?", (time.time(), chat_id))

    def _row(self, turn_id: int) -> sqlite3.Row:
        row = self._read(f"SELECT {_TURN} FROM turns WHERE id = ?", (turn_id,)).fetchone()
        if row is None:
            raise AppError("This message no longer exists.", "Open the chat again.")
        return cast(sqlite3.Row, row)

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
            rows = self._read(f"SELECT {_TURN} FROM turns WHERE id IN ({marks})", tuple(part))
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
            answer=_answers.decode(row["answer"]) if row["answer"] else None,
            version=siblings.index(row["id"]) + 1,
            versions=len(siblings),
            rating=row["rating"],
            corrected=row["corrected"],
            created_at=row["created_at"],
        )

    def _note_documents(self, turn_id: int, answer: Answer) -> None:
        passages = [source.passage for source in answer.sources] + list(answer.nearest)
        self._db.execute("DELETE FROM cited WHERE turn_id = ?", (turn_id,))
        self._db.executemany(
            "INSERT INTO cited (turn_id, document_id) VALUES (?, ?)",
            [(turn_id, document_id) for document_id in {passage.document_id for passage in passages}],
        )

    def _feedback(self, row: sqlite3.Row) -> Feedback:
        turn = self.turn(row["id"])
        assert turn.answer is not None and turn.rating is not None
        return Feedback(
            turn_id=turn.id,
            chat_id=turn.chat_id,
            history=self.history(turn.chat_id, turn.id),
            question=self._row(row["parent"])["text"],
            answer=turn.answer,
            rating=turn.rating,
            corrected=turn.corrected,
            rated_at=row["rated_at"],
        )
