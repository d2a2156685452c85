"""Removes documents and proves it: afterwards their text and vectors are searched for in every store and every file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from msgspec import Struct

from app.database.copies import copies_of
from app.documents import folders
from app.documents.codes import Codes
from app.documents.contents import Contents
from app.documents.matrix import Matrix
from app.documents.migrations import NEXT_VECTORS
from app.documents.presentations import Presentations
from app.documents.server_vectors import ServerVectors
from app.documents.store import Store
from app.documents.vectors import Vectors
from app.documents.warm import alive
from app.files import BROKEN
from app.paths import Home
from app.text import words
from app.workers.calls.documents import Removed, Warming
from app.workers.protocol import AnyData

NEEDLES = 12
"""Passages of the removed documents whose text and vector are looked for, byte by byte."""

ELSEWHERE = "the vector server {0}, which has not confirmed it yet and is told again"
"""Stands among the places of traces."""
TABLES = ("documents", "texts", "passages", "hidden_texts", "seen", "trash", "changes", "scans", "personal_data")
"""Where a document has rows of its own."""

_CHUNK = 1 << 24


class _Needle(Struct, frozen=True):
    """What a removed passage would be known by."""

    parts: tuple[bytes, ...]  # text, vector
    phrase: str


class Removal:
    """Takes documents out of the store, Chroma, the memory and the files."""

    def __init__(
        self, home: Home, store: Store, matrix: Matrix, vectors: Vectors | ServerVectors, codes: Codes,
        presentations: Presentations,
    ) -> None:  # fmt: skip
        self._home = home
        self._store = store
        self._matrix = matrix
        self._vectors = vectors
        self._codes = codes
        self._presentations = presentations

    def documents(self, ids: Sequence[int]) -> Generator[AnyData, None, Removed]:
        """Remove these documents, as far as they are there, then search for what was removed."""
        present = [id_ for id_ in sorted(set(ids)) if self._store.document(id_) is not None]
        folders.exclude(self._store, present)
        present = sorted({*present, *(inside for id_ in present for inside, _ in self._store.members(id_))})
        return (yield from self._steps(present, lambda: self._store.remove(present)))

    def collection(self, collection_id: int) -> Generator[AnyData, None, Removed]:
        """Likewise a collection with all its documents; raises AppError where there is no such collection."""
        self._store.require(collection_id)
        ids = self._store.all_of(collection_id)
        return (yield from self._steps(ids, lambda: self._store.drop_collection(collection_id)))

    def by(self, ids: Sequence[int], remove: Callable[[], int]) -> Generator[AnyData, None, Removed]:
        """Have `remove` take these documents out, then search for what was removed."""
        if ids:
            return (yield from self._steps(ids, remove))
        passages = remove()
        self._vectors.forget()
        self._matrix.fits()
        self._store.purge()
        return Removed(documents=0, passages=passages, traces=0)

    def _steps(self, ids: Sequence[int], remove: Callable[[], int]) -> Generator[AnyData, None, Removed]:
        needles = self._needles(ids)
        passages = remove()
        yield Warming()
        self._vectors.forget()
        self._codes.forget()
        if self._matrix.is_held:
            self._matrix.fits()
        self._store.purge()
        for copy in copies_of(self._home.backups, self._store.path.stem):  # of before a migration
            with contextlib.suppress(OSError):  # then its traces are found
                copy.unlink()
        yield Warming()
        gone = [needle for needle in needles if not self._elsewhere(needle)]
        traces, places = rows_left(self._store, ids), []
        if left := self._presentations.sweep(self._store):  # packed: no search of their bytes would find it
            traces += left
            places.append(self._presentations.folder.relative_to(self._home.root).as_posix())
        for path in self._files():
            if found := _found(path, gone):
                gone = [needle for needle in gone if not (found & {*needle.parts} and self._stands(needle))]
                found &= {part for needle in gone for part in needle.parts}
            if found:
                traces += len(found)
                places.append(path.relative_to(self._home.root).as_posix())
            yield Warming()
        if isinstance(self._vectors, ServerVectors) and (left := (yield from alive(self._vectors.confirm()))):
            traces += left
            places.append(ELSEWHERE.format(self._vectors.server.host))
        return Removed(documents=len(ids), passages=passages, traces=traces, ids=tuple(ids), places=tuple(places))

    def _needles(self, ids: Sequence[int]) -> list[_Needle]:
        needles = []
        for text, vector in samples(self._store, ids, NEEDLES):
            piece = max((line.strip() for line in text.splitlines()), key=len)[:60]
            if len(piece) >= 12:
                phrase = " ".join(words.terms(piece)[1:-1])
                needles.append(_Needle((piece.encode(), vector[64:128]), phrase))
        hidden = [each.text[:60] for id_ in ids for each in self._store.hidden_texts(id_)]
        pieces = [each for each in hidden if len(each) >= 12][:NEEDLES]
        return needles + [_Needle((each.encode(),), " ".join(words.terms(each)[1:-1])) for each in pieces]

    def _elsewhere(self, needle: _Needle) -> bool:
        """Whether a document that stays says the same, so that finding it proves nothing."""
        found = needle.phrase and self._store.best_words(f'"{needle.phrase}"', 1)
        return bool(found) or self._store.is_hidden_somewhere(needle.parts[0])

    def _stands(self, needle: _Needle) -> bool:
        """The same, by reading every passage: full text, which looks at words by their language, may have missed it."""
        text = needle.parts[0].decode()
        row = self._store.db.execute("SELECT 1 FROM passages WHERE instr(text, ?) LIMIT 1", (text,)).fetchone()
        return row is not None

    def _files(self) -> list[Path]:
        """Every file of ours that could hold something: what is being salvaged and what was set aside as damaged too.

        Models and logs hold no documents. The chats and their copies are told afterwards.
        """
        patterns = ("documents*", ".documents*", f"*{BROKEN}*", "*-damaged-*")
        found = {path for pattern in patterns for path in self._home.root.glob(pattern) if path.is_file()}
        for folder in (self._home.cache, self._home.backups):
            found |= {Path(at) / name for at, _, names in os.walk(folder) for name in names}
        return sorted(path for path in found if not (path.parent == self._home.backups and path.match("chats-*")))


def samples(store: Contents, document_ids: Sequence[int], count: int) -> list[tuple[str, bytes]]:
    """Text and each vector of some passages of these documents, spread over them."""
    found: list[tuple[str, bytes]] = []
    coming = "SELECT n.vector FROM next_vectors n WHERE n.passage_id = p.id"
    if store.version < NEXT_VECTORS:
        coming = "NULL"  # an older index that may only be read
    for document_id in document_ids[:: max(1, len(document_ids) // count)][:count]:
        rows = store.db.execute(
            f"""SELECT p.text, p.vector, ({coming}) FROM passages p
            WHERE p.document_id = ? ORDER BY length(p.text) DESC LIMIT ?""",
            (document_id, max(1, count // len(document_ids))),
        )
        found += [(row[0], vector) for row in rows for vector in row[1:] if vector is not None]
    return found


def rows_left(store: Contents, document_ids: Sequence[int]) -> int:
    """Rows that still belong to removed documents, in tables and full text."""
    marks = ",".join("?" * len(document_ids))
    left = "SELECT count(*) FROM next_vectors WHERE passage_id NOT IN (SELECT id FROM passages)"
    found = int(store.db.execute(left).fetchone()[0])
    for table in (
        "documents",
        "texts",
        "passages",
        "hidden_texts",
        "seen",
        "trash",
        "changes",
        "scans",
        "personal_data",
    ):
        column = "id" if table == "documents" else "document_id"
        row = store.db.execute(f"SELECT count(*) FROM {table} WHERE {column} IN ({marks})", tuple(document_ids))
        found += int(row.fetchone()[0])
    held = store.db.execute("SELECT count(*) FROM words").fetchone()[0] if not store.count() else 0
    return found + int(held)


def _found(path: Path, needles: Sequence[_Needle]) -> set[bytes]:
    """Which parts of the needles stand in a file."""
    wanted = {part for needle in needles for part in needle.parts}
    hits: set[bytes] = set()
    overlap = max((len(part) for part in wanted), default=0)
    try:
        with path.open("rb") as file:
            rest = b""
            while chunk := file.read(_CHUNK):
                rest += chunk
                hits |= {part for part in wanted - hits if part in rest}
                rest = rest[-overlap:] if overlap else b""
    except FileNotFoundError:
        return set()
    return hits
