"""Which documents are still to be looked at for what a model wrote, what was found, and what a person decided."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.documents.contents import Contents
from app.documents.migrations import MODEL_TEXTS
from app.documents.model_spans import NO_SPANS, spans_of
from app.text.model_text import Span, joined

OLDEST = 320_000_000.0
"""A file's date before 1981 is none: archives that know no dates have one there."""
_WAITING = """FROM documents d LEFT JOIN model_texts m ON m.document_id = d.id
    WHERE d.passages > 0 AND coalesce(m.looked, -1) < ?"""


class Waiting(msgspec.Struct, frozen=True):
    """A document that is to be looked at."""

    id: int
    collection_id: int
    looked: int  # up to which print it was; -1: not at all
    dated: float  # when its file was changed last, or else when it was read; seconds since the epoch


class ModelTexts(Contents):
    """What of a store is about text that a model wrote."""

    def unlooked(self, last: int) -> int:
        """How many documents were not looked at up to the print `last`."""
        return int(self.db.execute(f"SELECT count(*) {_WAITING}", (last,)).fetchone()[0])

    def waiting_for_look(self, last: int) -> list[Waiting]:
        """Those."""
        dated = "CASE WHEN d.modified > ? THEN d.modified ELSE coalesce(d.indexed_at, 0) END"
        sql = f"SELECT d.id, d.collection_id, coalesce(m.looked, -1), {dated} {_WAITING} ORDER BY d.id"
        return [Waiting(*row) for row in self.db.execute(sql, (OLDEST, last))]

    def keep_looked(self, document_ids: Sequence[int], last: int) -> None:
        """Note of documents that no print up to `last` is new to them."""
        with self.transaction() as db:
            db.executemany("UPDATE model_texts SET looked = ? WHERE document_id = ?", [(last, n) for n in document_ids])

    def keep_look(self, document_id: int, last: int, spans: tuple[Span, ...]) -> bool:
        """Note that a document was looked at up to the print `last`, and what was found; → whether that is new.

        What was found before stays: the print may be gone since, with its chat.
        """
        with self.transaction() as db:
            if db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is None:
                return False
            row = db.execute("SELECT spans FROM model_texts WHERE document_id = ?", (document_id,)).fetchone()
            before = spans_of(row[0]) if row else ()
            now = joined((*before, *spans))
            db.execute(
                """INSERT INTO model_texts (document_id, looked, spans) VALUES (?, ?, ?)
                ON CONFLICT (document_id) DO UPDATE SET looked = excluded.looked, spans = excluded.spans""",
                (document_id, last, msgspec.msgpack.encode(now)),
            )
        return now != before

    def model_text(self, document_id: int, *, approved_too: bool = True) -> tuple[Span, ...]:
        """The spans of a document's text that a model wrote, in order."""
        if self.version < MODEL_TEXTS:
            return ()
        row = self.db.execute(
            "SELECT spans, approved FROM model_texts WHERE document_id = ?", (document_id,)
        ).fetchone()
        return spans_of(row[0], bool(row[1]) and not approved_too) if row else ()

    def approve_model_text(self, document_id: int, *, approved: bool) -> None:
        """A person decided that what a model wrote in a document counts as any other text, or that it does not."""
        with self.transaction() as db:
            db.execute(
                """INSERT INTO model_texts (document_id, looked, spans, approved) VALUES (?, -1, ?, ?)
                ON CONFLICT (document_id) DO UPDATE SET approved = excluded.approved""",
                (document_id, NO_SPANS, approved),
            )
