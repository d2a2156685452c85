"""How the documents database grew: a list of functions, run in order, with a copy taken before the first of them."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

from app.database.opening import Kind, Migration, make_notes, open_writer
from app.documents.salvage import salvage_documents

SUBJECT = "The document index"


def _first(db: sqlite3.Connection) -> None:
    """Collections, documents with their text, passages with their vectors, and the full text over them."""
    for statement in (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE collections (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE)",
        """CREATE TABLE documents (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            collection_id INTEGER NOT NULL REFERENCES collections(id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            name TEXT NOT NULL,
            format TEXT NOT NULL DEFAULT '',
            title TEXT NOT NULL DEFAULT '',
            sha256 TEXT NOT NULL DEFAULT '',
            recipe TEXT NOT NULL DEFAULT '',
            bytes INTEGER NOT NULL DEFAULT 0,
            modified REAL NOT NULL DEFAULT 0,
            status TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            code TEXT NOT NULL DEFAULT '',
            pages INTEGER,
            passages INTEGER NOT NULL DEFAULT 0,
            indexed_at REAL,
            UNIQUE (collection_id, path))""",
        "CREATE INDEX documents_by_content ON documents (sha256)",
        """CREATE TABLE texts (
            document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
            text TEXT NOT NULL, pages BLOB NOT NULL, lines BLOB NOT NULL)""",
        """CREATE TABLE passages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
            start INTEGER NOT NULL, "end" INTEGER NOT NULL, page INTEGER,
            heading TEXT NOT NULL, context TEXT NOT NULL, text TEXT NOT NULL,
            vector BLOB NOT NULL, boxes BLOB NOT NULL)""",
        "CREATE INDEX passages_by_document ON passages (document_id)",
        """CREATE VIRTUAL TABLE words USING fts5(scope, context, body, content='', columnsize=1,
            tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '.,'")""",
        "CREATE VIRTUAL TABLE word_counts USING fts5vocab(words, row)",
    ):
        db.execute(statement)


