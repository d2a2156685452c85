"""The full text built anew when its terms have changed: a small one at once, a large one beside other work.

What is not in it yet is found by meaning alone. `meta` keeps the version of the terms and how far the work has come, so
that it goes on after a crash.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.database import Database
from app.documents.fulltext import INDEXED, Indexed, add_words
from app.documents.migrations import FULL_TEXT, WORDS_BY_LANGUAGE
from app.text import words

AT_ONCE = 2_000
"""Passages that are indexed before the first request: half a second."""

BATCH = 500
"""Passages a transaction."""

_WAITING = "p.id > (SELECT value + 0 FROM meta WHERE key = 'words_from') AND p.id <= ?"


def waits(store: Database, passage_id: int) -> bool:
    """Whether a passage is not in the full text yet."""
    return int(store.meta("words_from", "0")) < passage_id <= int(store.meta("words_goal", "0"))


def waiting(store: Database) -> int:
    """How many passages are not in the full text yet."""
    goal = int(store.meta("words_goal", "0"))
    if not goal:
        return 0
    row = store.db.execute(f"SELECT count(*) FROM passages p WHERE {_WAITING}", (goal,)).fetchone()
    return int(row[0])


def in_memory(store: Database) -> None:
    """A full text in memory over an older index that may only be read: temporary tables stand before its own."""
    if store.version >= WORDS_BY_LANGUAGE:
        return
    for statement in FULL_TEXT:
        store.db.execute(statement.format("temp"))
    store.db.execute("BEGIN")
    for row in store.db.execute(INDEXED):
        add_words(store.db, Indexed(*row))
    store.db.execute("COMMIT")


def begin(store: Database) -> None:
    """Empty a full text of other terms, and fill it again where that is quick."""
    if store.meta("words") != str(words.VERSION):
        with store.transaction() as db:
            db.execute("INSERT INTO words(words) VALUES ('delete-all')")
            (goal,) = db.execute("SELECT coalesce(max(id), 0) FROM passages").fetchone()
            values = {"words": words.VERSION, "words_from": 0, "words_goal": goal, "terms": 0}
            for key, value in values.items():
                store.set_meta(key, str(value))
    if waiting(store) <= AT_ONCE:
        for _ in steps(store):
            pass


def steps(store: Database) -> Iterator[None]:
    """Index what waits, a batch a step."""
    while goal := int(store.meta("words_goal", "0")):
        with store.transaction() as db:
            rows = db.execute(f"{INDEXED} WHERE {_WAITING} ORDER BY p.id LIMIT ?", (goal, BATCH)).fetchall()
            terms = sum(add_words(db, Indexed(*row)) for row in rows)
            store.set_meta("terms", str(int(store.meta("terms", "0")) + terms))
            store.set_meta("words_from", str(rows[-1][0] if rows else goal))
            if len(rows) < BATCH:
                store.set_meta("words_goal", "0")
        yield
