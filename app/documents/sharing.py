"""Opens collections that colleagues publish in a folder, and follows their editions; nothing is written there.

An edition is fetched into the cache folder by a thread, since a network drive may stop answering, checked, and put
ready in a hidden collection. It is taken over in one transaction, at a moment that the core chooses: until then the
edition before answers. A document keeps its id from edition to edition, so that answers that cite it stay true.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.documents import changes, shares
from app.documents.bundle import Staged, drop_staged, free_name, imported, stage
from app.documents.bundle_file import About, EditionMark, damaged, opened, read_about
from app.documents.catalogue import json_list
from app.documents.publishing import beside, publish, stop
from app.documents.removal import Removal
from app.documents.shared_file import about_of, fetch, find_edition, follower, looks_of, mark_of, problem_of, sweep
from app.documents.store import Store
from app.errors import AppError
from app.workers.calls.bundles import BundleProgress, Imported
from app.workers.calls.documents import Warming
from app.workers.calls.shares import (
    Answers,
    Calls,
    EditionTaken,
    LookAtShared,
    OpenShared,
    PublishCollection,
    SharedSeen,
    StopPublishing,
    TakeShared,
)
from app.workers.message import Done
from app.workers.protocol import AnyData

Steps = Generator[BundleProgress, None, Any]


Held = tuple[int, bytes]
"""Key of a document of an edition, and a digest of its record."""
AT_ONCE = 500
"""Passages that a take-over changes in one transaction, 2 s of work; more of them go document by document."""


class _Ready(Struct, frozen=True):
    """An edition that waits to be taken over."""

    about: About
    mark: EditionMark
    staged: Staged
    keys: frozenset[int]
    """Of all documents of the edition."""


class Sharing:
    """Knows which editions are ready, and remembers what a shared file looked like."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._ready: dict[int, _Ready] = {}
        self._looked: dict[int, tuple[int, int]] = {}
        self._swept = False

    def answer(
        self, store: Store, removal: Removal, call: Calls
    ) -> Generator[AnyData, None, Answers | Imported | Done]:
        """Each of the calls about shared collections."""
        match call:
            case PublishCollection():
                return (yield from publish(store, self._cache, call))
            case StopPublishing():
                return (yield from stop(store, call))
            case OpenShared():
                return (yield from self.open(store, call))
            case LookAtShared():
                return (yield from self.look(store, call))
            case TakeShared():
                return (yield from self.take(store, removal, call))

    # --- opening ------------------------------------------------------------------------------------------------------

    def open(self, store: Store, call: OpenShared) -> Generator[BundleProgress, None, Imported]:
        """
        Raises:
            BadFile, NewerData: it is no edition of a collection, or a damaged one.
            AppError: it is open already.
        """
        path: Path = yield from beside(lambda beat: find_edition(Path(call.path).expanduser().absolute()))
        file = yield from fetch(self._cache, path)
        try:
            with opened(file, path) as archive:
                mark = mark_of(read_about(archive, path), path)
            self._refuse_twice(store, mark)
            about, staged = yield from stage(store, file, path, {})
        finally:
            file.unlink(missing_ok=True)
        collection_id = staged.collection_id
        try:
            self._refuse_doubles(store, staged, path)
        except AppError:
            drop_staged(store, collection_id)
            raise
        with store.transaction() as db:
            name = free_name(store, about.name)
            db.execute("UPDATE collections SET name = ?, hidden = 0 WHERE id = ?", (name, collection_id))
            self._note(store, collection_id, about, mark, path)
            rows = [(document, key, digest) for document, (key, digest) in staged.made.items()]
            db.executemany("INSERT INTO shared_documents VALUES (?, ?, ?)", rows)
        store.unfinished.discard(collection_id)
        return imported(store, collection_id, about)

    @staticmethod
    def _refuse_twice(store: Store, mark: EditionMark) -> None:
        for table, said in (
            ("shared", "This shared collection is open already."),
            ("published", "You share this collection yourself."),
        ):
            found = store.db.execute(
                f"SELECT c.name FROM {table} s JOIN collections c ON c.id = s.collection_id WHERE s.share = ?",
                (mark.share,),
            ).fetchone()
            if found is not None:
                raise AppError(said, f"It is called “{found[0]}” here.")

    # --- looking ------------------------------------------------------------------------------------------------------

    def look(self, store: Store, call: LookAtShared) -> Generator[BundleProgress, None, SharedSeen]:
        """What is wrong is kept with the collection, and said there."""
        if not self._swept:
            self._swept = True
            sweep(self._cache)
        row = shares.row_of(store, "shared", call.collection_id)
        if row is None:
            raise AppError("This collection is not shared any more.", "")
        if store.read_only:
            return SharedSeen()
        path, id_ = Path(row["path"]), call.collection_id
        try:
            looks = yield from beside(lambda beat: looks_of(path))
            if looks == self._looked.get(id_):
                return SharedSeen(ready=id_ in self._ready)
            ready = yield from self._prepare(store, id_, row["share"], row["edition"], row["sha256"], path)
        except (AppError, OSError) as error:
            self._looked.pop(id_, None)
            return SharedSeen(changed=self._say(store, id_, problem_of(error)), ready=id_ in self._ready)
        self._looked[id_] = looks
        return SharedSeen(ready=ready, changed=self._say(store, id_, ""))

    def _prepare(self, store: Store, id_: int, share: str, edition: int, sha256: str, path: Path) -> Steps:
        about: About = yield from beside(lambda beat: about_of(path))
        mark = follower(about, path, share, edition)
        if about.sha256 == sha256 and mark.number == edition:
            self._drop(store, id_)
            return False
        ready = self._ready.get(id_)
        if ready is not None and ready.about == about:
            return True
        self._drop(store, id_)
        file = yield from fetch(self._cache, path)
        try:
            about, staged = yield from stage(store, file, path, _digests(store, id_))
        finally:
            file.unlink(missing_ok=True)
        try:
            self._refuse_doubles(store, staged, path, id_)
            keys = staged.kept.union(key for key, _ in staged.made.values())
            self._ready[id_] = _Ready(about, follower(about, path, share, edition), staged, keys)
        except AppError:
            drop_staged(store, staged.collection_id)
            raise
        return True

    def _drop(self, store: Store, collection_id: int) -> None:
        """What was ready is not wanted any more."""
        ready = self._ready.pop(collection_id, None)
        if ready is not None:
            drop_staged(store, ready.staged.collection_id)

    @staticmethod
    def _refuse_doubles(store: Store, staged: Staged, path: Path, collection_id: int = 0) -> None:
        """Every document has a key and a path of its own."""
        keys = [key for key, _ in staged.made.values()]
        paths = (
            "SELECT d.path FROM documents d LEFT JOIN shared_documents s ON s.document_id = d.id WHERE d.collection_id"
        )
        kept = f"{paths} = ? AND s.key IN (SELECT value FROM json_each(?))"
        both = f"{paths} = ? INTERSECT {kept}"
        values = (staged.collection_id, collection_id, json_list(sorted(staged.kept)))
        if len({*keys}) != len(keys) or not staged.kept.isdisjoint(keys) or store.db.execute(both, values).fetchone():
            raise damaged(path, "Two documents have one key or one path.")

    def _say(self, store: Store, collection_id: int, problem: str) -> bool:
        row = shares.row_of(store, "shared", collection_id)
        if row is None or row["problem"] == problem:
            return False
        with store.transaction() as db:
            values = (problem, time.time() if problem else 0.0, collection_id)
            db.execute("UPDATE shared SET problem = ?, since = ? WHERE collection_id = ?", values)
        return True

    # --- taking over --------------------------------------------------------------------------------------------------

    def take(self, store: Store, removal: Removal, call: TakeShared) -> Generator[AnyData, None, EditionTaken]:
        """
        Raises:
            AppError: no edition is ready, or the collection is gone.
        """
        ready = self._ready.get(call.collection_id)
        row = shares.row_of(store, "shared", call.collection_id)
        if ready is None or row is None:
            raise AppError("No new edition is ready.", "Look again.")
        id_, path, made = call.collection_id, Path(row["path"]), ready.staged.made
        before = _keys(store, id_)
        gone = [document for key, document in before.items() if key not in ready.keys]
        added = sum(key not in before for key, _ in made.values())
        changed = len(made) - added
        touched = [*made, *gone, *(before[key] for key, _ in made.values() if key in before)]
        left, traces = gone, 0
        if _passages(store, touched) > AT_ONCE:
            traces = (yield from removal.by(gone, lambda: store.remove(gone))).traces
            yield from self._step_by_step(store, id_, ready, before)
            left, before = [], _keys(store, id_)

        def swap() -> int:
            count = self._swap(store, id_, ready, before, left, path)
            del self._ready[id_]
            store.unfinished.discard(ready.staged.collection_id)
            return count

        traces += (yield from removal.by(left, swap)).traces
        return EditionTaken(edition=ready.mark.number, added=added, changed=changed, removed=tuple(gone), traces=traces)

    def _step_by_step(
        self, store: Store, collection_id: int, ready: _Ready, before: dict[int, int]
    ) -> Generator[Warming, None, None]:
        """A document a transaction, so that a question has its turn; the next look finishes what a kill leaves."""
        made = ready.staged.made
        with store.transaction() as db:
            _unplace(db, before, made)
        for other in list(made):
            with store.transaction() as db:
                _adopt(store, db, collection_id, before, other, made[other])
            del made[other]
            yield Warming()

    def _swap(
        self, store: Store, collection_id: int, ready: _Ready, before: dict[int, int], gone: Sequence[int], path: Path
    ) -> int:
        """All of it or nothing; → how many passages went with the documents that are gone."""
        made = ready.staged.made
        with store.transaction() as db:
            erased = store.erase(gone)
            _unplace(db, before, made)
            for other, held in made.items():
                _adopt(store, db, collection_id, before, other, held)
            db.execute("DELETE FROM collections WHERE id = ?", (ready.staged.collection_id,))
            name = free_name(store, ready.about.name, collection_id)
            db.execute("UPDATE collections SET name = ? WHERE id = ?", (name, collection_id))
            self._note(store, collection_id, ready.about, ready.mark, path)
            store.set_meta("purge", "1")
        return erased

    @staticmethod
    def _note(store: Store, collection_id: int, about: About, mark: EditionMark, path: Path) -> None:
        """Inside a transaction: which edition is here."""
        values = {
            "collection_id": collection_id, "share": mark.share, "path": str(path), "by": mark.by,
            "edition": mark.number, "at": mark.at, "sha256": about.sha256,
        }  # fmt: skip
        shares.put_row(store.db, "shared", values)