def _tombstones(db: sqlite3.Connection) -> None:
    """What was removed stays known until every other store has followed.

    An id that was given out and is not there now was removed: 0.1.0 may have been killed before the chats were told.
    """
    db.execute(
        """CREATE TABLE tombstones (
            id INTEGER PRIMARY KEY, document_id INTEGER UNIQUE, collection_id INTEGER UNIQUE,
            name TEXT NOT NULL, removed_at REAL NOT NULL)"""
    )
    make_notes(db)
    last = dict(db.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    there = {row[0] for row in db.execute("SELECT id FROM documents")}
    db.executemany(
        "INSERT INTO tombstones (document_id, name, removed_at) VALUES (?, '', ?)",
        [(id_, time.time()) for id_ in range(1, last.get("documents", 0) + 1) if id_ not in there],
    )


FIRST_EMBEDDER = "all-MiniLM-L6-v2"
"""What made every vector before this table was there; the recipes of documents began with its name."""


def _embedders(db: sqlite3.Connection) -> None:
    """Who made the vectors, by the id that begins a document's recipe: vectors of two embedders are never compared."""
    db.execute("CREATE TABLE embedders (id TEXT PRIMARY KEY, identity TEXT NOT NULL)")
    identity = {
        "name": FIRST_EMBEDDER, "sha256": "", "query": "", "passage": "", "pooling": "mean", "precision": "float32",
        "dimensions": 384, "tokens": 256,
    }  # fmt: skip
    db.execute("INSERT INTO embedders VALUES (?, ?)", (FIRST_EMBEDDER, json.dumps(identity)))


def _headers(db: sqlite3.Connection) -> None:
    """A passage from the middle of a table knows the header row; until its file is read again, from its context."""
    db.execute("ALTER TABLE passages ADD COLUMN header TEXT NOT NULL DEFAULT ''")
    db.execute(
        """UPDATE passages SET header = substr(context, length(heading) + 2)
        WHERE instr(context, heading || char(10)) = 1 AND instr(substr(context, length(heading) + 2), char(10)) = 0"""
    )


FULL_TEXT = (
    """CREATE VIRTUAL TABLE {0}.words USING fts5(scope, name, context, body, extra, content='', columnsize=1,
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '.,'")""",
    "CREATE VIRTUAL TABLE {0}.word_counts USING fts5vocab(words, row)",
)
"""What fulltext.py fills, in the schema of a name."""


def _words_by_language(db: sqlite3.Connection) -> None:
    """Full text with file names, part numbers and languages; it is filled from the stored text, see rewording.py.

    Recipes end with how passages and vectors were made: terms no longer belong to them.
    """
    for statement in (
        "DROP TABLE word_counts",
        "DROP TABLE words",
        *(statement.format("main") for statement in FULL_TEXT),
        "UPDATE documents SET recipe = substr(recipe, 1, length(recipe) - 2) WHERE recipe LIKE '%/_/1'",
    ):
        db.execute(statement)


def _hidden(db: sqlite3.Connection) -> None:
    """A collection of the files of one chat or one question: no list and no search has it unless it is named."""
    db.execute("ALTER TABLE collections ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0")


def _places(db: sqlite3.Connection) -> None:
    """Where a passage stands that is on no page: a slide, cells of a sheet, a message, a member of an archive."""
    db.execute("ALTER TABLE passages ADD COLUMN place BLOB")


def _next_vectors(db: sqlite3.Connection) -> None:
    """Vectors of an embedder that is to be used next, or is and has not reached its passages: `meta.next_vectors` says
    whose. And what its cosines usually are, in JSON."""
    db.execute(
        """CREATE TABLE next_vectors (
            passage_id INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE, vector BLOB NOT NULL)"""
    )
    db.execute("ALTER TABLE embedders ADD COLUMN background TEXT NOT NULL DEFAULT ''")


def _hidden_texts(db: sqlite3.Connection) -> None:
    """What readers of a document do not see, and whether a person wants it read. A table of its own: rows of
    `documents` are known by their shape to whoever salvages them."""
    db.execute(
        """CREATE TABLE hidden_texts (
            document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
            wanted INTEGER NOT NULL, warned INTEGER NOT NULL, found BLOB NOT NULL)"""
    )


def _folders(db: sqlite3.Connection) -> None:
    """Watched folders, what each file looked like when it was last looked at, the trash, and what changed."""
    for statement in (
        """CREATE TABLE folders (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            collection_id INTEGER NOT NULL REFERENCES collections(id) ON DELETE CASCADE,
            path TEXT NOT NULL, rules TEXT NOT NULL, paused INTEGER NOT NULL,
            absence TEXT NOT NULL, since REAL NOT NULL, device INTEGER NOT NULL,
            UNIQUE (collection_id, path))""",
        """CREATE TABLE excluded (
            folder_id INTEGER NOT NULL REFERENCES folders(id) ON DELETE CASCADE, digest BLOB NOT NULL,
            PRIMARY KEY (folder_id, digest)) WITHOUT ROWID""",
        """CREATE TABLE seen (
            document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
            bytes INTEGER NOT NULL, modified REAL NOT NULL, kept INTEGER NOT NULL DEFAULT 0)""",
        """CREATE TABLE trash (
            document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE, since REAL NOT NULL)""",
        """CREATE TABLE changes (
            document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
            kind TEXT NOT NULL, at REAL NOT NULL, before TEXT NOT NULL,
            PRIMARY KEY (document_id, kind)) WITHOUT ROWID""",
        "CREATE INDEX changes_by_time ON changes (at)",
        """INSERT INTO seen (document_id, bytes, modified)
            SELECT id, bytes, modified FROM documents WHERE status = 'indexed'""",
    ):
        db.execute(statement)


def _scans(db: sqlite3.Connection) -> None:
    """Pages that are pictures: which are still to be recognised (state 0), and what was recognised on the others."""
    for statement in (
        """CREATE TABLE scans (
            document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
            page INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, sure REAL, seen BLOB, reason TEXT,
            PRIMARY KEY (document_id, page)) WITHOUT ROWID""",
        "ALTER TABLE documents ADD COLUMN merged INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE passages ADD COLUMN sure REAL",
        "ALTER TABLE passages ADD COLUMN unsure BLOB",
    ):
        db.execute(statement)


def _files_inside(db: sqlite3.Connection) -> None:
    """Files in mails and archives are documents of their own from here on: the folders that are followed read theirs
    again, as if they had changed. Until then, and elsewhere until they are added again, they stay in the text of their
    container."""
    db.execute(
        "UPDATE seen SET bytes = -1 WHERE document_id IN (SELECT id FROM documents WHERE format IN ('mail', 'zip'))"
    )


def _shares(db: sqlite3.Connection) -> None:
    """Collections that colleagues read (`published`), and those of colleagues that are read here (`shared`)."""
    for statement in (
        """CREATE TABLE published (
            collection_id INTEGER PRIMARY KEY REFERENCES collections(id) ON DELETE CASCADE,
            share TEXT NOT NULL, path TEXT NOT NULL, by TEXT NOT NULL, follows INTEGER NOT NULL,
            keep_paths INTEGER NOT NULL, edition INTEGER NOT NULL, at REAL NOT NULL, state TEXT NOT NULL,
            problem TEXT NOT NULL)""",
        """CREATE TABLE shared (
            collection_id INTEGER PRIMARY KEY REFERENCES collections(id) ON DELETE CASCADE,
            share TEXT NOT NULL, path TEXT NOT NULL, by TEXT NOT NULL, edition INTEGER NOT NULL, at REAL NOT NULL,
            sha256 TEXT NOT NULL, problem TEXT NOT NULL DEFAULT '', since REAL NOT NULL DEFAULT 0)""",
        """CREATE TABLE shared_documents (
            document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
            key INTEGER NOT NULL, digest BLOB NOT NULL)""",
    ):
        db.execute(statement)


def _masking(db: sqlite3.Connection) -> None:
    """Which kinds of personal data are masked in a collection; and what of a document was masked, or that a person
    decided to leave it. What stood there is kept nowhere."""
    for statement in (
        """CREATE TABLE masking (
            collection_id INTEGER PRIMARY KEY REFERENCES collections(id) ON DELETE CASCADE,
            since REAL NOT NULL, kinds TEXT NOT NULL)""",
        """CREATE TABLE personal_data (
            document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
            kinds TEXT NOT NULL, exempt INTEGER NOT NULL, found BLOB NOT NULL)""",
    ):
        db.execute(statement)


def _vector_queue(db: sqlite3.Connection) -> None:
    """What a vector server has not been told yet, in the order of the changes; triggers fill it while one is chosen."""
    db.execute(
        """CREATE TABLE vector_queue (
            id INTEGER PRIMARY KEY AUTOINCREMENT, passage_id INTEGER NOT NULL, gone INTEGER NOT NULL)"""
    )


def _model_texts(db: sqlite3.Connection) -> None:
    """What of a document a model wrote: the spans, up to which print it was looked at (-1: not yet, it was read anew),
    and whether a person approved it."""
    db.execute(
        """CREATE TABLE model_texts (
            document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
            looked INTEGER NOT NULL, spans BLOB NOT NULL, approved INTEGER NOT NULL DEFAULT 0)"""
    )


MIGRATIONS: list[Migration] = [
    *(_first, _tombstones, _embedders, _headers, _words_by_language, _hidden, _places, _next_vectors, _hidden_texts),
    *(_folders, _scans, _files_inside, _shares, _vector_queue, _masking, _model_texts),
]

WORDS_BY_LANGUAGE = 5
"""The version of an index from which its full text is the one that is searched."""

HIDDEN_COLLECTIONS = 6
"""The version of an index from which a collection may be hidden."""

PLACES = 7
"""The version of an index from which passages know their place."""

NEXT_VECTORS = 8
"""The version of an index from which vectors of another embedder are made beside those in use."""

HIDDEN_TEXTS = 9
"""The version of an index from which hidden text is kept."""

FOLDERS = 10
"""The version of an index from which folders are followed and documents may lie in the trash."""

SCANS = 11
"""The version of an index from which it knows pages that are pictures."""

SHARES = 13
"""The version of an index from which collections are shared in folders."""

VECTOR_QUEUE = 14
"""The version of an index from which it knows what a vector server is still to be told."""

MASKING = 15
"""The version of an index from which personal data may be masked."""

MODEL_TEXTS = 16
"""The version of an index from which it knows what a model wrote."""


def open_index(path: Path, backups: Path) -> sqlite3.Connection:
    """The documents database, to write to; see `open_writer` for what it raises."""
    tables = frozenset({"meta", "collections", "documents", "texts", "passages", "words"})
    return open_writer(path, backups, Kind(SUBJECT, MIGRATIONS, tables, "words", salvage_documents))
