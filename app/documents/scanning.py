"""Holds a watched folder against the index: what is new or changed is named, what moved or went is followed at once.

Nothing is believed at the first look: a file that is being written has another size at the next one, and one that is
being replaced is there again. Only what looks the same for `SETTLE_S` counts, by a clock that does not jump.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import TypeVar

import msgspec
from msgspec import Struct

from app.documents import changes, folders, trash
from app.documents.catalogue import trash_name
from app.documents.looking import Beside, Ignore, Looked, Seen, gone, hashes, look
from app.documents.store import Store
from app.members import is_member
from app.workers.calls.folders import Absence, Folder, ScanFolder, Scanned

SETTLE_S = 2.0
"""So long a file must look the same before it is read, or be away before it counts as gone."""
FEW = 2
"""Documents of a folder from which on all of them gone at once is no deletion until a person says so."""
AGAIN = frozenset({"denied", "permission", "unreadable", "missing", "stopped"})
"""Failures that may pass without a change of the file."""

Steps = Generator[None, None, Scanned]
T = TypeVar("T")
TOGETHER = 50
"""Documents that are filed elsewhere in one transaction; a search waits for no more of them."""
AWAY: Seen = (-1, 0.0)
"""How a file looks that is not there."""


class Known(Struct, frozen=True):
    """A document that lies in the folder, or in the trash of its collection."""

    id: int
    path: str
    status: str
    code: str
    sha256: str
    bytes: int
    seen: Seen
    kept: bool
    trashed: bool


class Memory:
    """What a folder looked like before, for as long as the process lives."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._looks: dict[str, tuple[Seen, float]] = {}
        self.hanging: Beside[Looked] | None = None
        """A look at a server that does not answer."""

    def settled(self, path: str, seen: Seen) -> bool:
        """Whether a file has looked like this for a while."""
        now = self._now()
        before = self._looks.get(path)
        if before is None or before[0] != seen:
            self._looks[path] = (seen, now)
            return False
        return now - before[1] >= SETTLE_S

    def forget(self, paths: Iterable[str]) -> None:
        """Remember only what is still open."""
        kept = set(paths)
        self._looks = {path: each for path, each in self._looks.items() if path in kept}


