"""What is filed where: collections, and the rows of their documents."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from app.documents.database import Database
from app.errors import AppError
from app.types import Collection, Document


class Stored(msgspec.Struct, frozen=True):
    """A document's row as the indexer needs it."""

    id: int
    sha256: str
    recipe: str
    status: str
    passages: int
    pages: int | None
    modified: float


class Catalogue(Database):
    """Collections and documents, without what is in them."""

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
    def _document(row: sqlite3.Row) -> Document:
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

    def set_modified(self, document_id: int, modified: float) -> None:
        """Note the date of a file that was saved again with the same content."""
        with self.transaction() as db:
            db.execute("UPDATE documents SET modified = ? WHERE id = ?", (modified, document_id))

    def known(self, collection_id: int) -> dict[str, Stored]:
        """What is filed in a collection, by path."""
        rows = self.db.execute(
            """SELECT path, id, sha256, recipe, status, passages, pages, modified FROM documents
            WHERE collection_id = ?""",
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
