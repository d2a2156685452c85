"""Finds chats by their titles (any part of a word) and their text (SQLite's full-text index)."""

from __future__ import annotations

import re
import sqlite3

from app.chats.records import Chat, Hit

CHAT_COLUMNS = (
    "id, title, collection_id, model_id, attached_id, own_model_id, project_id, branched_from, imported_from,"
    " created_at, updated_at,"
    " coalesce((SELECT assistant_id FROM answered_by WHERE chat_id = chats.id), '') AS assistant_id"
)


def chat_of(row: sqlite3.Row) -> Chat:
    """A row of CHAT_COLUMNS."""
    return Chat(**dict(row))


def search_chats(db: sqlite3.Connection, query: str, limit: int) -> list[Hit]:
    """Titles first, then texts, each chat once; `db` gives sqlite3.Row."""
    words = re.findall(r"\w+", query)
    if not words:
        return []
    titles = _titles(db, words, limit)
    seen = {hit.chat.id for hit in titles}
    return (titles + [hit for hit in _texts(db, words, limit) if hit.chat.id not in seen])[:limit]


def _titles(db: sqlite3.Connection, words: list[str], limit: int) -> list[Hit]:
    like = " AND ".join(["title LIKE ? ESCAPE '\\'"] * len(words))
    rows = db.execute(
        f"SELECT {CHAT_COLUMNS} FROM chats WHERE deleted_at IS NULL AND {like} ORDER BY updated_at DESC LIMIT ?",
        (*["%" + word.replace("_", "\\_") + "%" for word in words], limit),
    )
    return [Hit(chat=chat_of(row), turn_id=None, snippet="") for row in rows]


def _texts(db: sqlite3.Connection, words: list[str], limit: int) -> list[Hit]:
    """The place that matches best of each chat."""
    match = " ".join(f'"{word}"' for word in words[:-1]) + f' "{words[-1]}"*'
    rows = db.execute(
        "SELECT t.id AS turn_id, t.chat_id, snippet(turns_text, 0, char(2), char(3), '…', 12) AS snippet "
        "FROM turns_text JOIN turns t ON t.id = turns_text.rowid JOIN chats c ON c.id = t.chat_id "
        "WHERE turns_text MATCH ? AND c.deleted_at IS NULL ORDER BY turns_text.rank LIMIT ?",
        (match, limit * 5),
    ).fetchall()
    best: dict[int, Hit] = {}
    for row in rows:
        if row["chat_id"] not in best:
            chat = db.execute(f"SELECT {CHAT_COLUMNS} FROM chats WHERE id = ?", (row["chat_id"],)).fetchone()
            best[row["chat_id"]] = Hit(chat=chat_of(chat), turn_id=row["turn_id"], snippet=row["snippet"])
    return list(best.values())