class Scan:
    """One look at one folder. Use `steps()` once."""

    def __init__(self, store: Store, call: ScanFolder, memory: Memory) -> None:
        """
        Raises:
            AppError: the folder is not followed any more.
        """
        self._store, self._call, self._memory = store, call, memory
        self._folder = folders.get(store, call.folder_id)
        self._ignore = Ignore(self._folder.path, self._folder.rules)
        self._listed: dict[str, Known] = {}
        """The documents in it, when it has been followed."""
        self._files: dict[str, Seen] = {}
        self._took = 0.0
        self._taken_out = folders.excluded(store, call.folder_id)
        self._counts = {"moved": 0, "trashed": 0, "restored": 0, "dropped": 0}
        same = folders.paths(store, self._folder.collection_id) - {self._folder.path}
        own = str(store.path.parent)
        self._apart = frozenset([*(path for path in same if folders.within(path, self._folder.path)), own])
        """Folders in it that are followed for themselves, and our own data."""

    def steps(self) -> Steps:
        """Run; a step takes milliseconds, so that a search has its turn."""
        looked = yield from self._look()
        if looked.absence:
            return self._absent(looked.absence)
        self._files = looked.files
        known = self._known()
        in_folder = [each for each in known if not each.trashed]
        missing = yield from self._missing(in_folder, looked)
        moved = yield from self._moves(self._fresh(in_folder), missing, known)
        lost = [each for each in missing if each.id not in moved]
        if not self._call.confirmed and self._is_emptied(in_folder, lost, looked):
            return self._absent("emptied")
        self._present(looked.device)
        open_paths = yield from self._let_go(in_folder, lost)
        due, unsettled = yield from self._due(self._known() if any(self._counts.values()) else known)
        open_paths += unsettled
        self._memory.forget([*open_paths, *due])
        return Scanned(
            folder=self._now(sum(each.status != "failed" for each in self._listed.values())),
            due=tuple(due),
            unsettled=len(open_paths),
            skipped=looked.skipped,
            files=len(looked.files),
            took_s=self._took,
            **self._counts,
        )

    # --- looking ------------------------------------------------------------------------------------------------------

    def _look(self) -> Generator[None, None, Looked]:
        memory = self._memory
        if memory.hanging is not None and memory.hanging.running:
            return Looked(absence="silent")
        root, ignore, apart = self._folder.path, self._ignore, self._apart
        memory.hanging = beside = Beside(lambda beat: look(root, ignore, apart, beat))
        while not beside.wait(0.01):
            if beside.stalled:
                return Looked(absence="silent")
            yield
        memory.hanging = None
        self._took = beside.took_s
        return beside.result()

    def _known(self) -> list[Known]:
        """The documents in this folder, and those of the collection's trash."""
        found = _filed(self._store, self._folder.collection_id)
        return [each for each in found if each.trashed or self._is_mine(each.path)]

    def _is_mine(self, path: str) -> bool:
        if not folders.within(path, self._folder.path):
            return False
        return not any(folders.within(path, other) for other in self._apart)

    def _missing(self, known: list[Known], looked: Looked) -> Generator[None, None, list[Known]]:
        """Documents whose files are really gone."""
        away = [
            each
            for each in known
            if each.path not in looked.files and not any(folders.within(each.path, at) for at in looked.closed)
        ]
        if not away:
            return []
        found = yield from _beside(lambda beat: gone([each.path for each in away], beat))
        return [each for each in away if found is not None and each.path in found]

    # --- what moved ---------------------------------------------------------------------------------------------------

    def _moves(
        self, fresh: list[str], missing: list[Known], known: list[Known]
    ) -> Generator[None, None, dict[int, str]]:
        """Document → where its file is now: the same bytes, at a path that is not known. The same name goes first."""
        looked_for: dict[str, list[Known]] = {}
        sizes = set()
        for each in [*missing, *(each for each in known if each.trashed)]:
            if each.sha256 and each.status == "indexed":
                looked_for.setdefault(each.sha256, []).append(each)
                sizes.add(each.bytes)
        candidates = [path for path in fresh if self._files[path][0] in sizes] if sizes else []
        if not candidates:
            return {}
        found_hashes = yield from _beside(lambda beat: hashes(candidates, beat))
        moved: list[tuple[Known, str]] = []
        for path, sha256 in sorted((found_hashes or {}).items()):
            found = looked_for.get(sha256, [])
            best = min(found, key=lambda each: _distance(each, path), default=None)
            if best is not None:
                found.remove(best)
                moved.append((best, path))
        for some in _parts(moved):
            with self._store.transaction() as db:
                for document, path in some:
                    self._follow(db, document, path)
            yield
        return {document.id: path for document, path in moved}

    def _fresh(self, known: list[Known]) -> list[str]:
        """Files that no document stands for, but those that a person took out."""
        paths = {each.path for each in known}
        return [path for path in self._files if path not in paths and not self._is_taken_out(path)]

    def _is_taken_out(self, path: str) -> bool:
        return bool(self._taken_out) and folders.digest(path) in self._taken_out

    def _follow(self, db: sqlite3.Connection, document: Known, path: str) -> None:
        """Inside a transaction: a document's file is here now; one that lay in the trash is found again."""
        if document.trashed:
            trash.take_back(self._store, db, document.id, self._folder.collection_id)
            self._counts["restored"] += 1
        if path != document.path:
            self._store.rename(db, document.id, path)
            changes.note(db, document.id, "moved", document.path)
            self._counts["moved"] += not document.trashed
        self._store.see_all(db, document.id, self._files[path])

    # --- what went ----------------------------------------------------------------------------------------------------

    def _is_emptied(self, known: list[Known], lost: list[Known], looked: Looked) -> bool:
        """All gone at once: a drive that is not there looks the same. Documents that were lost before do not count."""
        living = [each for each in known if each.status != "failed" and not each.kept]
        lost_ids = {each.id for each in lost}
        if not living or any(each.id not in lost_ids for each in living):
            return False
        return len(living) >= FEW or self._device() not in (0, looked.device)

    def _let_go(self, known: list[Known], lost: list[Known]) -> Generator[None, None, list[str]]:
        """What is gone for a while, or left out by a person's rule, goes into the trash; → what is not settled."""
        waiting: list[str] = []
        leaving: list[Known] = []
        gone_ids = {each.id for each in lost}
        for each in known:
            away = each.id in gone_ids
            if not away and not (self._folder.rules.ignore and self._ignore(each.path)):
                continue
            if each.kept and away:
                continue  # restored by a person, though its file is gone
            if away and not self._call.confirmed and not self._memory.settled(each.path, AWAY):
                waiting.append(each.path)
                continue
            leaving.append(each)
        for some in _parts(leaving):
            with self._store.transaction() as db:
                for each in some:
                    self._leave(db, each)
            yield
        return waiting

    def _leave(self, db: sqlite3.Connection, document: Known) -> None:
        """Inside a transaction. Of a file that had failed there is nothing to restore."""
        if document.status == "indexed" or document.bytes:
            trash.throw_away(self._store, db, document.id, self._folder.collection_id)
            self._counts["trashed"] += 1
        else:
            self._store.erase([document.id])
            self._counts["dropped"] += 1

    # --- what is new --------------------------------------------------------------------------------------------------

    def _due(self, filed: list[Known]) -> Generator[None, None, tuple[list[str], list[str]]]:
        """Files to be read now, and those that are not settled."""
        self._listed = known = {each.path: each for each in filed if not each.trashed}
        there = [each.id for each in known.values() if each.kept and each.path in self._files]
        if there:  # restored, and the file is back: from here on it may go again
            with self._store.transaction() as db:
                db.executemany("UPDATE seen SET kept = 0 WHERE document_id = ?", [(each,) for each in there])
        due: list[str] = []
        waiting: list[str] = []
        for number, (path, seen) in enumerate(self._files.items()):
            if number % 2000 == 1999:
                yield
            document = known.get(path)
            if self._is_taken_out(path) if document is None else not self._is_new(document, seen):
                continue
            (due if self._memory.settled(path, seen) else waiting).append(path)
        return due, waiting

    def _is_new(self, document: Known, seen: Seen) -> bool:
        if document.status == "failed" and document.code in AGAIN:
            return self._call.thorough or document.seen != seen
        return document.seen != seen

    # --- the folder itself --------------------------------------------------------------------------------------------

    def _device(self) -> int:
        row = self._store.db.execute("SELECT device FROM folders WHERE id = ?", (self._folder.id,)).fetchone()
        return int(row[0]) if row else 0

    def _absent(self, absence: Absence) -> Scanned:
        """It cannot be followed now; since when is kept from the first time on. Its documents stay."""
        if self._folder.absence != absence:
            since = self._folder.since or time.time()
            self._set("absence = ?, since = ?", absence, since)
        return Scanned(folder=self._now(sum(each.status != "failed" and not each.trashed for each in self._known())))

    def _now(self, documents: int) -> Folder:
        return msgspec.structs.replace(folders.get(self._store, self._folder.id), documents=documents)

    def _present(self, device: int) -> None:
        if self._folder.absence or self._device() != device:
            self._set("absence = '', since = 0, device = ?", device)

    def _set(self, assignment: str, *values: object) -> None:
        with self._store.transaction() as db:
            db.execute(f"UPDATE folders SET {assignment} WHERE id = ?", (*values, self._folder.id))


