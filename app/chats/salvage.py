"""Puts the chats that can be read in a damaged file into a new one, every message where it stood."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable

import msgspec

from app.chats.forget import note_documents
from app.database.carve import Row, Value
from app.types import Answer

LOST_QUESTION = "(This question could not be read.)"
LOST_ANSWER = "(This answer could not be read.)"

_answers = msgspec.json.Decoder(Answer)


def salvage_chats(rows: Iterable[Row], db: sqlite3.Connection) -> str:
    """Fill a new database with the rows of a damaged one; returns what was saved."""
    highest: dict[str, int] = {}
    for rowid, values in rows:
        if _is_chat(values):
            _insert(db, "chats", (rowid, *values[1:]))
        elif _is_turn(values):
            _insert(db, "turns", (rowid, *values[1:]))
        elif values == (None,):
            db.execute("INSERT OR IGNORE INTO removed (document_id) VALUES (?)", (rowid,))
        elif len(values) == 2 and values[0] in ("chats", "turns") and isinstance(values[1], int):
            highest[str(values[0])] = values[1]
    _add_missing_chats(db)
    _join_trees(db)
    for row in db.execute("SELECT id, answer FROM turns WHERE answer IS NOT NULL").fetchall():
        note_documents(db, row[0], _answers.decode(row[1]))
    keep_ids(db, ("chats", "turns"), highest)
    chats, turns = (db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("chats", "turns"))
    return f"{chats} chats with {turns} messages could be read and are here." if chats else "None of it could be read."


def keep_ids(db: sqlite3.Connection, tables: Iterable[str], highest: dict[str, int]) -> None:
    """Let no id be given out again; where the highest is not known, go on above any that there can have been."""
    for table in tables:
        (seen,) = db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
        last = max(seen, highest.get(table, int(time.time())))
        db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))


def _is_chat(values: tuple[Value, ...]) -> bool:
    """A row of `chats`, as version 1 wrote it or later."""
    if len(values) not in (8, 10) or values[0] is not None or not _are(values[1:7], str, int, str, str):
        return False
    return _is_number(*values[5:7]) and (values[7] is None or _is_number(values[7])) and _are(values[8:], int, str)


def _is_turn(values: tuple[Value, ...]) -> bool:
    """A row of `turns` whose answer, if it has one, can be read."""
    if len(values) != 13 or values[0] is not None or not _are(values[1:], int, int, int, str, str, str):
        return False
    if values[4] not in ("question", "answer") or values[6] not in ("writing", "done", "stopped"):
        return False
    if values[9] not in (None, "up", "down") or not isinstance(values[10], str) or not _is_number(values[12]):
        return False
    if values[8] is None:
        return True
    try:
        _answers.decode(values[8] if isinstance(values[8], bytes | str) else b"")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


def _are(values: tuple[Value, ...], *kinds: type) -> bool:
    return all(isinstance(value, kind) for value, kind in zip(values, kinds, strict=False))


def _is_number(*values: Value) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _insert(db: sqlite3.Connection, table: str, values: tuple[Value, ...]) -> None:
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")][: len(values)]
    marks = ", ".join("?" * len(names))
    db.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})", values)


def _add_missing_chats(db: sqlite3.Connection) -> None:
    """A chat for the messages whose own could not be read."""
    db.execute(
        "INSERT INTO chats (id, title, created_at, updated_at) SELECT chat_id, 'Recovered chat', min(created_at), "
        "max(created_at) FROM turns WHERE chat_id NOT IN (SELECT id FROM chats) GROUP BY chat_id"
    )


def _join_trees(db: sqlite3.Connection) -> None:
    """Something in the place of each message that others follow and that could not be read."""
    lost = db.execute(
        "SELECT DISTINCT chat_id, parent, role, created_at FROM turns AS t WHERE parent <> 0 "
        "AND NOT EXISTS (SELECT 1 FROM turns AS p WHERE p.id = t.parent) GROUP BY chat_id, parent ORDER BY parent"
    ).fetchall()
    for chat_id, turn_id, follower, created_at in lost:
        role, text = ("question", LOST_QUESTION) if follower == "answer" else ("answer", LOST_ANSWER)
        before = _last_before(db, chat_id, turn_id, follower)
        if role == "answer" and not before:  # a chat does not begin with an answer
            db.execute("UPDATE turns SET parent = 0 WHERE chat_id = ? AND parent = ?", (chat_id, turn_id))
            continue
        db.execute(
            "INSERT INTO turns (id, chat_id, parent, chosen, role, text, state, created_at) "
            "VALUES (?, ?, ?, 0, ?, ?, 'done', ?)",
            (turn_id, chat_id, before, role, text, created_at),
        )
    db.execute(
        "UPDATE turns SET chosen = 1 WHERE id IN (SELECT max(id) FROM turns GROUP BY chat_id, parent "
        "HAVING max(chosen) = 0)"
    )


def _last_before(db: sqlite3.Connection, chat_id: int, turn_id: int, role: str) -> int:
    """The newest turn of a role before this one; 0 where there is none."""
    sql = "SELECT coalesce(max(id), 0) FROM turns WHERE chat_id = ? AND id < ? AND role = ?"
    return int(db.execute(sql, (chat_id, turn_id, role)).fetchone()[0])
