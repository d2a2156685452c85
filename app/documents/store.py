"""The truth about documents: text, passages, vectors and full text in one SQLite file, a transaction a document.

Write-ahead log with synchronous=FULL: what was committed survives a kill or a power cut. secure_delete overwrites what
is removed. Everything else (Chroma, the matrix in memory) can be rebuilt from here.
"""

from __future__ import annotations

import bisect
import contextlib
import heapq
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents import words
from app.documents.migrations import migrate, refuse_newer
from app.documents.parsed import Line, Parsed
from app.documents.passages import Piece
from app.errors import AppError, Busy, NoSpace
from app.types import Box, Collection, Document, FileStatus, Passage

_FULL = ("database or disk is full", "readonly database", "unable to open database", "disk I/O error")

Row = sqlite3.Row


class Stored(msgspec.Struct, frozen=True):
    """A document's row as the indexer needs it."""

    id: int
    sha256: str
    recipe: str
    status: str
    passages: int
    pages: int | None


class NewDocument(msgspec.Struct, frozen=True):
    """What one transaction puts in."""

    collection_id: int
    path: str
    parsed: Parsed
    recipe: str
    modified: float
    pieces: Sequence[Piece]
    vectors: Sequence[bytes]  # float32, little endian, one a piece


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turn SQLite's errors into words for the user.

    Raises:
        Busy: another process writes to the database.
        NoSpace: the disk is full or the folder is read-only.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise Busy("The document index is in use.", "Please close the other Inhouse window.", text) from error
        if any(part in text for part in _FULL):
            raise NoSpace(
                "The document index could not be written: the disk is full or the folder is read-only.",
                "Please make room or check the folder's permissions. Everything stored before is intact.",
                text,
            ) from error
        raise
    except sqlite3.DatabaseError as error:
        raise AppError(
            "The document index is damaged.",
            "Please restart Inhouse: the damaged file is set aside, and your documents can be added again.",
            str(error),
        ) from error


