"""What is kept of the personal data that was masked in a document: how much of each kind, and where it stood."""

from __future__ import annotations

from msgspec import Struct

from app.text.personal.kinds import Found, PersonalKind, known

MOST_KEPT = 1_000
"""Places of a document that are listed; all are counted. A list of customers has one in each row."""

WAITING = """FROM documents w LEFT JOIN masking m ON m.collection_id = w.collection_id
    LEFT JOIN personal_data a ON a.document_id = w.id
    WHERE w.passages + coalesce(w.pages, 0) > 0 AND NOT coalesce(a.exempt, 0)
    AND coalesce(a.kinds, '') <> coalesce(m.kinds, '')"""
"""Documents whose text is not as the setting of their collection wants it."""


class Masked(Struct, frozen=True, array_like=True):
    """Counts by kind, and the places in the text where the kind stands instead."""

    counts: dict[str, int]
    places: tuple[Found, ...]


def kinds_of(kept: str) -> tuple[PersonalKind, ...]:
    """Kinds as they are stored."""
    return known(kept.split(","))


def of_document(known: bool) -> str:
    """What was masked in a document `d`, and whether a person decided to leave it, in SQL; `known` to the index."""
    if not known:
        return "'' AS kinds, NULL AS masked, 0 AS exempt"
    kept = "FROM personal_data a WHERE a.document_id = d.id"
    return f"""(SELECT kinds {kept}) AS kinds, (SELECT found {kept}) AS masked,
        coalesce((SELECT exempt {kept}), 0) AS exempt"""


def of_collection(known: bool) -> str:
    """Which kinds a collection `c` masks, and how many documents do not follow that yet, in SQL."""
    if not known:
        return "'' AS masks, 0 AS unmasked"
    return f"""coalesce((SELECT kinds FROM masking k WHERE k.collection_id = c.id), '') AS masks,
        (SELECT count(*) {WAITING} AND w.collection_id = c.id) AS unmasked"""
