"""The spans of a document that a model wrote, as they are stored."""

from __future__ import annotations

import sqlite3

import msgspec

from app.text.model_text import Span

_SPANS = tuple[Span, ...]
NO_SPANS = msgspec.msgpack.encode(())


def by_model(known: bool) -> str:
    """What of a document `d` a model wrote, whether that is approved, and how long its text is, in SQL; `known` to the
    index."""
    if not known:
        return "NULL AS by_model, 0 AS approved, 0 AS characters"
    kept = "FROM model_texts m WHERE m.document_id = d.id"
    return f"""(SELECT spans {kept} AND length(spans) > 1) AS by_model,
        coalesce((SELECT approved {kept}), 0) AS approved,
        CASE WHEN EXISTS (SELECT 1 {kept} AND length(spans) > 1)
            THEN (SELECT length(text) FROM texts x WHERE x.document_id = d.id) ELSE 0 END AS characters"""


def flagged_in(known: bool) -> str:
    """How many documents of a collection `c` hold text of a model that no person approved, in SQL."""
    if not known:
        return "0 AS flagged"
    return """(SELECT count(*) FROM model_texts m JOIN documents o ON o.id = m.document_id
        WHERE o.collection_id = c.id AND length(m.spans) > 1 AND NOT m.approved) AS flagged"""


def spans_of(stored: bytes | None, approved: bool = False) -> tuple[Span, ...]:
    """The spans, in order; none where a person approved them."""
    return msgspec.msgpack.decode(stored, type=_SPANS) if stored and not approved else ()


def share_of(stored: bytes | None, characters: int) -> float:
    """How much of its text that is, 0 to 1."""
    return sum(end - start for start, end in spans_of(stored)) / characters if characters else 0.0


def look_again(db: sqlite3.Connection, collection_id: int, path: str, sha256: str) -> None:
    """Inside the transaction that reads a document anew, before its row changes: its text is to be looked at again.

    What a person approved stays approved as long as the file is the same.
    """
    db.execute(
        """UPDATE model_texts SET looked = -1, spans = ?, approved = approved AND
            (SELECT sha256 FROM documents WHERE id = document_id) = ?
        WHERE document_id = (SELECT id FROM documents WHERE collection_id = ? AND path = ?)""",
        (NO_SPANS, sha256, collection_id, path),
    )
