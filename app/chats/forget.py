"""Clears stored answers of removed documents, in the chat database and in its copies, whatever their version."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from app.database.opening import version_of
from app.pictures import Picture
from app.types import Answer, Passage, Source, Trace

REMOVED = "> (A quotation stood here. Its document was removed.)"
DELETED = "This answer was deleted together with the document that it spoke of."

_QUOTE = re.compile(r"^[ \t]*>.*\[\d{1,3}\].*$", re.MULTILINE)
_NUMBER = re.compile(r"\[(\d{1,3})\]")
_answers = msgspec.json.Decoder(Answer)

PICTURES = 5
"""The version of the chats from which questions have pictures."""

Key = tuple[int, float]
"""A turn's id and when it was made: copies from before a loss of the database may use the id for another turn."""


def note_documents(db: sqlite3.Connection, turn_id: int, answer: Answer) -> None:
    """Remember which documents an answer names. The link outlives a document's removal."""
    db.execute("DELETE FROM cited WHERE turn_id = ?", (turn_id,))
    db.executemany(
        "INSERT INTO cited (turn_id, document_id) VALUES (?, ?)",
        [(turn_id, document_id) for document_id in documents_of(answer)],
    )


def note_pages(db: sqlite3.Connection, turn_id: int, pictures: Iterable[Picture]) -> None:
    """Remember which documents a question's pictures show a page of: these go with them."""
    shown = {document_id for picture in pictures for document_id in picture.documents}
    db.executemany("INSERT INTO cited (turn_id, document_id) VALUES (?, ?)", [(turn_id, each) for each in shown])


def note_same_pages(db: sqlite3.Connection, turn_id: int, other: int) -> None:
    """The same for another version of a question, which may have taken over its pictures."""
    same = "SELECT ?, document_id FROM cited WHERE turn_id = ?"
    db.execute(f"INSERT OR IGNORE INTO cited (turn_id, document_id) {same}", (turn_id, other))


def documents_of(answer: Answer) -> set[int]:
    """Every document that an answer names: as a source, as near, as newer, as looked at, or as calculated with."""
    passages = [source.passage for source in answer.sources] + [*answer.nearest, *answer.flagged]
    newer = {passage.newer.document_id for passage in passages if passage.newer}
    looked_at = {each.document_id for each in answer.trace.looked_at} if answer.trace else set()
    calculated = {answer.calculation.document_id} if answer.calculation else set()
    return newer | {passage.document_id for passage in passages} | looked_at | calculated


def without_removed(db: sqlite3.Connection, answer: Answer) -> Answer:
    """The answer as it may be stored: a document that it cites may have been removed while it was written."""
    ids = documents_of(answer)
    marks = ",".join("?" * len(ids))
    removed = db.execute(f"SELECT document_id FROM removed WHERE document_id IN ({marks})", tuple(ids)).fetchall()
    return without(answer, [row[0] for row in removed]) if removed else answer