def _beside(work: Callable[[Callable[[], None]], T]) -> Generator[None, None, T | None]:
    """What comes of work in a thread; None where a server does not answer."""
    beside = Beside(work)
    while not beside.wait(0.01):
        if beside.stalled:
            return None
        yield
    return beside.result()


def _parts(what: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many at a time: each transaction waits for the disk once."""
    for at in range(0, len(what), TOGETHER):
        yield what[at : at + TOGETHER]


def _distance(document: Known, path: str) -> tuple[bool, bool, str]:
    """How unlike a document's old place is to a path: the same place, then the same name, before all others."""
    return document.path != path, PurePath(document.path).name != PurePath(path).name, document.path


def _filed(store: Store, collection_id: int) -> list[Known]:
    """What a collection holds, its trash too, but what lies in another file: it goes where that goes."""
    rows = store.db.execute(
        """SELECT d.id, d.path, d.status, d.code, d.sha256, d.bytes, coalesce(s.bytes, -1) AS size,
            coalesce(s.modified, 0) AS modified, coalesce(s.kept, 0) AS kept, c.name = :bin AS trashed
        FROM documents d JOIN collections c ON c.id = d.collection_id LEFT JOIN seen s ON s.document_id = d.id
        WHERE c.id = :id OR c.name = :bin""",
        {"id": collection_id, "bin": trash_name(collection_id)},
    )
    return [
        Known(
            r["id"], r["path"], r["status"], r["code"], r["sha256"], r["bytes"], (r["size"], r["modified"]),
            bool(r["kept"]), bool(r["trashed"]),
        )
        for r in rows if not is_member(r["path"])
    ]  # fmt: skip
