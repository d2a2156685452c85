"""The dates of documents that were found, and the newer versions of them that are there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import msgspec

from app.documents.contents import Contents
from app.formats import ARCHIVE, BY_SUFFIX, MAIL, Format, suffix_of
from app.places import MailPart, Member, Place
from app.text.editions import TEXT, Dated, Version, dated, family, supersedes
from app.types import Newer, Passage

RELATIVES = 8
"""Documents of the same name but for what tells versions apart that are looked into, the newest files first."""


def with_editions(store: Contents, passages: Sequence[Passage], collections: Sequence[int]) -> tuple[Passage, ...]:
    """The passages with the date of their document and its newest version among these collections (none: all)."""
    ids = {passage.document_id for passage in passages}
    if not ids:
        return tuple(passages)
    families = _families(store, ids, collections)
    wanted = ids.union(*families.values())
    known = _versions(store, sorted(wanted))
    newest: dict[int, Version] = {}
    pairs = {(new, old) for old, others in families.items() for new in others} | set(permutations(ids, 2))
    for new, old in sorted(pairs):
        if new in known and old in known and _may_be(known[new], known[old]) and supersedes(known[new], known[old]):
            best = newest.get(old)
            if best is None or supersedes(known[new], best):
                newest[old] = known[new]
    return tuple(
        _told(passage, known.get(passage.document_id), newest.get(passage.document_id)) for passage in passages
    )


def _families(store: Contents, ids: set[int], collections: Sequence[int]) -> dict[int, list[int]]:
    """The relatives of each document by name."""
    filed = store.filed(collections)
    names = {each.id: family(each.name) for each in filed}
    return {
        old: [each.id for each in reversed(filed) if names[each.id] == names[old] and each.id != old][:RELATIVES]
        for old in ids
        if names.get(old)
    }


def _told(passage: Passage, version: Version | None, newest: Version | None) -> Passage:
    if version is None:
        return passage
    newer = (
        Newer(document_id=newest.id, document=newest.name, path=newest.path, date=newest.dated.date) if newest else None
    )
    said = _dated(version, passage.place)
    return msgspec.structs.replace(passage, date=said.date, date_words=said.words, newer=newer)


def _may_be(new: Version, old: Version) -> bool:
    """Whether one may be a version of the other at all: a reply that quotes a mail is none."""
    return _kind(new) is not MAIL and _kind(old) is not MAIL


def _dated(version: Version, place: Place | None) -> Dated:
    """The date of a passage: of a mail its own; of an archive none, since each of its files has another."""
    inner = place.place if isinstance(place, Member) else place
    if isinstance(inner, MailPart) and inner.sent:
        return Dated(inner.sent, "date")
    several = _kind(version) is ARCHIVE or suffix_of(version.name) == ".mbox"
    return Dated() if several else version.dated


def _kind(version: Version) -> Format | None:
    return BY_SUFFIX.get(suffix_of(version.name))


def _versions(store: Contents, ids: Sequence[int]) -> dict[int, Version]:
    marks = ",".join("?" * len(ids))
    rows = store.db.execute(
        f"""SELECT d.id, d.name, d.path, d.title, d.modified, substr(t.text, 1, ?) AS text
        FROM documents d JOIN texts t ON t.document_id = d.id WHERE d.id IN ({marks})""",
        (TEXT, *ids),
    )
    found = {}
    for id_, name, path, title, modified, text in rows:
        found[id_] = Version(id_, name, text, dated(name, text, title), modified, path)
    return found
