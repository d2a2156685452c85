"""Containers on their way into the index: each is stored before the files in it, and complete once all of these are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from app.documents.reading import Closed, Read
from app.documents.store import Store
from app.members import MARK, containers_of, member_path

OPEN = "/open"
"""Ends the recipe of a container until all that lies in it is stored: after a kill it is read again."""


class _Holder(Struct):
    """A container that is stored, whose files are on their way."""

    read: Read
    document_id: int
    failed: int = 0  # files in it that could not be read


class Complete(Struct, frozen=True):
    """A container all of whose files are stored."""

    read: Read
    document_id: int
    note: str


class UnderWay:
    """The containers of one Add."""

    def __init__(self, store: Store, collection_id: int) -> None:
        self._store, self._collection_id = store, collection_id
        self._closed: list[Closed] = []
        """All of these has been read, and not all is stored yet."""
        self._held: dict[str, _Holder] = {}
        self._ended = set[str]()

    def stored(self, read: Read, document_id: int) -> None:
        """A container has its row; what lies in it follows."""
        self._held[read.path] = _Holder(read, document_id)

    def failed(self, container: str) -> None:
        """A file in it could not be read."""
        if container in self._held:
            self._held[container].failed += 1

    def closed(self, closed: Closed) -> None:
        """All of a container has been read."""
        self._closed.append(closed)

    def completed(self, waiting: Iterable[str]) -> Iterator[Complete]:
        """End those of which nothing is among the paths that wait to be stored."""
        busy = {each for path in waiting for each in (path, *containers_of(path))} if self._closed else set()
        for closed in [each for each in self._closed if each.path not in busy]:
            self._closed.remove(closed)
            holder = self._held.pop(closed.path, None)
            if holder is None:
                if closed.path not in self._ended:  # it is no container any more
                    complete(self._store, self._collection_id, closed.path, (), "")
                continue  # or it was read twice, since it was asked for by itself too
            self._ended.add(closed.path)
            note = " ".join(part for part in (holder.read.parsed.note, closed.note) if part)
            complete(self._store, self._collection_id, closed.path, closed.names, holder.read.recipe, note)
            failed = f"{holder.failed} of {len(closed.names)} files in it could not be read." if holder.failed else ""
            yield Complete(holder.read, holder.document_id, " ".join(part for part in (failed, note) if part))


def complete(store: Store, collection_id: int, path: str, names: Sequence[str], recipe: str, note: str = "") -> None:
    """All of a container is stored: what lay in it before and is not among `names` goes; `recipe` says so."""
    with store.transaction() as db:
        row = db.execute("SELECT id FROM documents WHERE collection_id = ? AND path = ?", (collection_id, path))
        found = row.fetchone()
        if found is None:
            return
        kept = {member_path(path, name) for name in names}
        direct = [(id_, path + MARK + at[len(path + MARK) :].split(MARK)[0]) for id_, at in store.members(found[0])]
        stale = [id_ for id_, at in direct if at not in kept]
        if stale:
            store.erase(stale)
        if recipe:
            db.execute("UPDATE documents SET recipe = ?, reason = ? WHERE id = ?", (recipe, note, found[0]))
