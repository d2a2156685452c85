"""One attachment in every mail of a thread is found once, and the others are named: the same bytes say the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from app.documents.catalogue import json_list
from app.documents.contents import Contents
from app.members import is_member, origin


class Ranked(Protocol):
    """A passage in an order of passages."""

    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=Ranked)


def once(store: Contents, ranked: Sequence[T]) -> tuple[list[T], dict[int, tuple[str, ...]]]:
    """The passages without those that stand in another copy of a document before them, as far as one of the two lies in
    another file; passage → where else it stands."""
    rows = store.db.execute(
        """SELECT p.id, p.start, p."end", d.sha256, d.name, d.path
        FROM passages p JOIN documents d ON d.id = p.document_id
        WHERE p.id IN (SELECT value FROM json_each(?))""",
        (json_list([each.id for each in ranked]),),
    )
    stands = {row[0]: (tuple(row[1:4]), row[4], row[5]) for row in rows}
    first: dict[tuple[object, ...], int] = {}
    kept: list[T] = []
    also: dict[int, tuple[str, ...]] = {}
    for each in ranked:
        key, name, path = stands[each.id]
        before = first.setdefault(key, each.id)
        if before == each.id or not (is_member(path) or is_member(stands[before][2])):
            kept.append(each)
        else:
            also[before] = (*also.get(before, ()), _called(name, path))
    return kept, also


def _called(name: str, path: str) -> str:
    return f"{name} in {origin(path)}" if is_member(path) else name
