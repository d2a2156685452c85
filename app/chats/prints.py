"""The prints of answers, by which a model's text is known again in a document (app/text/model_text.py).

A print is made as its answer is stored, from which its sources are subtracted: they may be blanked later. It goes with
its turn, in the copies too, and when an answer is emptied.
"""

from __future__ import annotations

import sqlite3

import msgspec

from app.chats.records import wrote
from app.text.model_text import RULE, print_of
from app.types import Answer, Passage

_QUESTIONS = """
    WITH RECURSIVE up (id, parent, role, text) AS (SELECT id, parent, role, text FROM turns WHERE id = ? UNION ALL
    SELECT t.id, t.parent, t.role, t.text FROM up JOIN turns t ON t.id = up.parent)
    SELECT text FROM up WHERE role = 'question'"""
_answers = msgspec.json.Decoder(Answer)


def unprinted(db: sqlite3.Connection, limit: int) -> list[int]:
    """Finished answers that have no print of the rule in force: of chats from before it, copied or imported."""
    sql = """SELECT t.id FROM turns t LEFT JOIN prints p ON p.turn_id = t.id
        WHERE t.role = 'answer' AND t.state <> 'writing' AND t.text <> '' AND coalesce(p.rule, 0) <> ? LIMIT ?"""
    return [row[0] for row in db.execute(sql, (RULE, limit))]


def make_print(db: sqlite3.Connection, turn_id: int) -> None:
    """Inside a transaction: store what this answer is known by; an empty print where no model wrote it."""
    text, stored = db.execute("SELECT text, answer FROM turns WHERE id = ?", (turn_id,)).fetchone()
    answer = _answers.decode(stored) if stored else Answer(text=text)
    hashes = b""
    if wrote(answer):
        asked = [row[0] for row in db.execute(_QUESTIONS, (turn_id,))]
        hashes = print_of(text, [*asked, *(part for each in answer.sources for part in _texts(each.passage))])
    db.execute("DELETE FROM prints WHERE turn_id = ?", (turn_id,))
    db.execute("INSERT INTO prints (turn_id, rule, hashes) VALUES (?, ?, ?)", (turn_id, RULE, hashes))


def _texts(passage: Passage) -> tuple[str, str, str]:
    return passage.text, passage.header, passage.heading
