"""Pages that are pictures of text, as the index keeps them: which wait, and what was recognised on the others."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import msgspec

from app.documents.contents import Contents
from app.documents.loaders.boxes import joined
from app.documents.loaders.scan import Scan
from app.documents.migrations import SCANS
from app.text.parsed import Line, Parsed
from app.types import Box

UNSURE = 0.8
"""A recognised word below is called hard to make out: a caution; docs/reading.md says how little it tells."""

WAITS, SEEN, FAILED = 0, 1, 2
"""States of a page."""

_OF_CONTENT = "SELECT id FROM documents WHERE sha256 = ? AND sha256 <> '' AND id <> ?"


class Waiting(msgspec.Struct, frozen=True):
    """A document with pages to recognise, or with recognised pages whose text is not in the index yet."""

    id: int
    collection_id: int
    name: str
    path: str
    page: int | None  # the next one; None where all have been done
    done: int
    total: int
    merged: int  # pages whose text is in the index


class Scanned(Contents):
    """What of a store is about pictures of pages."""

    def next_scan(self, collection_id: int = 0, skipped: Sequence[int] = ()) -> Waiting | None:
        """The document that is recognised now: pages in their order, of documents as they came."""
        marks = ",".join("?" * len(skipped))
        row = self.db.execute(
            f"""SELECT d.id, d.collection_id, d.name, d.path,
                (SELECT min(page) FROM scans w WHERE w.document_id = d.id AND w.state = 0) AS next_page,
                count(*) FILTER (WHERE s.state > 0) AS done, count(*) AS total, d.merged
            FROM documents d JOIN scans s ON s.document_id = d.id
            WHERE (? = 0 OR d.collection_id = ?) AND d.id NOT IN ({marks}) AND d.status = 'indexed'
            GROUP BY d.id HAVING next_page IS NOT NULL OR done > d.merged ORDER BY d.id LIMIT 1""",
            (collection_id, collection_id, *skipped),
        ).fetchone()
        return Waiting(*tuple(row)) if row else None

    def pages_waiting(self, collection_id: int = 0) -> int:
        """Pages that are to be recognised."""
        if self.version < SCANS:
            return 0  # an older index that may only be read
        row = self.db.execute(
            """SELECT count(*) FROM scans s JOIN documents d ON d.id = s.document_id
            WHERE s.state = 0 AND d.status = 'indexed' AND (? = 0 OR d.collection_id = ?)""",
            (collection_id, collection_id),
        ).fetchone()
        return int(row[0])

    def scans(self, document_id: int) -> dict[int, Scan]:
        """What was recognised on the pages of a document."""
        rows = self.db.execute(
            "SELECT page, seen FROM scans WHERE document_id = ? AND seen IS NOT NULL", (document_id,)
        )
        return {page: msgspec.msgpack.decode(seen, type=Scan) for page, seen in rows}

    def put_scan(self, document_id: int, page: int, scan: Scan) -> None:
        """Keep what was recognised on a page; nothing where the document is gone."""
        values = (SEEN, scan.sure, msgspec.msgpack.encode(scan), document_id, page)
        with self.transaction() as db:
            db.execute("UPDATE scans SET state = ?, sure = ?, seen = ? WHERE document_id = ? AND page = ?", values)

    def put_scan_failure(self, document_id: int, page: int, reason: str) -> None:
        """A page that could not be recognised: the others go on, and adding the file again tries it again."""
        with self.transaction() as db:
            db.execute(
                "UPDATE scans SET state = ?, reason = ? WHERE document_id = ? AND page = ?",
                (FAILED, reason, document_id, page),
            )

    def _forget_other_scans(self, collection_id: int, path: str, sha256: str, masked: Sequence[str]) -> None:
        """Inside a transaction, before a document is stored: what was seen in another content says nothing, and what
        was seen before other kinds of personal data were masked must not be kept."""
        self.db.execute(
            """DELETE FROM scans WHERE document_id IN
            (SELECT d.id FROM documents d LEFT JOIN personal_data p ON p.document_id = d.id
            WHERE d.collection_id = ? AND d.path = ? AND (d.sha256 <> ? OR coalesce(p.kinds, '') <> ?))""",
            (collection_id, path, sha256, ",".join(masked)),
        )

    def _expect_scans(self, document_id: int, parsed: Parsed, merged: int) -> None:
        """Inside a transaction: the pages that are pictures wait, but for those whose very content was recognised.

        A page that failed is tried again when its file is added again: then nothing is merged yet.
        """
        db = self.db
        db.execute("UPDATE documents SET merged = ? WHERE id = ?", (merged, document_id))
        if merged:
            return
        db.execute("DELETE FROM scans WHERE document_id = ? AND state = ?", (document_id, FAILED))
        known = db.execute(_OF_CONTENT + " ORDER BY id", (parsed.sha256, document_id)).fetchall()
        for (other,) in known:
            db.execute(
                """INSERT OR IGNORE INTO scans SELECT ?, page, state, sure, seen, reason FROM scans
                WHERE document_id = ? AND state = ? AND document_id IN (SELECT d.id FROM documents d
                    LEFT JOIN personal_data p ON p.document_id = d.id WHERE coalesce(p.kinds, '') = ?)""",
                (document_id, other, SEEN, ",".join(parsed.masked)),
            )
        db.executemany(
            "INSERT OR IGNORE INTO scans (document_id, page) VALUES (?, ?)",
            [(document_id, page) for page in parsed.scans],
        )


def page_boxes(lines: Sequence[Line]) -> tuple[Box, ...]:
    """The boxes of lines of a page; of recognised words, those of each stretch of a line as one."""
    if any(line.sure is not None for line in lines):
        return joined([line.box for line in lines])
    return tuple(line.box for line in lines)


def certainty(lines: Sequence[Line], start: int, end: int) -> tuple[float | None, tuple[tuple[int, int], ...]]:
    """How sure what was recognised in a span of the text is, and the spans in it, counted from its start, that are not.

    `lines` are in the order of the text.
    """
    words = [line for line in touched(lines, start, end) if line.sure is not None]
    weight = sum(word.end - word.start for word in words)
    if not weight:
        return None, ()
    mean = sum((word.sure or 0.0) * (word.end - word.start) for word in words) / weight
    low = [(max(word.start, start) - start, min(word.end, end) - start) for word in words if (word.sure or 0) < UNSURE]
    return round(mean, 3), tuple(low)


def touched(lines: Sequence[Line], start: int, end: int) -> Sequence[Line]:
    """The lines that a span of the text touches."""
    first = bisect.bisect_right(lines, start, key=lambda line: line.end)
    last = bisect.bisect_left(lines, end, key=lambda line: line.start)
    return lines[first:last]
