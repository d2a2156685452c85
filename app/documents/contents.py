"""What search, the source panel and the vector caches read of the stored passages."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.catalogue import Catalogue, json_list
from app.documents.fulltext import name_words, tail_term, word_of_tail
from app.documents.migrations import MODEL_TEXTS, PLACES, SCANS
from app.documents.model_spans import by_model, spans_of
from app.documents.rewording import waiting
from app.embedder.embedders import Background
from app.embedder.identity import Identity
from app.errors import AppError
from app.places import Place
from app.text.addressed import addressed
from app.text.model_text import within
from app.text.parsed import Line
from app.types import Box, Passage

TERMS_KEPT = 50_000

VECTOR = "CASE WHEN substr(d.recipe, 1, ?) = ? THEN p.vector ELSE {0} END"
"""The vector of a passage `p` of a document `d`, or else `ELSEWHERE`."""
ELSEWHERE = (
    "zeroblob(?)",
    "coalesce((SELECT n.vector FROM next_vectors n WHERE n.passage_id = p.id), zeroblob(?))",
)
"""Zeros, near to nothing, where another embedder made it; or the one that waits to be put in its place, where
`next_vectors` holds those of the embedder in use."""


SPANS = tuple[tuple[int, int], ...]


class Stretch(msgspec.Struct, frozen=True):
    """Where a passage stands, without what it says."""

    id: int
    start: int
    end: int
    page: int | None
    heading: str


COMPOUNDS = 30
"""How many compounds of a word are looked at, on each side."""

LAST = "\U0010ffff"
"""Sorts behind every letter."""

_OF_DOCUMENTS = "SELECT id FROM passages WHERE document_id IN (SELECT value FROM json_each(?))"


class Contents(Catalogue):
    """Texts, passages, vectors and full text, to read."""

    embedder: Identity | None = None
    """Whose vectors are asked for; see `Store.use`."""

    _term_counts: tuple[int, dict[str, int]] = (-1, {})

    background: Background | None = None
    """What its cosines usually are; None for the embedder that comes along, which search's weights are fitted to."""

    @property
    def _vector(self) -> str:
        """VECTOR for the embedder in use."""
        mine = self.embedder is not None and self.meta("next_vectors") == self.embedder.id
        return VECTOR.format(ELSEWHERE[mine])

    @property
    def dimensions(self) -> int:
        return self.embedder.dimensions if self.embedder else 0

    def _made_by(self) -> tuple[int, str, int]:
        """What VECTOR is to be filled with."""
        mark = f"{self.embedder.id}/" if self.embedder else "?"
        return len(mark), mark, 4 * self.dimensions

    def stale(self) -> list[int]:
        """Documents whose vectors another embedder made, in the order of their ids; empty before one is in use."""
        if self.embedder is None:
            return []
        length, mark, _ = self._made_by()
        rows = self.db.execute(
            "SELECT id FROM documents WHERE passages > 0 AND substr(recipe, 1, ?) <> ? ORDER BY id", (length, mark)
        )
        return [row[0] for row in rows]

    def passages_of(self, document_id: int) -> list[tuple[int, str, str]]:
        """Id, context and text of a document's passages, in order."""
        rows = self.db.execute(
            "SELECT id, context, text FROM passages WHERE document_id = ? ORDER BY id", (document_id,)
        )
        return [tuple(row) for row in rows]

    def text(self, document_id: int) -> tuple[str, tuple[tuple[int, int], ...]]:
        """The whole text and the span of each page.

        Raises:
            AppError: the document is not there any more.
        """
        row = self.db.execute("SELECT text, pages FROM texts WHERE document_id = ?", (document_id,)).fetchone()
        if row is None:
            raise AppError("This document is no longer in the index.", "It may have been removed.")
        return row["text"], msgspec.msgpack.decode(row["pages"], type=tuple[tuple[int, int], ...])

    def pages(self, document_id: int) -> tuple[tuple[int, int], ...]:
        """The span of each page."""
        row = self.db.execute("SELECT pages FROM texts WHERE document_id = ?", (document_id,)).fetchone()
        return msgspec.msgpack.decode(row["pages"], type=tuple[tuple[int, int], ...]) if row else ()

    def lines(self, document_id: int) -> tuple[Line, ...]:
        row = self.db.execute("SELECT lines FROM texts WHERE document_id = ?", (document_id,)).fetchone()
        return msgspec.msgpack.decode(row["lines"], type=tuple[Line, ...]) if row else ()

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Passages by id, as a search shows them, without score and boxes."""
        place = "p.place" if self.version >= PLACES else "NULL"  # an older index has none
        sure = "p.sure, p.unsure" if self.version >= SCANS else "NULL AS sure, NULL AS unsure"
        more = f"{'p.header' if self.version > 3 else repr('')} AS header, {place} AS place, {sure}, {self._of_hidden}"
        rows = self.db.execute(
            f"""SELECT p.id, p.document_id, d.name, d.path, d.collection_id, {self._label} AS collection, p.page,
                p.start, p."end" AS stop, p.heading, p.text, p.boxes, d.indexed_at, d.modified, {more},
                {by_model(self.version >= MODEL_TEXTS)}
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
                collection_id=row["collection_id"],
                page=row["page"],
                start=row["start"],
                end=row["stop"],
                heading=row["heading"],
                header=row["header"],
                text=row["text"],
                boxes=msgspec.msgpack.decode(row["boxes"], type=tuple[Box, ...]),
                place=msgspec.msgpack.decode(row["place"], type=Place) if row["place"] is not None else None,
                indexed_at=row["indexed_at"] or 0.0,
                modified=row["modified"],
                sure=row["sure"],
                unsure=msgspec.msgpack.decode(row["unsure"], type=SPANS) if row["unsure"] is not None else (),
                flagged=addressed(row["text"]),
                hidden=0 if row["wanted"] else row["warned"],
                by_model=within(spans_of(row["by_model"], row["approved"]), row["start"], row["stop"]),
            )
            for row in rows
        }

    def passage_ids(self, documents: Sequence[int]) -> list[int]:
        """The passages of these documents, by rising id: in the order of each document's text."""
        return [row[0] for row in self.db.execute(f"{_OF_DOCUMENTS} ORDER BY id", (json_list(documents),))]

    def places(self, document_id: int) -> list[Stretch]:
        """The places of a document's passages, in order."""
        rows = self.db.execute(
            'SELECT id, start, "end", page, heading FROM passages WHERE document_id = ? ORDER BY id', (document_id,)
        )
        return [Stretch(*tuple(row)) for row in rows]

    def sampled(self, collections: Sequence[int], most: int) -> list[tuple[int, int, str]]:
        """Id, document and heading of at most `most` passages, spread evenly over collections."""
        inside = "FROM passages p JOIN documents d ON d.id = p.document_id"
        if collections:
            inside += f" WHERE d.collection_id IN ({','.join('?' * len(collections))})"
        count = int(self.db.execute(f"SELECT count(*) {inside}", tuple(collections)).fetchone()[0])
        rows = self.db.execute(
            f"""SELECT id, document_id, heading FROM (
                SELECT p.id, p.document_id, p.heading, row_number() OVER (ORDER BY p.id) AS n {inside}
            ) WHERE n % ? = 0 ORDER BY id""",
            (*collections, -(-count // most) or 1),
        )
        return [tuple(row) for row in rows]

    def places_of(self, ids: Sequence[int]) -> dict[int, tuple[int, str, int | None]]:
        """Document, its name, and the page of passages."""
        rows = self.db.execute(
            f"""SELECT p.id, p.document_id, d.name, p.page FROM passages p JOIN documents d ON d.id = p.document_id
            WHERE p.id IN ({",".join("?" * len(ids))})""",
            tuple(ids),
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def count(self) -> int:
        """All passages."""
        return int(self.meta("passages", "0"))

    def count_to(self, last: int) -> int:
        """Passages with an id up to `last`."""
        return int(self.db.execute("SELECT count(*) FROM passages WHERE id <= ?", (last,)).fetchone()[0])

    def mean_terms(self) -> float:
        """Mean length of a passage, in terms."""
        indexed = self.count() - waiting(self)
        return max(1.0, int(self.meta("terms", "0")) / max(1, indexed))

    def term_counts(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term stands. SQLite counts a common word for milliseconds, so counts are kept."""
        generation, known = self._term_counts
        if generation != self.generation or len(known) > TERMS_KEPT:
            self._term_counts = generation, known = self.generation, {}
        if missing := [term for term in terms if term not in known]:
            known.update(dict.fromkeys(missing, 0))
            marks = ",".join("?" * len(missing))
            known.update(self.db.execute(f"SELECT term, doc FROM word_counts WHERE term IN ({marks})", missing))
        return {term: known[term] for term in terms if known[term]}

    def long_words(self, part: str, most: int = COMPOUNDS) -> list[str]:
        """Terms that begin with `part`, and long words of compounding languages that end with it, commonest first."""
        found: list[str] = []
        for first in (part, tail_term(part)):
            rows = self.db.execute(
                "SELECT term FROM word_counts WHERE term > ? AND term < ? ORDER BY doc DESC LIMIT ?",
                (first, first + LAST, most),
            )
            found += [row[0] if first == part else word_of_tail(row[0]) for row in rows]
        return found

    def bodies(self, ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
        """Words of the file's name, context and text of passages."""
        rows = self.db.execute(
            f"""SELECT p.id, d.name, p.context, p.text FROM passages p JOIN documents d ON d.id = p.document_id
            WHERE p.id IN ({",".join("?" * len(ids))})""",
            tuple(ids),
        )
        return {row[0]: (name_words(row[1]), row[2], row[3]) for row in rows}

    def best_words(self, match: str, limit: int, documents: Sequence[int] | None = None) -> list[int]:
        """Passages by SQLite's own BM25 for an FTS5 query, best first; of these documents, or of all."""
        within = "" if documents is None else f"AND rowid IN ({_OF_DOCUMENTS})"
        rows = self.db.execute(
            f"SELECT rowid FROM words WHERE words MATCH ? {within} ORDER BY bm25(words, 0.0, 0.5, 0.5, 1.0) LIMIT ?",
            (match, *(() if documents is None else (json_list(documents),)), limit),
        )
        return [row[0] for row in rows]

    def vectors(self, after: int = 0, limit: int = 10_000) -> list[tuple[int, int, bytes]]:
        """Passage id, collection id and vector, by rising id."""
        rows = self.db.execute(
            f"""SELECT p.id, d.collection_id, {self._vector} FROM passages p JOIN documents d ON d.id = p.document_id
            WHERE p.id > ? ORDER BY p.id LIMIT ?""",
            (*self._made_by(), after, limit),
        )
        return [tuple(row) for row in rows]

    def vectors_of(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The vectors of these passages."""
        rows = self.db.execute(
            f"""SELECT p.id, {self._vector} FROM passages p JOIN documents d ON d.id = p.document_id
            WHERE p.id IN ({",".join("?" * len(ids))})""",
            (*self._made_by(), *ids),
        )
        return {row[0]: row[1] for row in rows}

    def cosines(self, query: NDArray[np.float32], ids: Sequence[int]) -> dict[int, float]:
        """Cosine of a query with these passages; 0 where another embedder made the vector."""
        vectors = self.vectors_of(ids)
        return {id_: float(np.frombuffer(vector, "<f4") @ query) for id_, vector in vectors.items()}

    def nearest(
        self,
        query: NDArray[np.float32],
        collections: Sequence[int],
        count: int,
        documents: Sequence[int] | None = None,
    ) -> list[int]:
        """The passages nearest to a query, by reading every vector, or those of these documents: exact, bounded in
        memory, seconds for a million."""
        best: list[tuple[float, int]] = []
        for batch in self._batches(collections, documents):
            matrix = np.frombuffer(b"".join(row[1] for row in batch), "<f4").reshape(len(batch), -1)
            best += [(float(score), row[0]) for score, row in zip(matrix @ query, batch, strict=True)]
            best = heapq.nlargest(count, best)
        return [id_ for _, id_ in best]

    def _batches(
        self, collections: Sequence[int], documents: Sequence[int] | None
    ) -> Iterator[list[tuple[int, bytes]]]:
        """Passages with their vectors."""
        if documents is not None:
            ids = self.passage_ids(documents)
            for start in range(0, len(ids), 10_000):
                yield list(self.vectors_of(ids[start : start + 10_000]).items())
            return
        after = 0
        while batch := self.vectors(after, 20_000):
            after = batch[-1][0]
            if kept := [(row[0], row[2]) for row in batch if not collections or row[1] in collections]:
                yield kept

    def twin_vectors(self, document_id: int) -> list[tuple[int, int, str, bytes]]:
        """Start, end, context and vector of a document's passages, in order."""
        rows = self.db.execute(
            'SELECT start, "end", context, vector FROM passages WHERE document_id = ? ORDER BY id', (document_id,)
        )
        return [tuple(row) for row in rows]
