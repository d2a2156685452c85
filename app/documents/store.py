"""The truth about documents: text, passages, vectors and full text in one SQLite file, a transaction a document.

Everything else (Chroma, the matrix in memory) can be rebuilt from here. Reading is in contents.py and catalogue.py.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import msgspec

from app.documents import changes, folders, rewording
from app.documents.catalogue import trash_name
from app.documents.filing import OF_DOCUMENT, Filing
from app.documents.fulltext import Indexed, add_words
from app.documents.held import UNSEEN
from app.documents.masked import MOST_KEPT, Masked
from app.documents.masking import Masks
from app.documents.model_marks import ModelTexts
from app.documents.model_spans import look_again
from app.documents.scanned import Scanned, certainty, page_boxes, touched
from app.documents.warned import warned_of
from app.embedder.embedders import Background
from app.embedder.identity import Identity
from app.errors import AppError
from app.text.hidden import HiddenText
from app.text.parsed import Line, Parsed
from app.text.passages import Piece
from app.text.personal.kinds import count
from app.types import Box


class NewDocument(msgspec.Struct, frozen=True):
    """What one transaction puts in."""

    collection_id: int
    path: str
    parsed: Parsed
    recipe: str
    seen: tuple[int, float]  # size and date of the file before it was read
    pieces: Sequence[Piece]
    vectors: Sequence[bytes]  # float32, little endian, one a piece
    read_hidden: bool = False  # a person decided so
    exempt: bool = False  # a person decided that nothing is masked in it
    merged: int = 0  # pages that were recognised, or could not be, as its text was made
    within: str = ""  # path of the document that it lies in; nothing is stored where that is gone


class Store(Filing, Scanned, Masks, ModelTexts):
    """Reads and writes documents.db; used by one thread."""

    def __init__(self, path: Path, backups: Path, *, read_only: bool = False) -> None:
        self._erased: list[int] = []
        self._renewed: list[int] = []
        self.unfinished: set[int] = set()
        """Collections that are being imported: hidden until they are whole."""
        super().__init__(path, backups, read_only=read_only)
        if read_only:
            rewording.in_memory(self)
        else:
            rewording.begin(self)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; what a rollback brings back was not erased."""
        erased, renewed = len(self._erased), len(self._renewed)
        try:
            with super().transaction() as db:
                yield db
        except BaseException:
            del self._erased[erased:], self._renewed[renewed:]
            raise

    def use(self, identity: Identity, background: Background | None = None) -> None:
        """From here on vectors are this embedder's; who it is is kept with them. Cheap when it is in use already.

        `background`: see `Contents`.
        """
        self.background = background
        if self.embedder == identity:
            return
        if not self.read_only:
            with self.transaction() as db:
                row = (identity.id, msgspec.json.encode(identity).decode())
                db.execute("INSERT OR IGNORE INTO embedders (id, identity) VALUES (?, ?)", row)
        self.embedder = identity

    def renew(self, document_id: int, vectors: Mapping[int, bytes]) -> bool:
        """Put the vectors of the embedder in use in the place of another's, by passage; → whether it was done.

        It is not where the document has other passages by now.
        """
        assert self.embedder is not None
        with self.transaction() as db:
            if [row[0] for row in self.passages_of(document_id)] != sorted(vectors):
                return False
            db.executemany(
                "UPDATE passages SET vector = ? WHERE id = ?", [(vector, id_) for id_, vector in vectors.items()]
            )
            db.execute(
                "UPDATE documents SET recipe = ? || substr(recipe, instr(recipe, '/')) WHERE id = ?",
                (self.embedder.id, document_id),
            )
            db.execute(f"DELETE FROM next_vectors WHERE passage_id IN ({OF_DOCUMENT})", (document_id,))
            self._renewed += vectors
            self._changed()
            self._broke()
        return True

    def take_renewed(self) -> list[int]:
        """Ids of passages that got another vector since the last call."""
        renewed, self._renewed = self._renewed, []
        return renewed

    def put(self, new: NewDocument) -> int:
        """Store a document in place of the one at its path, if any; → its id, 0 where what it lies in is gone."""
        parsed = new.parsed
        with self.transaction() as db:
            if self.is_orphan(new.collection_id, new.within):
                return 0
            kind = changes.kind_of(db, new.collection_id, new.path, parsed.sha256)
            look_again(db, new.collection_id, new.path, parsed.sha256)
            self._forget_other_scans(new.collection_id, new.path, parsed.sha256, parsed.masked)
            document_id = self._replace_row(
                new.collection_id,
                new.path,
                {
                    "format": parsed.format,
                    "title": parsed.title,
                    "sha256": parsed.sha256,
                    "recipe": new.recipe,
                    "bytes": parsed.size,
                    "modified": new.seen[1],
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
            self._put_hidden(document_id, parsed.hidden, new.read_hidden)
            self._put_personal(document_id, parsed, new.exempt)
            self.see(db, document_id, new.seen)
            folders.include(db, new.collection_id, new.path)
            changes.note(db, document_id, kind)
            self._expect_scans(document_id, parsed, new.merged)
            self._changed()
        return document_id

    def _put_hidden(self, document_id: int, found: Sequence[HiddenText], wanted: bool) -> None:
        """Keep what readers do not see, and the decision in the same transaction as the text that follows from it."""
        self.db.execute("DELETE FROM hidden_texts WHERE document_id = ?", (document_id,))
        if found or wanted:
            row = (document_id, wanted, warned_of(found), _pack(tuple(found)))
            self.db.execute("INSERT INTO hidden_texts VALUES (?, ?, ?, ?)", row)

    def _put_personal(self, document_id: int, parsed: Parsed, exempt: bool) -> None:
        """Keep what was masked and where, and the decision; what stood there is not at hand any more."""
        self.db.execute("DELETE FROM personal_data WHERE document_id = ?", (document_id,))
        if parsed.masked or exempt:
            found = _pack(Masked(count(parsed.personal), parsed.personal[:MOST_KEPT]))
            row = (document_id, ",".join(parsed.masked), exempt, found)
            self.db.execute("INSERT INTO personal_data VALUES (?, ?, ?, ?)", row)

    def put_failure(
        self, collection_id: int, path: str, reason: str, code: str, seen: tuple[int, float] = UNSEEN, within: str = ""
    ) -> int:
        """Keep why a file failed. A version that was indexed before stays searchable. `within`: see `NewDocument`."""
        with self.transaction() as db:
            if self.is_orphan(collection_id, within):
                return 0
            values: dict[str, object] = {"status": "failed", "reason": reason, "code": code}
            document_id = self._replace_row(collection_id, path, values)
            self.see(db, document_id, seen)
            changes.note(db, document_id, "failed")
        return document_id

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
        terms = 0
        for piece, vector in zip(new.pieces, new.vectors, strict=True):
            text = new.parsed.text[piece.start : piece.end]
            boxes = _pack(line_boxes(new.parsed.lines, piece.start, piece.end, piece.page))
            sure, unsure = certainty(new.parsed.lines, piece.start, piece.end)
            cursor = self.db.execute(
                """INSERT INTO passages
                (document_id, start, "end", page, heading, context, header, text, vector, boxes, place, sure, unsure)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(document_id, piece.start, piece.end, piece.page, piece.heading, piece.context, piece.header),
                    *(text, vector, boxes, _pack(piece.place) if piece.place is not None else None),
                    *(sure, _pack(unsure) if unsure else None),
                ),
            )
            passage_id = cast(int, cursor.lastrowid)
            passage = Indexed(passage_id, new.collection_id, Path(new.path).name, piece.context, text)
            terms += add_words(self.db, passage)
        self._count(len(new.pieces), terms)

    def remove(self, document_ids: Sequence[int]) -> int:
        """Remove documents with all that belongs to them, and leave tombstones; → how many passages went."""
        with self.transaction():
            return self.erase(document_ids)

    def drop_collection(self, collection_id: int) -> int:
        """Remove a collection with its documents, and leave tombstones; → how many passages went.

        An Add under way that files something in it afterwards is refused.
        """
        with self.transaction() as db:
            gone = self.erase(self.all_of(collection_id))
            db.execute("DELETE FROM collections WHERE name = ?", (trash_name(collection_id),))
            db.execute(
                "INSERT OR IGNORE INTO tombstones (collection_id, name, removed_at) "
                "SELECT id, name, ? FROM collections WHERE id = ?",
                (time.time(), collection_id),
            )
            db.execute("DELETE FROM collections WHERE id = ?", (collection_id,))
            self.set_meta("purge", "1")  # its name is to go from the files too
            return gone

    def tombstones(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Documents and collections that were removed, as long as not every store has followed."""
        if self.version < 2:
            return (), ()  # an older index that may only be read
        rows = self.db.execute("SELECT document_id, collection_id FROM tombstones ORDER BY id").fetchall()
        return tuple(row[0] for row in rows if row[0]), tuple(row[1] for row in rows if row[1])

    def bury(self, document_ids: Sequence[int], collection_ids: Sequence[int]) -> None:
        """Every store has followed: the tombstones go, and with them the last that is known of the names."""
        with self.transaction() as db:
            db.executemany("DELETE FROM tombstones WHERE document_id = ?", [(each,) for each in document_ids])
            db.executemany("DELETE FROM tombstones WHERE collection_id = ?", [(each,) for each in collection_ids])
            self.set_meta("purge", "1")

    def erase(self, document_ids: Sequence[int]) -> int:
        """Inside a transaction, with all that lies in them. Deleting the rows alone would leave their words in the full
        text."""
        gone = 0
        inside = [id_ for each in document_ids for id_, _ in self.members(each)]
        for document_id in dict.fromkeys([*document_ids, *inside]):
            gone += self._erase_passages(document_id)
            self.db.execute(
                "INSERT OR IGNORE INTO tombstones (document_id, name, removed_at) "
                "SELECT id, name, ? FROM documents WHERE id = ?",
                (time.time(), document_id),
            )
            self.db.execute("DELETE FROM texts WHERE document_id = ?", (document_id,))
            self.db.execute("DELETE FROM hidden_texts WHERE document_id = ?", (document_id,))
            self.db.execute("DELETE FROM scans WHERE document_id = ?", (document_id,))
            self.db.execute("DELETE FROM personal_data WHERE document_id = ?", (document_id,))
            self.db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        self._changed()
        self.set_meta("purge", "1")
        return gone

    def purge(self) -> None:
        """Leave no bytes of removed text behind: merge the full text, then empty the write-ahead log.

        Before SQLite 3.42 FTS5 only marks what is deleted; merging all of it into one segment drops it.
        """
        with self.plain_errors():
            if sqlite3.sqlite_version_info < (3, 42):
                self.db.execute("INSERT INTO words(words) VALUES ('optimize')")
            self.db.execute("DELETE FROM meta WHERE key = 'purge'")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def purge_due(self) -> bool:
        """Whether something was removed or replaced whose bytes may still be in the files, e.g. before a crash."""
        return self.meta("purge") == "1"


def line_boxes(lines: Sequence[Line], start: int, end: int, page: int | None) -> tuple[Box, ...]:
    """The boxes of the lines of a page that a span touches; `lines` are in the order of the text."""
    return page_boxes([line for line in touched(lines, start, end) if line.page == page])


def _pack(value: object) -> bytes:
    return msgspec.msgpack.encode(value)
