"""Puts the chats that can be read in a damaged file into a new one, every message where it stood."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from app.chats.forget import note_documents
from app.database.carve import Row, Value
from app.database.salvage import keep_ids
from app.types import Answer

LOST_QUESTION = "(This question could not be read.)"
LOST_ANSWER = "The answer that stood here could not be read."

TABLES = ("chats", "turns", "projects", "prints")
"""Those whose ids are never given out again. Prints are made anew: documents know up to which they were looked at."""

_answers = msgspec.json.Decoder(Answer)


def salvage_chats(rows: Iterable[Row], db: sqlite3.Connection) -> str:
    """Fill a new database with the rows of a damaged one; returns what was saved."""
    highest: dict[str, int] = {}
    for rowid, values in rows:
        if _is_chat(values):
            _insert(db, "chats", (rowid, *values[1:]))
        elif _is_turn(values):
            _insert(db, "turns", (rowid, *values[1:]))
        elif _is_picture(values):
            _insert(db, "pictures", (rowid, *values[1:]))
        elif _is_project(values):
            _insert(db, "projects", (rowid, *values[1:]))
        elif values == (None,):
            db.execute("INSERT OR IGNORE INTO removed (document_id) VALUES (?)", (rowid,))
        elif len(values) == 2 and values[0] is None and isinstance(values[1], str):
            _insert(db, "answered_by", (rowid, values[1]))
        elif len(values) == 2 and values[0] in TABLES and isinstance(values[1], int):
            highest[str(values[0])] = values[1]
    db.execute("DELETE FROM pictures WHERE turn_id NOT IN (SELECT id FROM turns)")
    _add_missing_chats(db)
    _join_trees(db)
    for row in db.execute("SELECT id, answer FROM turns WHERE answer IS NOT NULL").fetchall():
        note_documents(db, row[0], _answers.decode(row[1]))
    keep_ids(db, TABLES, highest)
    db.execute("UPDATE chats SET project_id = 0 WHERE project_id NOT IN (SELECT id FROM projects)")
    chats, turns = (db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("chats", "turns"))
    return f"{chats} chats with {turns} messages could be read and are here." if chats else "None of it could be read."


def _is_chat(values: tuple[Value, ...]) -> bool:
    """A row of `chats`, as version 1 wrote it or later."""
    if len(values) not in (8, 10, 11, 12, 16) or values[0] is not None or not _are(values[1:7], str, int, str, str):
        return False
    return (
        _is_number(*values[5:7])
        and (values[7] is None or _is_number(values[7]))
        and _are(values[8:], int, str, int, str, int, int, str, str)
    )


def _is_project(values: tuple[Value, ...]) -> bool:
    return len(values) == 4 and values[0] is None and _are(values[1:], str, int, float)


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


def _is_picture(values: tuple[Value, ...]) -> bool:
    return len(values) == 6 and values[0] is None and _are(values[1:], int, str, int, int, bytes)


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
    """Every message follows one that is there: where the one before is lost, something stands in for it."""
    orphans = db.execute(
        "SELECT chat_id, parent, role, min(created_at) FROM turns AS t WHERE parent <> 0 "
        "AND NOT EXISTS (SELECT 1 FROM turns AS p WHERE p.id = t.parent) GROUP BY chat_id, parent, role ORDER BY parent"
    ).fetchall()
    for chat_id, lost, role, created_at in orphans:
        last = _last(db, chat_id, lost)
        if role == "answer":
            _stand_in(db, (lost, chat_id, last.get("answer", 0), "question", LOST_QUESTION, None, created_at))
        elif last.get("question", 0) > last.get("answer", 0):
            note = msgspec.json.encode(Answer(text="", note=LOST_ANSWER))
            _stand_in(db, (lost, chat_id, last["question"], "answer", "", note, created_at))
        else:
            sql = "UPDATE turns SET parent = ? WHERE chat_id = ? AND parent = ?"
            db.execute(sql, (last.get("answer", 0), chat_id, lost))
    _choose(db)


def _last(db: sqlite3.Connection, chat_id: int, before: int) -> dict[str, int]:
    """The newest question and the newest answer before a turn."""
    rows = db.execute("SELECT role, max(id) FROM turns WHERE chat_id = ? AND id < ? GROUP BY role", (chat_id, before))
    return dict(rows.fetchall())


def _stand_in(db: sqlite3.Connection, values: tuple[Value, ...]) -> None:
    db.execute(
        "INSERT OR IGNORE INTO turns (id, chat_id, parent, role, text, answer, created_at, chosen, state) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 1, 'done')",
        values,
    )


def _choose(db: sqlite3.Connection) -> None:
    """One of the versions in each place is shown."""
    for chat_id, parent in db.execute("SELECT DISTINCT chat_id, parent FROM turns").fetchall():
        db.execute(
            "UPDATE turns SET chosen = (id = (SELECT id FROM turns WHERE chat_id = :chat AND parent = :parent "
            "ORDER BY chosen DESC, id DESC LIMIT 1)) WHERE chat_id = :chat AND parent = :parent",
            {"chat": chat_id, "parent": parent},
        )
