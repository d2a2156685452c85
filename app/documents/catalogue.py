"""What is filed where: collections, and the rows of their documents."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import cast

import msgspec

from app.cited import ATTACHED_FILES
from app.documents.filters import Filed, in_folder
from app.documents.held import UNSEEN, Members
from app.documents.masked import Masked, kinds_of, of_collection, of_document
from app.documents.migrations import FOLDERS, HIDDEN_COLLECTIONS, HIDDEN_TEXTS, MASKING, MODEL_TEXTS, SCANS
from app.documents.model_spans import by_model, flagged_in, share_of
from app.documents.shares import with_shares
from app.errors import AppError
from app.members import container_of, is_member
from app.text.hidden import HiddenText
from app.types import Collection, Document, Filter


class Stored(msgspec.Struct, frozen=True):
    """A document's row as the indexer needs it."""

    id: int
    sha256: str
    recipe: str
    status: str
    passages: int
    pages: int | None
    indexed_at: float
    seen: tuple[int, float]
    """Size and date of the file when it was looked at last."""
    read_hidden: bool = False
    format: str = ""
    exempt: bool = False


NAMED = 5
"""Files in a container that its row names as not read."""


_IN_COLLECTIONS = "(:collections = '[]' OR collection_id IN (SELECT value FROM json_each(:collections)))"


TRASH = "Trash"
"""What the hidden collection of documents whose files are gone is called."""
TRASH_OF = "trash  "
"""How the name of a hidden collection begins that is a trash: no person can give such a name, for its two spaces."""


def trash_name(collection_id: int) -> str:
    """The name of the hidden collection that is the trash of another one."""
    return f"{TRASH_OF}{collection_id}"


