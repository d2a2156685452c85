"""What is filed where: collections, and the rows of their documents."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import cast

import msgspec

from app.documents.database import Database
from app.documents.filters import Filed, in_folder
from app.documents.migrations import HIDDEN_COLLECTIONS, SCANS
from app.errors import AppError
from app.types import ATTACHED_FILES, Collection, Document, Filter


class Stored(msgspec.Struct, frozen=True):
    """A document's row as the indexer needs it."""

    id: int
    sha256: str
    recipe: str
    status: str
    passages: int
    pages: int | None
    modified: float


_IN_COLLECTIONS = "(:collections = '[]' OR collection_id IN (SELECT value FROM json_each(:collections)))"


class Catalogue(Database):
    """Collections and documents, without what is in them."""

    _filed: tuple[int, tuple[int, ...], list[Filed]] = (-1, (), [])

    @property
    def _hidden(self) -> str:
        """Whether a collection `c` is hidden, in SQL; an older index that may only be read has none."""
        return "c.hidden" if self.version >= HIDDEN_COLLECTIONS else "0"

    @property
    def _label(self) -> str:
        """What a collection `c` is called, in SQL."""
        return f"CASE WHEN {self._hidden} THEN '{ATTACHED_FILES}' ELSE c.name END"

    @property
    def _scanned(self) -> str:
        """How many pages of a document `d` are pictures, and how far they are recognised, in SQL."""
        if self.version < SCANS:
            return "0 AS scans, 0 AS recognised, NULL AS sure"
        of = "FROM scans s WHERE s.document_id = d.id"
        return f"""(SELECT count(*) {of}) AS scans, (SELECT count(*) {of} AND s.state > 0) AS recognised,
            (SELECT avg(s.sure) {of}) AS sure"""

    def hidden(self) -> list[int]:
        """The hidden collections."""
        return [row[0] for row in self.db.execute(f"SELECT c.id FROM collections c WHERE {self._hidden} ORDER BY c.id")]

    def shown(self) -> list[int]:
        """The collections that are not hidden."""
        return [row[0] for row in self.db.execute(f"SELECT c.id FROM collections c WHERE NOT {self._hidden}")]

    def collections(self) -> list[Collection]:
        """By name, with what is in them; hidden ones left out."""
        rows = self.db.execute(
            f"""SELECT c.id, c.name, count(d.id) AS n, count(d.id) FILTER (WHERE d.status = 'failed') AS f,
                coalesce(sum(d.passages), 0) AS p, coalesce(sum(d.bytes), 0) AS b
            FROM collections c LEFT JOIN documents d ON d.collection_id = c.id WHERE NOT {self._hidden}
            GROUP BY c.id ORDER BY c.name"""
        )
        return [
            Collection(
                id=r["id"],
                name=r["name"],
                documents=r["n"] - r["f"],
                failed=r["f"],
                passages=r["p"],
                bytes=r["b"],
            )
            for r in rows
        ]

    def extent(self, collections: Sequence[int], documents: Sequence[int] | None = None) -> tuple[int, int]:
        """How many documents and passages these collections hold (none: all of them), of `documents` if given."""
        row = self.db.execute(
            f"""SELECT count(*) FILTER (WHERE status <> 'failed'), coalesce(sum(passages), 0) FROM documents
            WHERE {_IN_COLLECTIONS} AND (:documents IS NULL OR id IN (SELECT value FROM json_each(:documents)))""",
            {
                "collections": json_list(collections),
                "documents": None if documents is None else json_list(documents),
            },
        ).fetchone()
        return row[0], row[1]

    def require(self, *collection_ids: int) -> None:
        """Raises AppError where one of these collections is not there. Cheap: a search asks too."""
        for collection_id in collection_ids:
            if not self.db.execute("SELECT 1 FROM collections WHERE id = ?", (collection_id,)).fetchone():
                raise AppError("This collection is not there any more.", "It may have been removed.")

    def create_collection(self, name: str) -> int:
        """The id of the collection of this name, case aside; made where it is missing."""
        found = self._id_of(name)
        if found is not None:
            return found
        with self.transaction() as db:
            return cast(int, db.execute("INSERT INTO collections (name) VALUES (?)", (name,)).lastrowid)

    def rename_collection(self, collection_id: int, name: str) -> None:
        """
        Raises:
            AppError: there is no such collection, or another one of this name.
        """
        self.require(collection_id)
        if self._id_of(name) not in (None, collection_id):
            raise AppError(f"There is a collection “{name}” already.", "Please choose another name.")
        with self.transaction() as db:
            db.execute("UPDATE collections SET name = ? WHERE id = ?", (name, collection_id))

    def _id_of(self, name: str) -> int | None:
        """The collection of a name, the same case before another."""
        rows = self.db.execute("SELECT id, name FROM collections").fetchall()
        same = [int(row["id"]) for row in rows if row["name"] == name]
        alike = [int(row["id"]) for row in rows if row["name"].casefold() == name.casefold()]
        return next(iter(same + alike), None)

    def documents(self, collection_id: int) -> list[Document]:
        """What needs attention first, then by name; 0: of all collections but the hidden ones."""
        rows = self.db.execute(
            f"""SELECT d.*, {self._label} AS collection, {self._scanned}
            FROM documents d JOIN collections c ON c.id = d.collection_id
            WHERE c.id = :id OR (:id = 0 AND NOT {self._hidden})
            ORDER BY d.status = 'indexed', d.name COLLATE NOCASE, d.path""",
            {"id": collection_id},
        )
        return [self._document(row) for row in rows]

    def document(self, document_id: int) -> Document | None:
        row = self.db.execute(
            f"""SELECT d.*, {self._label} AS collection, {self._scanned}
            FROM documents d JOIN collections c ON c.id = d.collection_id
            WHERE d.id = ?""",
            (document_id,),
        ).fetchone()
        return self._document(row) if row else None

    @staticmethod
    def _document(row: sqlite3.Row) -> Document:
        return Document(
            id=row["id"],
            collection_id=row["collection_id"],
            collection=row["collection"],
            name=row["name"],
            path=row["path"],
            format=row["format"],
            bytes=row["bytes"],
            status=row["status"],
            pages=row["pages"],
            passages=row["passages"],
            indexed_at=row["indexed_at"],
            modified=row["modified"] or 0.0,
            reason=row["reason"],
            code=row["code"],
            scans=row["scans"],
            recognised=row["recognised"],
            sure=row["sure"],
        )

    def modified(self, document_id: int) -> float:
        """When the file had last been changed as it was indexed (seconds since the epoch)."""
        row = self.db.execute("SELECT modified FROM documents WHERE id = ?", (document_id,)).fetchone()
        return float(row[0]) if row else 0.0

    def set_modified(self, document_id: int, modified: float) -> None:
        """Note the date of a file that was saved again with the same content."""
        with self.transaction() as db:
            db.execute("UPDATE documents SET modified = ? WHERE id = ?", (modified, document_id))

    def filed(self, collections: Sequence[int]) -> list[Filed]:
        """What can be found in these collections, or in all of them."""
        generation, key = self.generation, tuple(collections)
        if self._filed[:2] != (generation, key):
            rows = self.db.execute(
                f"SELECT id, name, title, path, format FROM documents WHERE passages > 0 AND {_IN_COLLECTIONS}",
                {"collections": json_list(collections)},
            )
            self._filed = generation, key, [Filed(*row) for row in rows]
        return self._filed[2]

    def fitting(self, wanted: Filter, collections: Sequence[int]) -> list[int]:
        """The documents of these collections, or of all, that fit a filter."""
        rows = self.db.execute(
            f"""SELECT id, path FROM documents WHERE passages > 0 AND {_IN_COLLECTIONS}
            AND (:documents = '[]' OR id IN (SELECT value FROM json_each(:documents)))
            AND modified >= :since AND (:until = 0 OR modified < :until)
            AND (:kinds = '[]' OR format IN (SELECT value FROM json_each(:kinds))
                OR EXISTS (SELECT 1 FROM json_each(:kinds) WHERE lower(documents.path) LIKE '%.' || value))""",
            {
                "collections": json_list(collections),
                "documents": json_list(wanted.documents),
                "kinds": json_list([kind.casefold().lstrip(".") for kind in wanted.kinds]),
                "since": wanted.since,
                "until": wanted.until,
            },
        )
        return [row[0] for row in rows if not wanted.folder or in_folder(row[1], wanted.folder)]

    def known(self, collection_id: int) -> dict[str, Stored]:
        """What is filed in a collection, by path."""
        rows = self.db.execute(
            """SELECT path, id, sha256, recipe, status, passages, pages, modified FROM documents
            WHERE collection_id = ?""",
            (collection_id,),
        )
        return {row[0]: Stored(*tuple(row)[1:]) for row in rows}

    def twin(self, sha256: str, recipe: str) -> int | None:
        """A document of the same content, cut and embedded the same way, wherever it is filed."""
        row = self.db.execute(
            "SELECT id FROM documents WHERE sha256 = ? AND recipe = ? AND status = 'indexed' LIMIT 1", (sha256, recipe)
        ).fetchone()
        return row[0] if row else None


def json_list(values: Sequence[int] | Sequence[str]) -> str:
    """A list for SQLite's json_each."""
    return msgspec.json.encode(list(values)).decode()