def forget_documents(db: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Blank what answers hold of these documents: passages, their names and paths, quotations; and delete the pictures
    of questions that show a page of them; → turns changed.

    Run it in a transaction. What a model wrote in its own words stays: see `answers_about`.
    """
    changed = 0
    for turn_id, stored in _citing(db, ids):
        before = _answers.decode(stored)
        after = without(before, ids)
        if after != before:
            changed += 1
            db.execute("UPDATE turns SET answer = ? WHERE id = ?", (msgspec.json.encode(after), turn_id))
        if after.text != before.text:
            db.execute("UPDATE turns SET text = ? WHERE id = ?", (after.text, turn_id))
    changed += _forget_pages(db, ids)
    if version_of(db) > 1:  # copies may be of before a migration
        db.executemany("INSERT OR IGNORE INTO removed (document_id) VALUES (?)", [(each,) for each in ids])
    if changed:
        merge_words(db)
    return changed


def without(answer: Answer, ids: Iterable[int]) -> Answer:
    """The answer with the passages of these documents blanked, and what it quotes of them word for word."""
    gone = frozenset(ids)
    cited = {str(source.n) for source in answer.sources if source.passage.document_id in gone}

    def unquoted(line: re.Match[str]) -> str:
        return REMOVED if cited & set(_NUMBER.findall(line.group())) else line.group()

    def blank(passage: Passage) -> Passage:
        if passage.newer and passage.newer.document_id in gone:
            passage = msgspec.structs.replace(passage, newer=None)
        if passage.document_id not in gone:
            return passage
        spans: dict[str, Any] = {"best": None, "boxes": (), "flagged": (), "by_model": ()}
        blanks: dict[str, Any] = {**spans, "newer": None, "date": "", "date_words": ""}
        return msgspec.structs.replace(passage, document="", path="", text="", heading="", **blanks)

    calculation, note, text = answer.calculation, answer.note, _QUOTE.sub(unquoted, answer.text)
    if calculation is not None and calculation.document_id in gone:  # its words are column names and cells
        # Where it came to no figure, the text is that of another answer.
        note, text = "", REMOVED if calculation.sql else text
        calculation = msgspec.structs.replace(calculation, document="", sheet="", words="", sql="")
    return msgspec.structs.replace(
        answer,
        note=note,
        calculation=calculation,
        text=text,
        sources=tuple(Source(n=source.n, passage=blank(source.passage)) for source in answer.sources),
        nearest=tuple(blank(passage) for passage in answer.nearest),
        flagged=tuple(passage for passage in answer.flagged if passage.document_id not in gone),
        trace=_without(answer.trace, gone) if answer.trace else None,
    )


def _without(trace: Trace, ids: frozenset[int]) -> Trace:
    """The trace without the names of these documents; what became of their passages stays."""
    looked_at = tuple(
        msgspec.structs.replace(each, document="") if each.document_id in ids else each for each in trace.looked_at
    )
    return msgspec.structs.replace(trace, looked_at=looked_at)


def answers_about(db: sqlite3.Connection, ids: Sequence[int]) -> tuple[int, ...]:
    """Answers that cite these documents, removed or not, in words that are not a mere quotation; oldest first."""
    gone = frozenset(ids)
    return tuple(turn_id for turn_id, stored in _citing(db, ids) if _speaks_of(_answers.decode(stored), gone))


def _speaks_of(answer: Answer, ids: frozenset[int]) -> bool:
    cited = {str(source.n) for source in answer.sources if source.passage.document_id in ids}
    own = _QUOTE.sub("", answer.text).replace(REMOVED, "")
    made = answer.calculation
    calculated = made is not None and made.document_id in ids and bool(made.sql)
    return (bool(cited) or calculated) and bool(own.strip() or answer.thinking.strip())


def keys_of(db: sqlite3.Connection, turn_ids: Sequence[int]) -> list[Key]:
    """What these turns are known by in every copy."""
    marks = ",".join("?" * len(turn_ids))
    rows = db.execute(f"SELECT id, created_at FROM turns WHERE id IN ({marks})", tuple(turn_ids))
    return [(row[0], row[1]) for row in rows]


def delete_answers(db: sqlite3.Connection, keys: Iterable[Key]) -> int:
    """Empty these answers for good; they keep their place, since others may follow them; → how many there were."""
    empty = msgspec.json.encode(Answer(text="", note=DELETED))
    gone = 0
    for key in keys:
        changed = db.execute(
            "UPDATE turns SET text = '', answer = ?, rating = NULL, corrected = '', rated_at = NULL "
            "WHERE id = ? AND created_at = ? AND role = 'answer'",
            (empty, *key),
        ).rowcount
        if changed:
            db.execute("DELETE FROM cited WHERE turn_id = ?", key[:1])
        gone += changed
    if gone:
        merge_words(db)
    return gone


def merge_words(db: sqlite3.Connection) -> None:
    """FTS5 only marks what is deleted; merging all of it into one segment drops it."""
    db.execute("INSERT INTO turns_text (turns_text) VALUES ('optimize')")


def _forget_pages(db: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Delete the pictures of questions that show pages of these documents; → how many."""
    if version_of(db) < PICTURES:
        return 0
    marks = ",".join("?" * len(ids))
    asked = (
        f"SELECT t.id FROM turns t JOIN cited c ON c.turn_id = t.id WHERE t.role = 'question' "
        f"AND c.document_id IN ({marks})"
    )
    return db.execute(f"DELETE FROM pictures WHERE turn_id IN ({asked})", tuple(ids)).rowcount


def _citing(db: sqlite3.Connection, ids: Sequence[int]) -> list[tuple[int, bytes]]:
    """Id and stored answer of every turn that cites one of these documents."""
    marks = ",".join("?" * len(ids))
    links = f"SELECT turn_id FROM cited WHERE document_id IN ({marks})"
    rows = db.execute(f"SELECT id, answer FROM turns WHERE id IN ({links}) AND role = 'answer' ORDER BY id", tuple(ids))
    return [(row[0], row[1]) for row in rows]