def _unplace(db: sqlite3.Connection, before: Mapping[int, int], made: Mapping[int, Held]) -> None:
    """Inside a transaction: documents that become others leave their paths, since two may have changed places."""
    for key, _ in made.values():
        if key in before:
            db.execute("UPDATE documents SET path = '?' || id WHERE id = ?", (before[key],))
            db.execute("UPDATE shared_documents SET digest = x'' WHERE document_id = ?", (before[key],))  # to be done


def _adopt(
    store: Store, db: sqlite3.Connection, collection_id: int, before: Mapping[int, int], other: int, held: Held
) -> None:
    """Inside a transaction: a document that was ready is the one of its key from now on, or a new one."""
    key, digest = held
    if key in before:
        store.adopt(db, before[key], other)
        changes.note(db, before[key], "changed")
    else:
        store.refile(db, other, collection_id)
    db.execute("INSERT OR REPLACE INTO shared_documents VALUES (?, ?, ?)", (before.get(key, other), key, digest))


def _passages(store: Store, ids: Sequence[int]) -> int:
    """How many passages these documents have."""
    sql = "SELECT coalesce(sum(passages), 0) FROM documents WHERE id IN (SELECT value FROM json_each(?))"
    return int(store.db.execute(sql, (json_list(ids),)).fetchone()[0])


def _keys(store: Store, collection_id: int) -> dict[int, int]:
    """Key → document, of the edition that is here; one that has none gets a key of its own, which no edition has."""
    rows = store.db.execute(
        """SELECT d.id, s.key FROM documents d LEFT JOIN shared_documents s ON s.document_id = d.id
        WHERE d.collection_id = ?""",
        (collection_id,),
    )
    return {-row["id"] if row["key"] is None else row["key"]: row["id"] for row in rows}


def _digests(store: Store, collection_id: int) -> dict[int, bytes]:
    """Key → digest of the record, of the edition that is here."""
    rows = store.db.execute(
        """SELECT s.key, s.digest FROM shared_documents s JOIN documents d ON d.id = s.document_id
        WHERE d.collection_id = ?""",
        (collection_id,),
    )
    return {row["key"]: row["digest"] for row in rows}
