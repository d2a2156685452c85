"""Puts what can be read of a damaged index into a new one: collections, documents, and passages with their vectors."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable

import msgspec
import numpy as np

from app.database.carve import Row, Value
from app.database.salvage import keep_ids
from app.documents.masked import Masked
from app.places import Place
from app.text.hidden import HiddenText
from app.text.parsed import Line
from app.types import Box

NOT_WHOLE = "A part of this document was lost when the index was damaged. Add it again."
RECOVERED = "Recovered documents"

_TABLES = ("collections", "documents", "passages")
_DOCUMENT = (
    *(int, str, str, str, str, str, str, int, (int, float), str, str, str),
    *((int, type(None)), int, (int, float, type(None))),
)
_PASSAGE = (int, int, int, (int, type(None)), str, str, str, bytes, bytes)
_LATER: tuple[Value, ...] = ("", None, None, None)
"""What stands for the header row of its table, the place, and how sure what was recognised in it is, of a passage that
was stored before they were known."""
_LATER_KINDS = (str, (bytes, type(None)), (int, float, type(None)), (bytes, type(None)))
_HIDDEN = (int, int, bytes)
_PERSONAL = (str, int, bytes)
_MASKING = ((int, float), str)
_MODEL_TEXT = (int, bytes, int)
_FOLDER = (int, str, str, int, str, (int, float), int)
_PUBLISHED = (str, str, str, int, int, int, (int, float), str, str)
_SHARED = (str, str, str, int, (int, float), str, str, (int, float))
"""Which document of an edition is which is not saved: the next edition brings all of them anew."""
_TOMBSTONE = ((int, type(None)), (int, type(None)), str, (int, float))


def salvage_documents(rows: Iterable[Row], db: sqlite3.Connection) -> str:
    """Fill a new index with the rows of a damaged one; returns what was saved."""
    highest: dict[str, int] = {}
    for rowid, values in rows:
        table = _table(values)
        if table == "passages":
            values = (*values, *_LATER[len(values) - len(_PASSAGE) - 1 :])
        elif table == "collections" and len(values) == 2:
            values = (*values, 0)  # stored before any was hidden
        elif table == "documents" and len(values) == len(_DOCUMENT) + 1:
            values = (*values, 0)  # stored before any was recognised
        if table:
            marks = ", ".join("?" * len(values))
            db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", (rowid, *values[1:]))
        elif len(values) == 2 and values[0] in _TABLES and isinstance(values[1], int):
            highest[str(values[0])] = values[1]
    _add_missing_collections(db)
    for table in ("texts", "passages", "hidden_texts", "personal_data", "model_texts"):
        db.execute(f"DELETE FROM {table} WHERE document_id NOT IN (SELECT id FROM documents)")
    for table in ("folders", "masking", "published", "shared"):
        db.execute(f"DELETE FROM {table} WHERE collection_id NOT IN (SELECT id FROM collections)")
    broken = _mark_broken(db)
    _count(db)
    keep_ids(db, _TABLES, highest)
    (count,) = db.execute("SELECT count(*) FROM documents").fetchone()
    if not count:
        return "None of it could be read; please add your documents again."
    said = f"{count} {'document' if count == 1 else 'documents'} could be read and are here."
    return f"{said} Not whole, and to be added again: {broken}." if broken else said


def _table(values: tuple[Value, ...]) -> str:
    """The table that a row is of, if what is in it is sound; else ""."""
    if values[:1] != (None,):
        return ""
    rest = values[1:]
    if _are(rest, str) or _are(rest, str, int):
        return "collections"
    if _are(rest, *_DOCUMENT) or _are(rest, *_DOCUMENT, int):
        return "documents"
    if _are(rest, str, bytes, bytes) and _packs(rest[1], tuple[tuple[int, int], ...]) and _packs(rest[2], _LINES):
        return "texts"
    if (
        _are(rest[: len(_PASSAGE)], *_PASSAGE)
        and _are(rest[len(_PASSAGE) :], *_LATER_KINDS[: len(rest) - len(_PASSAGE)])
        and all(value is None or _packs(value, Place) for value in rest[len(_PASSAGE) + 1 : len(_PASSAGE) + 2])
        and _is_vector(rest[7])
        and _packs(rest[8], tuple[Box, ...])
    ):
        return "passages"
    if _are(rest, *_HIDDEN) and _packs(rest[2], tuple[HiddenText, ...]):
        return "hidden_texts"
    if _are(rest, *_PERSONAL) and _packs(rest[2], Masked):
        return "personal_data"
    if _are(rest, *_MODEL_TEXT) and _packs(rest[1], tuple[tuple[int, int], ...]):
        return "model_texts"
    if _are(rest, *_MASKING):
        return "masking"
    if _are(rest, *_FOLDER):
        return "folders"
    if _are(rest, *_PUBLISHED):
        return "published"
    if _are(rest, *_SHARED):
        return "shared"
    return "tombstones" if _are(rest, *_TOMBSTONE) else ""


_LINES = tuple[Line, ...]


def _are(values: tuple[Value, ...], *kinds: type | tuple[type, ...]) -> bool:
    return len(values) == len(kinds) and all(map(isinstance, values, kinds))


def _packs(value: Value, kind: object) -> bool:
    try:
        msgspec.msgpack.decode(value if isinstance(value, bytes) else b"", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


def _is_vector(value: Value) -> bool:
    """Whether it has length 1: noise has not."""
    if not isinstance(value, bytes) or not value or len(value) % 4:
        return False
    vector = np.frombuffer(value, "<f4").astype(np.float64)
    return bool(abs(float(vector @ vector) - 1) < 1e-3)


def _add_missing_collections(db: sqlite3.Connection) -> None:
    """A collection for the documents whose own could not be read, under its id."""
    names = {row[0] for row in db.execute("SELECT name FROM collections")}
    sql = "SELECT DISTINCT collection_id FROM documents WHERE collection_id NOT IN (SELECT id FROM collections)"
    for (collection_id,) in db.execute(sql).fetchall():
        name, count = RECOVERED, 1
        while name in names:
            count += 1
            name = f"{RECOVERED} {count}"
        names.add(name)
        db.execute("INSERT INTO collections (id, name) VALUES (?, ?)", (collection_id, name))


def _mark_broken(db: sqlite3.Connection) -> int:
    """Documents of which something is missing say so, and are read again when they are added; → how many."""
    held = "(SELECT count(*) FROM passages p WHERE p.document_id = documents.id)"
    return db.execute(
        f"UPDATE documents SET status = 'failed', code = 'damaged', reason = ?, passages = {held} "
        f"WHERE status = 'indexed' AND (passages <> {held} OR id NOT IN (SELECT document_id FROM texts))",
        (NOT_WHOLE,),
    ).rowcount


def _count(db: sqlite3.Connection) -> None:
    """How many passages there are; caches, the full text among them, are to be built anew."""
    (count,) = db.execute("SELECT count(*) FROM passages").fetchone()
    stamp = str(int(time.time()))
    for key, value in (("passages", str(count)), ("generation", stamp), ("chain", stamp)):
        db.execute("INSERT INTO meta VALUES (?, ?)", (key, value))
