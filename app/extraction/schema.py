"""The tables of tables.db, as a list of migrations, and what can be read of a damaged one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec

from app.database.carve import Row as Carved
from app.database.opening import Kind, Migration, make_notes, open_writer
from app.database.salvage import keep_ids
from app.extraction.records import Row, Table
from app.text.fields.field import Template

SUBJECT = "Your tables"


def _first(db: sqlite3.Connection) -> None:
    for statement in (
        """CREATE TABLE tables (
            id INTEGER PRIMARY KEY AUTOINCREMENT, collection_id INTEGER NOT NULL, name TEXT NOT NULL,
            body BLOB NOT NULL)""",
        """CREATE TABLE filled (
            id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
            document_id INTEGER NOT NULL, body BLOB NOT NULL)""",
        "CREATE UNIQUE INDEX filled_once ON filled (table_id, document_id)",
        "CREATE INDEX filled_of ON filled (document_id)",
        "CREATE TABLE templates (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB NOT NULL)",
        "CREATE TABLE removed (document_id INTEGER PRIMARY KEY)",
    ):
        db.execute(statement)
    make_notes(db)


MIGRATIONS: list[Migration] = [_first]


def open_tables(path: Path, backups: Path) -> sqlite3.Connection:
    """The database, to write to; see `open_writer` for what it raises."""
    names = frozenset({"tables", "filled", "templates", "removed"})
    return open_writer(path, backups, Kind(SUBJECT, MIGRATIONS, names, "", _salvage))


def _salvage(rows: Iterable[Carved], db: sqlite3.Connection) -> str:
    """Fill a new database with the rows of a damaged one; returns what was saved."""
    highest: dict[str, int] = {}
    for rowid, values in rows:
        match values:
            case (None, int(collection), str(name), bytes(body)) if _reads(body, Table):
                db.execute("INSERT OR IGNORE INTO tables VALUES (?, ?, ?, ?)", (rowid, collection, name, body))
            case (None, int(table), int(document), bytes(body)) if _reads(body, Row):
                db.execute("INSERT OR IGNORE INTO filled VALUES (?, ?, ?, ?)", (rowid, table, document, body))
            case (None, str(key), bytes(body)) if _reads(body, Template):
                db.execute("INSERT OR IGNORE INTO templates VALUES (?, ?, ?)", (rowid, key, body))
            case (None,):
                db.execute("INSERT OR IGNORE INTO removed VALUES (?)", (rowid,))
            case ("tables", int(last)):
                highest["tables"] = last
    db.execute("DELETE FROM filled WHERE table_id NOT IN (SELECT id FROM tables)")
    db.execute("DELETE FROM filled WHERE document_id IN (SELECT document_id FROM removed)")
    keep_ids(db, ("tables",), highest)
    tables, filled = (db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("tables", "filled"))
    return f"{tables} tables with {filled} rows could be read and are here." if tables else "None of it could be read."


def _reads(body: bytes, kind: type) -> bool:
    try:
        msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True
