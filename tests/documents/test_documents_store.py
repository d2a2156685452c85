"""The store when the disk, the folder or the file itself is against it. No embedder, no parser."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
import threading
import types
from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.documents import database, migrations
from app.documents import vectors as vectors_module
from app.documents.matrix import Matrix
from app.documents.store import NewDocument, Store
from app.embedder.identity import Identity
from app.errors import AppError, NoSpace
from app.text import words
from app.text.parsed import Block, Parsed
from app.text.passages import Piece

IDENTITY = Identity("test", "", "", "", "mean", "float32", 384, 512)
VECTOR = b"\0\0\x80?" + bytes(4 * 383)


def _new(collection: int, name: str, text: str) -> NewDocument:
    sha = hashlib.sha256(text.encode()).hexdigest()
    parsed = Parsed("text", text, (Block("paragraph", 0, len(text)),), sha256=sha, size=len(text))
    piece = Piece(0, len(text), None, "", "", 10)
    return NewDocument(collection, f"/files/{name}", parsed, f"{IDENTITY.id}/1/1", (0, 0.0), [piece], [VECTOR])


@pytest.fixture
def store(tmp_path: Path):
    made = Store(tmp_path / "documents.db", tmp_path / "backups")
    made.use(IDENTITY)
    yield made
    made.close()


def test_a_full_disk_says_so_and_loses_nothing(store: Store) -> None:
    collection = store.create_collection("c")
    store.put(_new(collection, "first.txt", "What was stored before is intact."))
    (pages,) = store.db.execute("PRAGMA page_count").fetchone()
    store.db.execute(f"PRAGMA max_page_count = {pages + 2}")  # SQLite's own way to run out of room
    with pytest.raises(NoSpace, match="full or the folder is read-only"):
        store.put(_new(collection, "large.txt", "word " * 20_000))
    assert [d.name for d in store.documents(collection)] == ["first.txt"] and store.count() == 1
    assert store.best_words("intact", 5) and not store.best_words("word", 5)
    store.db.execute("PRAGMA max_page_count = 1000000")
    store.put(_new(collection, "large.txt", "word " * 20_000))
    store.check()
    assert store.count() == 2


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(NoSpace):
        Store(folder / "documents.db", folder / "backups")


def test_a_read_only_database_says_so(store: Store) -> None:
    collection = store.create_collection("c")
    store.db.execute("PRAGMA query_only = ON")  # what a read-only folder makes of a connection
    with pytest.raises(NoSpace):
        store.put(_new(collection, "a.txt", "Nothing."))
    store.db.execute("PRAGMA query_only = OFF")
    assert store.documents(collection) == []


def test_a_migration_leaves_a_copy_of_what_was_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, backups = tmp_path / "documents.db", tmp_path / "backups"
    old = Store(path, backups)
    old.put(_new(old.create_collection("c"), "a.txt", "Kept through the migration."))
    old.close()
    assert not backups.exists(), "a first start copies nothing"

    def second(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE documents ADD COLUMN colour TEXT")

    before_it = len(migrations.MIGRATIONS)
    monkeypatch.setattr(migrations, "MIGRATIONS", [*migrations.MIGRATIONS, second])
    monkeypatch.setattr(database, "MIGRATIONS", migrations.MIGRATIONS)
    new = Store(path, backups)
    assert new.db.execute("SELECT name, colour FROM documents").fetchall()[0][:] == ("a.txt", None)
    new.close()
    (copy,) = backups.iterdir()
    before = sqlite3.connect(copy)
    assert before.execute("PRAGMA user_version").fetchone() == (before_it,)
    assert before.execute("SELECT text FROM passages").fetchone() == ("Kept through the migration.",)
    before.close()


@pytest.mark.parametrize("version", range(1, len(migrations.MIGRATIONS)))
def test_an_index_of_every_earlier_version_opens_is_searched_and_forgets(tmp_path: Path, version: int) -> None:
    """As the version itself made it, by its own statements."""
    path, backups = tmp_path / "documents.db", tmp_path / "backups"
    text = "The hotel limit in Munich is 165 euros."
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        for step in migrations.MIGRATIONS[:version]:
            step(db)
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("INSERT INTO collections (name) VALUES ('Rules')")
        db.execute(
            """INSERT INTO documents (collection_id, path, name, format, sha256, recipe, status, passages, indexed_at)
            VALUES (1, '/f/a.md', 'a.md', 'markdown', 'x', 'all-MiniLM-L6-v2/1/1', 'indexed', 1, 1.0)"""
        )
        pages = lines = msgspec.msgpack.encode([])
        db.execute("INSERT INTO texts VALUES (1, ?, ?, ?)", (text, pages, lines))
        vector = np.ones(384, dtype=np.float32).tobytes()
        db.execute(
            """INSERT INTO passages (document_id, start, "end", heading, context, text, vector, boxes)
            VALUES (1, 0, ?, 'Hotels', 'Hotels', ?, ?, ?)""",
            (len(text), text, vector, msgspec.msgpack.encode([])),
        )
    store = Store(path, backups)
    assert store.version == len(migrations.MIGRATIONS)
    assert [(each.name, each.passages) for each in store.documents(1)] == [("a.md", 1)]
    assert store.best_words("body : munich", 5) == [1] and store.passages([1])[1].text == text
    store.remove([1])
    assert store.best_words("body : munich", 5) == [] and store.documents(1) == []
    assert [row[0] for row in store.db.execute("SELECT document_id FROM tombstones")] == [1]
    store.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, backups = tmp_path / "documents.db", tmp_path / "backups"
    Store(path, backups).close()

    def broken(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE documents ADD COLUMN colour TEXT")
        db.execute("SELECT * FROM no_such_table")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", [*migrations.MIGRATIONS, broken])
        with pytest.raises(AppError, match="could not be used"):
            Store(path, backups)
    again = Store(path, backups)
    assert "colour" not in [row[1] for row in again.db.execute("PRAGMA table_info(documents)")]
    again.close()


def test_a_collection_that_went_meanwhile_takes_nothing_in(store: Store) -> None:
    collection = store.create_collection("c")
    store.drop_collection(collection)
    with pytest.raises(AppError, match="removed while files were being added"):
        store.put(_new(collection, "a.txt", "Too late."))
    assert store.count() == 0


def test_counts_of_words_follow_what_is_stored(store: Store) -> None:
    collection = store.create_collection("c")
    first = store.put(_new(collection, "a.txt", "alpha beta"))
    store.put(_new(collection, "b.txt", "alpha"))
    assert store.term_counts(["alpha", "beta", "gamma"]) == {"alpha": 2, "beta": 1}
    store.remove([first])
    assert store.term_counts(["alpha", "beta", "gamma"]) == {"alpha": 1}


def test_closing_while_chroma_is_still_being_imported_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A health check that came in the first second found a module with a name and nothing in it."""
    ready = threading.Event()
    monkeypatch.setattr(vectors_module, "_importing", threading.Thread(target=ready.wait, daemon=True))
    monkeypatch.setitem(sys.modules, "chromadb", types.ModuleType("chromadb"))
    waiting = vectors_module._imported()
    next(waiting)
    store = Store(tmp_path / "documents.db", tmp_path / "backups")
    vectors_module.Vectors(tmp_path / "vectors", store).close()
    store.close()
    ready.set()
    list(waiting)
    assert not vectors_module._importing.is_alive()


