"""Removes documents and proves it: afterwards their text and vectors are searched for in every store and every file."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from pathlib import Path

from msgspec import Struct

from app.documents.matrix import Matrix
from app.documents.store import Store
from app.documents.vectors import Vectors
from app.text import words
from app.workers.protocol import AnyData, Removed, Warming

NEEDLES = 12
"""Passages of the removed documents whose text and vector are looked for, byte by byte."""

_CHUNK = 1 << 24


class _Needle(Struct, frozen=True):
    """What a removed passage would be known by."""

    text: bytes
    vector: bytes
    phrase: str


class Removal:
    """Takes documents out of the store, Chroma, the memory and the files."""

    def __init__(self, root: Path, store: Store, matrix: Matrix, vectors: Vectors) -> None:
        self._root = root
        self._store = store
        self._matrix = matrix
        self._vectors = vectors

    def steps(self, document_ids: Sequence[int]) -> Generator[AnyData, None, Removed]:
        """Remove, then search for what was removed."""
        needles = self._needles(document_ids)
        passages = self._store.remove(document_ids)
        yield Warming()
        self._vectors.forget()
        self._matrix.fits()
        self._store.purge()
        yield Warming()
        gone = [needle for needle in needles if not self._elsewhere(needle)]
        traces = self._store.traces(document_ids)
        for path in self._files():
            traces += _found(path, gone)
            yield Warming()
        ids = tuple(document_ids)
        return Removed(documents=len(ids), passages=passages, traces=traces, ids=ids)

    def _needles(self, document_ids: Sequence[int]) -> list[_Needle]:
        needles = []
        for text, vector in self._store.samples(document_ids, NEEDLES):
            piece = max((line.strip() for line in text.splitlines()), key=len)[:60]
            if len(piece) >= 12:
                phrase = " ".join(words.terms(piece)[1:-1])
                needles.append(_Needle(piece.encode(), vector[64:128], phrase))
        return needles

    def _elsewhere(self, needle: _Needle) -> bool:
        """Whether a document that stays says the same, so that finding it proves nothing."""
        return bool(needle.phrase and self._store.best_words(f'"{needle.phrase}"', 1))

    def _files(self) -> list[Path]:
        """Every file of ours that could hold something, copies and what was set aside as damaged too.

        Models and logs hold no documents; the chats are told afterwards.
        """
        kept = [*self._root.glob("documents*.db*"), *self._root.glob("*.broken-*")]
        found = [path for path in kept if path.is_file()]
        for folder in (self._root / "cache", self._root / "backups"):
            found += [Path(at) / name for at, _, names in os.walk(folder) for name in names]
        return found


def _found(path: Path, needles: Sequence[_Needle]) -> int:
    """How many of the needles stand in a file."""
    wanted = {part for needle in needles for part in (needle.text, needle.vector)}
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
        return 0
    return len(hits)