class Catalogue(Members):
    """Collections and documents, without what is in them."""

    _filed: tuple[int, tuple[int, ...], list[Filed]] = (-1, (), [])

    @property
    def _hidden(self) -> str:
        """Whether a collection `c` is hidden, in SQL; an older index that may only be read has none."""
        return "c.hidden" if self.version >= HIDDEN_COLLECTIONS else "0"

    @property
    def _of_hidden(self) -> str:
        """How much hidden text a document `d` has and whether it is read, in SQL; an older index knows of none."""
        if self.version < HIDDEN_TEXTS:
            return "0 AS warned, 0 AS wanted"
        kept = "FROM hidden_texts h WHERE h.document_id = d.id"
        return f"coalesce((SELECT warned {kept}), 0) AS warned, coalesce((SELECT wanted {kept}), 0) AS wanted"

    @property
    def _label(self) -> str:
        """What a collection `c` is called, in SQL."""
        return f"""CASE WHEN NOT {self._hidden} THEN c.name WHEN c.name LIKE '{TRASH_OF}%' THEN '{TRASH}'
            ELSE '{ATTACHED_FILES}' END"""

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

    def trashes(self) -> dict[int, int]:
        """The hidden collections that are a trash → the collections whose they are."""
        found = self.db.execute(f"SELECT id, name FROM collections WHERE name LIKE '{TRASH_OF}%'").fetchall()
        return {row["id"]: int(row["name"][len(TRASH_OF) :]) for row in found}

    def all_of(self, collection_id: int) -> list[int]:
        """The documents of a collection, those in its trash too."""
        rows = self.db.execute(
            "SELECT d.id FROM documents d JOIN collections c ON c.id = d.collection_id WHERE c.id = ? OR c.name = ?",
            (collection_id, trash_name(collection_id)),
        )
        return [row[0] for row in rows]

    def shown(self) -> list[int]:
        """The collections that are not hidden."""
        return [row[0] for row in self.db.execute(f"SELECT c.id FROM collections c WHERE NOT {self._hidden}")]

    def collections(self) -> list[Collection]:
        """By name, with what is in them; hidden ones left out."""
        masking = of_collection(self.version >= MASKING)
        by_models = flagged_in(self.version >= MODEL_TEXTS)
        rows = self.db.execute(
            f"""SELECT c.id, c.name, count(d.id) AS n, count(d.id) FILTER (WHERE d.status = 'failed') AS f,
                coalesce(sum(d.passages), 0) AS p, coalesce(sum(d.bytes), 0) AS b, {masking}, {by_models}
            FROM collections c LEFT JOIN documents d ON d.collection_id = c.id WHERE NOT {self._hidden}
            GROUP BY c.id ORDER BY c.name"""
        )
        return with_shares(self, [_collection(row) for row in rows])

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
            f"""SELECT d.*, {self._label} AS collection, {self._of_hidden}, {self._scanned},
                {of_document(self.version >= MASKING)}, {by_model(self.version >= MODEL_TEXTS)}
            FROM documents d JOIN collections c ON c.id = d.collection_id
            WHERE c.id = :id OR (:id = 0 AND NOT {self._hidden})
            ORDER BY d.status = 'indexed', d.name COLLATE NOCASE, d.path""",
            {"id": collection_id},
        )
        return _with_unread([self._document(row) for row in rows])

    def document(self, document_id: int) -> Document | None:
        row = self.db.execute(
            f"""SELECT d.*, {self._label} AS collection, {self._of_hidden}, {self._scanned},
                {of_document(self.version >= MASKING)}, {by_model(self.version >= MODEL_TEXTS)}
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
            hidden=row["warned"],
            read_hidden=bool(row["wanted"]),
            scans=row["scans"],
            recognised=row["recognised"],
            sure=row["sure"],
            masked=msgspec.msgpack.decode(row["masked"], type=Masked).counts if row["kinds"] else None,
            exempt=bool(row["exempt"]),
            by_model=share_of(row["by_model"], row["characters"]),
            approved=bool(row["approved"]),
        )

    def hidden_texts(self, document_id: int) -> tuple[HiddenText, ...]:
        """What readers of a document do not see."""
        if self.version < HIDDEN_TEXTS:
            return ()
        row = self.db.execute("SELECT found FROM hidden_texts WHERE document_id = ?", (document_id,)).fetchone()
        return msgspec.msgpack.decode(row["found"], type=tuple[HiddenText, ...]) if row else ()

    def is_hidden_in(self, document_id: int, text: str) -> bool:
        """Whether hidden text of a document, its properties among it, holds these words."""
        return any(text in each.text for each in self.hidden_texts(document_id))

    def is_hidden_somewhere(self, text: bytes) -> bool:
        """Whether hidden text of any document holds these bytes."""
        return bool(self.db.execute("SELECT 1 FROM hidden_texts WHERE instr(found, ?) LIMIT 1", (text,)).fetchone())

    def modified(self, document_id: int) -> float:
        """When the file had last been changed as it was indexed (seconds since the epoch)."""
        row = self.db.execute("SELECT modified FROM documents WHERE id = ?", (document_id,)).fetchone()
        return float(row[0]) if row else 0.0

    def set_modified(self, document_id: int, seen: tuple[int, float]) -> None:
        """Note size and date of a file that was saved again with the same content."""
        with self.transaction() as db:
            db.execute("UPDATE documents SET modified = ? WHERE id = ?", (seen[1], document_id))
            self.see_all(db, document_id, seen)

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
            f"""SELECT d.path, d.id, d.sha256, d.recipe, d.status, d.passages, d.pages, coalesce(d.indexed_at, 0),
                d.format, {"s.bytes, s.modified" if self.version >= FOLDERS else "NULL, NULL"}, {self._of_hidden},
                {of_document(self.version >= MASKING)}
            FROM documents d {"LEFT JOIN seen s ON s.document_id = d.id" if self.version >= FOLDERS else ""}
            WHERE d.collection_id = ?""",
            (collection_id,),
        )
        return {
            row[0]: Stored(
                id=row[1],
                sha256=row[2],
                recipe=row[3],
                status=row[4],
                passages=row[5],
                pages=row[6],
                indexed_at=row[7],
                format=row[8],
                seen=UNSEEN if row[9] is None else (row[9], row[10]),
                read_hidden=bool(row["wanted"]),
                exempt=bool(row["exempt"]),
            )
            for row in rows
        }

    def twin(self, sha256: str, recipe: str) -> int | None:
        """A document of the same content, cut and embedded the same way, wherever it is filed."""
        row = self.db.execute(
            "SELECT id FROM documents WHERE sha256 = ? AND recipe = ? AND status = 'indexed' LIMIT 1", (sha256, recipe)
        ).fetchone()
        return row[0] if row else None


def _with_unread(documents: list[Document]) -> list[Document]:
    """The same, where a container says how many of the files in it could not be read."""
    inside: dict[tuple[int, str], list[Document]] = {}
    for each in documents:
        if is_member(each.path):
            inside.setdefault((each.collection_id, container_of(each.path)), []).append(each)
    if not inside:
        return documents
    return [_counted(each, inside.get((each.collection_id, each.path), [])) for each in documents]


def _counted(document: Document, inside: list[Document]) -> Document:
    failed = [each.name for each in inside if each.status == "failed"]
    if not failed:
        return document
    names = ", ".join(failed[:NAMED]) + (", …" if len(failed) > NAMED else "")
    said = f"{len(failed):,} of {len(inside):,} files in it could not be read: {names}."
    return msgspec.structs.replace(document, reason=f"{said} {document.reason}".strip())


def _collection(row: sqlite3.Row) -> Collection:
    return Collection(
        id=row["id"],
        name=row["name"],
        documents=row["n"] - row["f"],
        failed=row["f"],
        passages=row["p"],
        bytes=row["b"],
        masks=kinds_of(row["masks"]),
        unmasked=row["unmasked"],
        by_model=row["flagged"],
    )


def json_list(values: Sequence[int] | Sequence[str]) -> str:
    """A list for SQLite's json_each."""
    return msgspec.json.encode(list(values)).decode()
