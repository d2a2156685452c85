"""The tables of the chat database, as a list of migrations."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from app.chats.salvage import salvage_chats
from app.database.errors import plain_errors
from app.database.opening import (
    Kind,
    Migration,
    make_notes,
    migrated_copy,
    open_reader,
    open_writer,
    refuse_newer,
    version_of,
)
from app.errors import AppError

SUBJECT = "Your chats"


def _first(db: sqlite3.Connection) -> None:
    for statement in (
        """CREATE TABLE chats (
            id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, titled INTEGER NOT NULL DEFAULT 0,
            collection TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '',
            created_at REAL NOT NULL, updated_at REAL NOT NULL, deleted_at REAL)""",
        "CREATE INDEX chats_shown ON chats (deleted_at, updated_at)",
        """CREATE TABLE turns (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
            parent INTEGER NOT NULL, chosen INTEGER NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL,
            state TEXT NOT NULL, writer INTEGER, answer BLOB, rating TEXT, corrected TEXT NOT NULL DEFAULT '',
            rated_at REAL, created_at REAL NOT NULL)""",
        "CREATE INDEX turns_tree ON turns (chat_id, parent, id)",
        "CREATE INDEX turns_writing ON turns (state) WHERE state = 'writing'",
        "CREATE INDEX turns_rated ON turns (rated_at) WHERE rating IS NOT NULL",
        """CREATE TABLE cited (
            turn_id INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE, document_id INTEGER NOT NULL,
            PRIMARY KEY (document_id, turn_id)) WITHOUT ROWID""",
        "CREATE INDEX cited_turn ON cited (turn_id)",
        """CREATE VIRTUAL TABLE turns_text USING fts5 (
            text, content = 'turns', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2')""",
        """CREATE TRIGGER turns_inserted AFTER INSERT ON turns WHEN new.state <> 'writing' BEGIN
            INSERT INTO turns_text (rowid, text) VALUES (new.id, new.text); END""",
        """CREATE TRIGGER turns_forgotten BEFORE UPDATE OF text, state ON turns WHEN old.state <> 'writing' BEGIN
            INSERT INTO turns_text (turns_text, rowid, text) VALUES ('delete', old.id, old.text); END""",
        """CREATE TRIGGER turns_learned AFTER UPDATE OF text, state ON turns WHEN new.state <> 'writing' BEGIN
            INSERT INTO turns_text (rowid, text) VALUES (new.id, new.text); END""",
        """CREATE TRIGGER turns_deleted BEFORE DELETE ON turns WHEN old.state <> 'writing' BEGIN
            INSERT INTO turns_text (turns_text, rowid, text) VALUES ('delete', old.id, old.text); END""",
    ):
        db.execute(statement)


def _ids(db: sqlite3.Connection) -> None:
    """Chats know their collection and model by id. The names of before stay until `resolve_…` has found their ids.

    Documents that were removed stay known by their ids alone: an answer that cites one may end after its removal.
    """
    for statement in (
        "ALTER TABLE chats RENAME COLUMN collection TO collection_name",
        "ALTER TABLE chats RENAME COLUMN model TO model_name",
        "ALTER TABLE chats ADD COLUMN collection_id INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE chats ADD COLUMN model_id TEXT NOT NULL DEFAULT ''",
        "CREATE TABLE removed (document_id INTEGER PRIMARY KEY)",
    ):
        db.execute(statement)
    make_notes(db)


def _attached(db: sqlite3.Connection) -> None:
    """A chat knows the hidden collection of its own files, by id; 0: it has none."""
    db.execute("ALTER TABLE chats ADD COLUMN attached_id INTEGER NOT NULL DEFAULT 0")


def _filters(db: sqlite3.Connection) -> None:
    """Which documents a question may be answered from, where its asker said so: ids and conditions, no names."""
    db.execute(
        """CREATE TABLE narrowed (
            turn_id INTEGER PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE, filter BLOB NOT NULL)"""
    )


def _pictures(db: sqlite3.Connection) -> None:
    """Pictures that go with a question, as we encoded them; they are deleted with it."""
    db.execute(
        """CREATE TABLE pictures (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            turn_id INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
            name TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, data BLOB NOT NULL)"""
    )
    db.execute("CREATE INDEX pictures_turn ON pictures (turn_id)")


def _own_models(db: sqlite3.Connection) -> None:
    """A chat may keep a model of its own; "": the model in use answers. `model_id` only says what it began with."""
    db.execute("ALTER TABLE chats ADD COLUMN own_model_id TEXT NOT NULL DEFAULT ''")


def _projects(db: sqlite3.Connection) -> None:
    """Chats lie in projects, know the chat that they are a branch of, and the app that they were exported from."""
    for statement in (
        """CREATE TABLE projects (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, collection_id INTEGER NOT NULL DEFAULT 0,
            created_at REAL NOT NULL)""",
        "ALTER TABLE chats ADD COLUMN project_id INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE chats ADD COLUMN branched_from INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE chats ADD COLUMN imported_from TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE chats ADD COLUMN imported_id TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX chats_imported ON chats (imported_from, imported_id) WHERE imported_id <> ''",
        "CREATE INDEX chats_of_project ON chats (project_id, deleted_at, updated_at)",
    ):
        db.execute(statement)


def _assistants(db: sqlite3.Connection) -> None:
    """Which assistant answers in a chat, by id; one that was removed is named by it still."""
    db.execute(
        """CREATE TABLE answered_by (
            chat_id INTEGER PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE, assistant_id TEXT NOT NULL)"""
    )


def _prints(db: sqlite3.Connection) -> None:
    """What answers are known by that a model wrote; an answer that is emptied, or goes, takes its print along."""
    db.execute(
        """CREATE TABLE prints (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            turn_id INTEGER NOT NULL UNIQUE REFERENCES turns (id) ON DELETE CASCADE,
            rule INTEGER NOT NULL, hashes BLOB NOT NULL)"""
    )
    db.execute(
        """CREATE TRIGGER turns_emptied AFTER UPDATE OF text ON turns WHEN new.text = '' BEGIN
            DELETE FROM prints WHERE turn_id = new.id; END"""
    )


MIGRATIONS: list[Migration] = [
    *(_first, _ids, _attached, _filters, _pictures, _own_models, _projects, _assistants, _prints),
]


def open_chats(path: Path, backups: Path) -> sqlite3.Connection:
    """The chat database, to write to; see `open_writer` for what it raises."""
    return open_writer(path, backups, _kind())


def look_at_chats(path: Path) -> sqlite3.Connection:
    """The chat database, to read only; an older one as a copy in memory. See `open_reader` for what it raises.

    Raises:
        NewerData: a newer Inhouse wrote it.
    """
    db = open_reader(path, SUBJECT)
    try:
        with plain_errors(SUBJECT, path):
            version = version_of(db)
            refuse_newer(version, len(MIGRATIONS), SUBJECT, path)
            if version == len(MIGRATIONS):
                return db
            copy = migrated_copy(db, _kind())
    except BaseException:
        db.close()
        raise
    db.close()
    return copy


def is_newest(path: Path) -> bool:
    """Whether the file is there, can be read and has the tables of this version. It changes nothing."""
    try:
        with contextlib.closing(open_reader(path, SUBJECT)) as db, plain_errors(SUBJECT, path):
            return version_of(db) == len(MIGRATIONS)
    except AppError:
        return False


def _kind() -> Kind:
    return Kind(SUBJECT, MIGRATIONS, frozenset({"chats", "turns", "cited", "turns_text"}), "turns_text", salvage_chats)
