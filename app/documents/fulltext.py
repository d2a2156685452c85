"""The full text over passages: an FTS5 table without content, so that what goes in must be told again to come out."""

from __future__ import annotations

import sqlite3

from app.text import words


def scope_term(collection_id: int) -> str:
    """The word by which the full text knows a collection."""
    return f"c{collection_id}"


def add_words(db: sqlite3.Connection, passage_id: int, collection_id: int, context: str, text: str) -> int:
    """Let a passage be found; → how many terms its text has."""
    above, body = words.terms(context), words.terms(text)
    db.execute(
        "INSERT INTO words (rowid, scope, context, body) VALUES (?, ?, ?, ?)",
        (passage_id, scope_term(collection_id), " ".join(above), " ".join(body)),
    )
    return len(body)


def drop_words(db: sqlite3.Connection, passage_id: int, collection_id: int, context: str, text: str) -> int:
    """Take a passage out, by what it was put in with; → how many terms its text has."""
    above, body = words.terms(context), words.terms(text)
    db.execute(
        "INSERT INTO words (words, rowid, scope, context, body) VALUES ('delete', ?, ?, ?, ?)",
        (passage_id, scope_term(collection_id), " ".join(above), " ".join(body)),
    )
    return len(body)