def test_a_rollback_forgets_what_it_erased(store: Store) -> None:
    """The matrix dropped rows that a full disk had brought back, and every later cosine was a neighbour's."""
    collection = store.create_collection("c")
    for name in ("a.txt", "b.txt", "c.txt"):
        store.put(_new(collection, name, f"The text of {name}."))
    matrix = Matrix(store)
    assert matrix.fits()
    (pages,) = store.db.execute("PRAGMA page_count").fetchone()
    store.db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(NoSpace):
        store.put(_new(collection, "b.txt", "word " * 20_000))
    store.db.execute("PRAGMA max_page_count = 1000000")
    store.put(_new(collection, "d.txt", "The text of d.txt."))
    assert matrix.fits()
    assert [int(id_) for id_ in matrix.ids] == [row[0] for row in store.vectors()]


def test_a_collection_takes_what_was_filed_meanwhile_along(store: Store) -> None:
    """Their rows went and their words stayed: every search over all collections failed from then on."""
    collection = store.create_collection("c")
    kept = store.create_collection("kept")
    store.put(_new(kept, "kept.txt", "A giraffe stays."))
    matrix = Matrix(store)
    store.put(_new(collection, "late.txt", "A giraffe came late."))
    assert matrix.fits()
    (term,) = words.terms("giraffe")
    assert len(store.best_words(term, 5)) == 2
    store.drop_collection(collection)
    assert len(store.best_words(term, 5)) == 1
    assert set(store.passages(store.best_words(term, 5))) == set(store.best_words(term, 5))
    assert store.count() == 1 and store.purge_due()
    assert matrix.fits() and len(matrix.ids) == 1


class _Held:
    """A Chroma collection that counts what is written to it."""

    metadata: dict[str, object] | None = None

    def __init__(self) -> None:
        self.writes = 0

    def count(self) -> int:
        return 0

    def upsert(self, **_rows: object) -> None:
        self.writes += 1

    def modify(self, metadata: object) -> None:
        pass


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_removal_while_chroma_is_built_ends_the_building(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Building it anew in the same process is what may bring a removed vector back."""
    collection = store.create_collection("c")
    removed = store.put(_new(collection, "a.txt", "Removed."))
    store.put(_new(collection, "b.txt", "Kept."))
    opened: list[_Held] = []

    def open_one(self: vectors_module.Vectors) -> None:
        self._collection = _Held()
        opened.append(self._collection)

    monkeypatch.setattr(vectors_module, "BATCH", 1)
    monkeypatch.setattr(vectors_module, "_imported", lambda: iter([None]))
    monkeypatch.setattr(vectors_module.Vectors, "_open", open_one)
    vectors = vectors_module.Vectors(tmp_path / "cache" / "vectors", store)
    building = vectors.synchronize()
    for _ in range(steps):  # imported, opened, first batch
        next(building)
    before = [held.writes for held in opened]
    store.remove([removed])
    vectors.forget()
    assert list(building) == []
    assert [held.writes for held in opened] == before and not vectors.ready()
    assert not vectors._marker.exists()