class Store:
    """One connection to documents.db; used by one thread."""

    def __init__(self, path: Path, backups: Path) -> None:
        self.path = path
        self._erased: list[int] = []
        with plain_errors():
            self.db = sqlite3.connect(path, isolation_level=None, timeout=5.0)
            self.db.row_factory = sqlite3.Row
            try:
                self._open(backups)
            except BaseException:
                self.db.close()
                raise

    def _open(self, backups: Path) -> None:
        db = self.db
        refuse_newer(db, self.path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA cache_size = -65536")
        db.execute("PRAGMA temp_store = MEMORY")
        migrate(db, self.path, backups)
        if sqlite3.sqlite_version_info >= (3, 42):
            db.execute("INSERT INTO words(words, rank) VALUES ('secure-delete', 1)")

    def close(self) -> None:
        self.db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        with plain_errors():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    # --- meta --------------------------------------------------------------------------------------------------------

    def meta(self, key: str, default: str = "") -> str:
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def set_meta(self, key: str, value: str) -> None:
        self.db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value))

    @property
    def generation(self) -> int:
        """Counts up with every change of the set of passages: what caches compare themselves with."""
        return int(self.meta("generation", "0"))

    def _changed(self) -> None:
        self.set_meta("generation", str(self.generation + 1))

    def _broke(self) -> None:
        """Passages went: a cache that only adds what is new is no longer true."""
        self.set_meta("chain", str(int(self.meta("chain", "0")) + 1))

    # --- collections -------------------------------------------------------------------------------------------------

    def collections(self) -> list[Collection]:
        rows = self.db.execute(
            """SELECT c.id, c.name, count(d.id) AS n, coalesce(sum(d.passages), 0) AS p, coalesce(sum(d.bytes), 0) AS b
            FROM collections c LEFT JOIN documents d ON d.collection_id = c.id GROUP BY c.id ORDER BY c.name"""
        )
        return [Collection(id=r["id"], name=r["name"], documents=r["n"], passages=r["p"], bytes=r["b"]) for r in rows]

    def collection_id(self, name: str) -> int | None:
        row = self.db.execute("SELECT id FROM collections WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def create_collection(self, name: str) -> int:
        """The collection of this name, made where it is missing."""
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO collections (name) VALUES (?)", (name,))
        found = self.collection_id(name)
        assert found is not None
        return found

    def rename_collection(self, name: str, new_name: str) -> None:
        """
        Raises:
            AppError: there is none of this name, or one of the new name.
        """
        if self.collection_id(name) is None:
            raise AppError(f"There is no collection “{name}”.", "It may have been removed or renamed.")
        if self.collection_id(new_name) is not None:
            raise AppError(f"There is a collection “{new_name}” already.", "Please choose another name.")
        with self.transaction() as db:
            db.execute("UPDATE collections SET name = ? WHERE name = ?", (new_name, name))

    # --- documents ---------------------------------------------------------------------------------------------------

    def documents(self, collection: str) -> list[Document]:
        """What needs attention first, then by name."""
        rows = self.db.execute(
            """SELECT d.*, c.name AS collection FROM documents d JOIN collections c ON c.id = d.collection_id
            WHERE c.name = ? ORDER BY d.status = 'indexed', d.name COLLATE NOCASE, d.path""",
            (collection,),
        )
        return [self._document(row) for row in rows]

    def document(self, document_id: int) -> Document | None:
        row = self.db.execute(
            """SELECT d.*, c.name AS collection FROM documents d JOIN collections c ON c.id = d.collection_id
            WHERE d.id = ?""",
            (document_id,),
        ).fetchone()
        return self._document(row) if row else None

    @staticmethod
    def _document(row: Row) -> Document:
        return Document(
            id=row["id"],
            collection=row["collection"],
            name=row["name"],
            path=row["path"],
            format=row["format"],
            bytes=row["bytes"],
            status=row["status"],
            pages=row["pages"],
            passages=row["passages"],
            indexed_at=row["indexed_at"],
            reason=row["reason"],
            code=row["code"],
        )

    def modified(self, document_id: int) -> float:
        """When the file had last been changed as it was indexed (seconds since the epoch)."""
        row = self.db.execute("SELECT modified FROM documents WHERE id = ?", (document_id,)).fetchone()
        return float(row[0]) if row else 0.0

    def check(self) -> str:
        """ "ok", or what SQLite finds wrong."""
        with plain_errors():
            found = [row[0] for row in self.db.execute("PRAGMA quick_check(5)")]
        return "; ".join(found)

    def known(self, collection_id: int) -> dict[str, Stored]:
        """What is filed in a collection, by path."""
        rows = self.db.execute(
            "SELECT path, id, sha256, recipe, status, passages, pages FROM documents WHERE collection_id = ?",
            (collection_id,),
        )
        return {row[0]: Stored(*tuple(row)[1:]) for row in rows}

    def ids_named(self, collection: str, names: Sequence[str]) -> list[int]:
        """Documents by file name or path, in one collection or, for "", in all."""
        marks = ",".join("?" * len(names))
        rows = self.db.execute(
            f"""SELECT d.id FROM documents d JOIN collections c ON c.id = d.collection_id
            WHERE (? = '' OR c.name = ?) AND (d.path IN ({marks}) OR d.name IN ({marks}))""",
            (collection, collection, *names, *names),
        )
        return [row[0] for row in rows]

    def twin(self, sha256: str, recipe: str) -> int | None:
        """A document of the same content, cut and embedded the same way, wherever it is filed."""
        row = self.db.execute(
            "SELECT id FROM documents WHERE sha256 = ? AND recipe = ? AND status = 'indexed' LIMIT 1", (sha256, recipe)
        ).fetchone()
        return row[0] if row else None

    def put(self, new: NewDocument) -> int:
        """Store a document in place of the one at its path, if any; → its id."""
        parsed = new.parsed
        with self.transaction() as db:
            document_id = self._replace_row(
                new.collection_id,
                new.path,
                {
                    "format": parsed.format,
                    "title": parsed.title,
                    "sha256": parsed.sha256,
                    "recipe": new.recipe,
                    "bytes": parsed.size,
                    "modified": new.modified,
                    "status": "indexed",
                    "reason": parsed.note,
                    "code": "",
                    "pages": len(parsed.pages) or None,
                    "passages": len(new.pieces),
                    "indexed_at": time.time(),
                },
            )
            self._erase_passages(document_id)
            db.execute(
                "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)",
                (document_id, parsed.text, _pack(parsed.pages), _pack(parsed.lines)),
            )
            self._insert_passages(document_id, new)
            self._changed()
        return document_id

    def put_failure(self, collection_id: int, path: str, reason: str, code: str) -> int:
        """Keep why a file failed. A version that was indexed before stays searchable."""
        with self.transaction():
            return self._replace_row(collection_id, path, {"status": "failed", "reason": reason, "code": code})

    def _replace_row(self, collection_id: int, path: str, values: dict[str, object]) -> int:
        """
        Raises:
            AppError: the collection was removed in the meantime.
        """
        if self.db.execute("SELECT 1 FROM collections WHERE id = ?", (collection_id,)).fetchone() is None:
            raise AppError("The collection was removed while files were being added.", "Nothing more was added.")
        names = ", ".join(values)
        updates = ", ".join(f"{name} = excluded.{name}" for name in values)
        row = self.db.execute(
            f"""INSERT INTO documents (collection_id, path, name, {names})
            VALUES (?, ?, ?, {", ".join("?" * len(values))})
            ON CONFLICT (collection_id, path) DO UPDATE SET {updates} RETURNING id""",
            (collection_id, path, Path(path).name, *values.values()),
        ).fetchone()
        return int(row[0])

    def _insert_passages(self, document_id: int, new: NewDocument) -> None:
        scope, terms = self._scope(document_id), 0
        for piece, vector in zip(new.pieces, new.vectors, strict=True):
            text = new.parsed.text[piece.start : piece.end]
            boxes = _pack(line_boxes(new.parsed.lines, piece.start, piece.end, piece.page))
            cursor = self.db.execute(
                """INSERT INTO passages (document_id, start, "end", page, heading, context, text, vector, boxes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (document_id, piece.start, piece.end, piece.page, piece.heading, piece.context, text, vector, boxes),
            )
            above, body = words.terms(piece.context), words.terms(text)
            terms += len(body)
            self.db.execute(
                "INSERT INTO words (rowid, scope, context, body) VALUES (?, ?, ?, ?)",
                (cursor.lastrowid, scope, " ".join(above), " ".join(body)),
            )
        self._count(len(new.pieces), terms)

    def _scope(self, document_id: int) -> str:
        row = self.db.execute("SELECT collection_id FROM documents WHERE id = ?", (document_id,)).fetchone()
        return scope_term(row[0])

    def take_erased(self) -> list[int]:
        """Ids of passages that went since the last call: what a copy in memory has to forget."""
        erased, self._erased = self._erased, []
        return erased

    def _erase_passages(self, document_id: int) -> int:
        """Take a document's passages out of the table and the full text; → how many."""
        scope = self._scope(document_id)
        rows = self.db.execute(
            "SELECT id, context, text FROM passages WHERE document_id = ?", (document_id,)
        ).fetchall()
        terms = 0
        for row in rows:
            above, body = words.terms(row["context"]), words.terms(row["text"])
            terms += len(body)
            self.db.execute(
                "INSERT INTO words (words, rowid, scope, context, body) VALUES ('delete', ?, ?, ?, ?)",
                (row["id"], scope, " ".join(above), " ".join(body)),
            )
        self._count(-len(rows), -terms)
        self.db.execute("DELETE FROM passages WHERE document_id = ?", (document_id,))
        self._erased += [row["id"] for row in rows]
        if rows:
            self._broke()
            self.set_meta("purge", "1")
        return len(rows)

    def remove(self, document_ids: Sequence[int]) -> int:
        """Remove documents with all that belongs to them; → how many passages went."""
        gone = 0
        with self.transaction() as db:
            for document_id in document_ids:
                gone += self._erase_passages(document_id)
                db.execute("DELETE FROM texts WHERE document_id = ?", (document_id,))
                db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            self._changed()
            self.set_meta("purge", "1")
        return gone

    def drop_collection(self, collection_id: int) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM collections WHERE id = ?", (collection_id,))

    def purge(self) -> None:
        """Leave no bytes of removed text behind: merge the full text, then empty the write-ahead log.

        Before SQLite 3.42 FTS5 only marks what is deleted; merging all of it into one segment drops it.
        """
        with plain_errors():
            if sqlite3.sqlite_version_info < (3, 42):
                self.db.execute("INSERT INTO words(words) VALUES ('optimize')")
            self.db.execute("DELETE FROM meta WHERE key = 'purge'")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def purge_due(self) -> bool:
        """Whether something was removed or replaced whose bytes may still be in the files, e.g. before a crash."""
        return self.meta("purge") == "1"

    # --- reading -----------------------------------------------------------------------------------------------------

    def text(self, document_id: int) -> tuple[str, tuple[tuple[int, int], ...]]:
        """The whole text and the span of each page.

        Raises:
            AppError: the document is not there any more.
        """
        row = self.db.execute("SELECT text, pages FROM texts WHERE document_id = ?", (document_id,)).fetchone()
        if row is None:
            raise AppError("This document is no longer in the index.", "It may have been removed.")
        return row["text"], msgspec.msgpack.decode(row["pages"], type=tuple[tuple[int, int], ...])

    def lines(self, document_id: int) -> tuple[Line, ...]:
        row = self.db.execute("SELECT lines FROM texts WHERE document_id = ?", (document_id,)).fetchone()
        return msgspec.msgpack.decode(row["lines"], type=tuple[Line, ...]) if row else ()

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Passages by id, as a search shows them, without score and boxes."""
        rows = self.db.execute(
            f"""SELECT p.id, p.document_id, d.name, d.path, c.name AS collection, p.page, p.start, p."end" AS stop,
                p.heading, p.text, p.boxes, d.indexed_at
            FROM passages p JOIN documents d ON d.id = p.document_id JOIN collections c ON c.id = d.collection_id
            WHERE p.id IN ({",".join("?" * len(ids))})""",
            tuple(ids),
        )
        return {
            row["id"]: Passage(
                id=row["id"],
                document_id=row["document_id"],
                document=row["name"],
                path=row["path"],
                collection=row["collection"],
                page=row["page"],
                start=row["start"],
                end=row["stop"],
                heading=row["heading"],
                text=row["text"],
                boxes=msgspec.msgpack.decode(row["boxes"], type=tuple[Box, ...]),
                indexed_at=row["indexed_at"] or 0.0,
            )
            for row in rows
        }

    def _count(self, passages: int, terms: int) -> None:
        self.set_meta("passages", str(self.count() + passages))
        self.set_meta("terms", str(int(self.meta("terms", "0")) + terms))

    def count(self) -> int:
        """All passages."""
        return int(self.meta("passages", "0"))

    def samples(self, document_ids: Sequence[int], count: int) -> list[tuple[str, bytes]]:
        """Text and vector of some passages of these documents, spread over them."""
        found: list[tuple[str, bytes]] = []
        for document_id in document_ids[:: max(1, len(document_ids) // count)][:count]:
            rows = self.db.execute(
                "SELECT text, vector FROM passages WHERE document_id = ? ORDER BY length(text) DESC LIMIT ?",
                (document_id, max(1, count // len(document_ids))),
            )
            found += [(row[0], row[1]) for row in rows]
        return found

    def traces(self, document_ids: Sequence[int]) -> int:
        """Rows that still belong to removed documents, in tables and full text."""
        marks = ",".join("?" * len(document_ids))
        found = 0
        for table, column in (("documents", "id"), ("texts", "document_id"), ("passages", "document_id")):
            row = self.db.execute(f"SELECT count(*) FROM {table} WHERE {column} IN ({marks})", tuple(document_ids))
            found += int(row.fetchone()[0])
        held = self.db.execute("SELECT count(*) FROM words").fetchone()[0] if not self.count() else 0
        return found + int(held)

    def count_to(self, last: int) -> int:
        """Passages with an id up to `last`."""
        return int(self.db.execute("SELECT count(*) FROM passages WHERE id <= ?", (last,)).fetchone()[0])

    def mean_terms(self) -> float:
        """Mean length of a passage, in terms."""
        return max(1.0, int(self.meta("terms", "0")) / max(1, self.count()))

    def term_counts(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term stands."""
        rows = self.db.execute(
            f"SELECT term, doc FROM word_counts WHERE term IN ({','.join('?' * len(terms))})", tuple(terms)
        )
        return {row[0]: row[1] for row in rows}

    def bodies(self, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Context and text of passages."""
        rows = self.db.execute(
            f"SELECT id, context, text FROM passages WHERE id IN ({','.join('?' * len(ids))})", tuple(ids)
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def best_words(self, match: str, limit: int) -> list[int]:
        """Passages by SQLite's own BM25 for an FTS5 query, best first."""
        rows = self.db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 0.0, 0.5, 1.0) LIMIT ?", (match, limit)
        )
        return [row[0] for row in rows]

    def vectors(self, after: int = 0, limit: int = 10_000) -> list[tuple[int, int, bytes]]:
        """Passage id, collection id and vector, by rising id."""
        rows = self.db.execute(
            """SELECT p.id, d.collection_id, p.vector FROM passages p JOIN documents d ON d.id = p.document_id
            WHERE p.id > ? ORDER BY p.id LIMIT ?""",
            (after, limit),
        )
        return [tuple(row) for row in rows]

    def cosines(self, query: NDArray[np.float32], ids: Sequence[int]) -> dict[int, float]:
        """Cosine of a query with these passages."""
        rows = self.db.execute(f"SELECT id, vector FROM passages WHERE id IN ({','.join('?' * len(ids))})", tuple(ids))
        return {row[0]: float(np.frombuffer(row[1], "<f4") @ query) for row in rows}

    def nearest(self, query: NDArray[np.float32], collections: Sequence[int], count: int) -> list[int]:
        """The passages nearest to a query, by reading every vector: exact, bounded in memory, seconds for a million."""
        best: list[tuple[float, int]] = []
        after = 0
        while batch := self.vectors(after, 20_000):
            after = batch[-1][0]
            kept = [row for row in batch if not collections or row[1] in collections]
            if kept:
                matrix = np.frombuffer(b"".join(row[2] for row in kept), "<f4").reshape(len(kept), -1)
                scores = matrix @ query
                best += [(float(score), row[0]) for score, row in zip(scores, kept, strict=True)]
                best = heapq.nlargest(count, best)
        return [id_ for _, id_ in best]

    def twin_vectors(self, document_id: int) -> list[tuple[int, int, str, bytes]]:
        """Start, end, context and vector of a document's passages, in order."""
        rows = self.db.execute(
            'SELECT start, "end", context, vector FROM passages WHERE document_id = ? ORDER BY id', (document_id,)
        )
        return [tuple(row) for row in rows]

    def set_status(self, document_id: int, status: FileStatus, reason: str) -> None:
        with self.transaction() as db:
            db.execute("UPDATE documents SET status = ?, reason = ? WHERE id = ?", (status, reason, document_id))


def scope_term(collection_id: int) -> str:
    """The word by which the full text knows a collection."""
    return f"c{collection_id}"


def line_boxes(lines: Sequence[Line], start: int, end: int, page: int | None) -> tuple[Box, ...]:
    """The boxes of the lines of a page that a span touches; `lines` are in the order of the text."""
    first = bisect.bisect_right(lines, start, key=lambda line: line.end)
    last = bisect.bisect_left(lines, end, key=lambda line: line.start)
    return tuple(line.box for line in lines[first:last] if line.page == page)


def _pack(value: object) -> bytes:
    return msgspec.msgpack.encode(value)
