"""Signs of all vectors: 96 bytes a passage stand for 1,536, so that a million are compared in a fraction of a second.

A vector less the mean of all is turned by a fixed rotation, twice, and of each number its sign is kept (768 bits). The
share of equal signs says how small the angle is (Charikar, 2002), roughly: it chooses `SHORTLIST` passages, and the
stored vectors decide among these. How many right ones are among them is in docs/retrieval.md.

A cache: kept in a file so that a start need not read every vector, and written anew without what was removed.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from app.documents.store import Store
from app.files import make_folder

log = logging.getLogger(__name__)

TURNS = 2
SHORTLIST = 1_000
"""Passages whose vectors are read to answer one question: about 10 ms."""
AT_ONCE = 5_000
"""Passages a step."""
INLINE = 20_000
"""So many that are new are read where a question comes; with more it waits for the steps between others."""
SAMPLE = 4_096
"""Passages that the mean of all is taken of."""
UNSAVED = 50_000
"""So many that the file does not have are worth writing it anew."""
BLOCK = 1 << 16
"""Rows that are compared at a time, so that they stay in the processor's cache."""
SEED = 12


class Codes:
    """Empty until `synchronize` is stepped; then kept in step with the store."""

    def __init__(self, path: Path, store: Store) -> None:
        self._path, self._store = path, store
        self._clear()

    def _clear(self) -> None:
        self._rows, self._saved, self._generation, self._chain = 0, 0, -1, ""
        self._embedder = self._store.embedder
        self._mean = np.zeros(0, np.float32)
        self._axes = np.zeros((0, 0), np.float32)
        self._signs = np.empty((0, 0), np.uint64)
        self._ids, self._filed = np.empty(0, np.int64), np.empty(0, np.int64)

    def ready(self) -> bool:
        """Whether all passages are here; a few that are new are read now."""
        if self._embedder != self._store.embedder or not self._rows:
            return False
        if self._generation != self._store.generation:
            self._follow()
            if self._store.count() - self._rows > INLINE:
                return False
            for _ in self._read():
                pass
        return True

    def synchronize(self) -> Iterator[None]:
        """Read what is not here yet, a batch a step."""
        store = self._store
        if self._embedder != store.embedder:
            self._clear()  # its file says whose it is, and is written over
        if not store.dimensions or not store.count():
            return
        if not self._rows:
            self._load()
        if not self._rows:
            self._begin()
        yield
        self._follow()
        yield from self._read()
        if self._rows - self._saved >= UNSAVED or (self._rows and not self._path.exists()):
            self._save()

    def nearest(
        self, query: NDArray[np.float32], collections: Sequence[int], only: Sequence[int] | None = None
    ) -> list[int]:
        """Passages that are probably the nearest, in no order; of these collections, and of `only` these passages."""
        asked = self._coded(query[None])[0]
        apart = np.empty(self._rows, np.uint16)
        for start in range(0, self._rows, BLOCK):
            stop = min(start + BLOCK, self._rows)
            total = np.zeros(stop - start, np.uint16)
            for word, wanted in zip(self._signs[:, start:stop], asked, strict=True):
                total += np.bitwise_count(word ^ wanted)
            apart[start:stop] = total
        if collections:
            apart[~np.isin(self._filed[: self._rows], np.asarray(collections))] = self._bits + 1
        if only is not None:
            apart[~np.isin(self._ids[: self._rows], np.asarray(only))] = self._bits + 1
        far = np.cumsum(np.bincount(apart, minlength=self._bits + 2)[: self._bits + 1])
        limit = int(np.searchsorted(far, min(SHORTLIST, int(far[-1]))))
        return [int(id_) for id_ in self._ids[: self._rows][apart <= min(limit, self._bits)]]

    def forget(self) -> None:
        """Something was removed: nothing of it stays in the file, which is written anew between others."""
        self._path.unlink(missing_ok=True)
        self._saved = 0

    # --- rows ---------------------------------------------------------------------------------------------------------

    @property
    def _bits(self) -> int:
        return 64 * len(self._signs)

    def _begin(self) -> None:
        """The mean of a sample, and the rotations."""
        store = self._store
        ids = [row[0] for row in store.sampled((), SAMPLE)]
        sample = np.frombuffer(b"".join(store.vectors_of(ids).values()), "<f4").reshape(-1, store.dimensions)
        self._turn(sample.mean(axis=0))
        self._chain = store.meta("chain", "0")

    def _turn(self, mean: NDArray[np.float32]) -> None:
        drawn = np.random.default_rng(SEED)
        count = max(TURNS, -(-64 // len(mean)))
        turns = [np.linalg.qr(drawn.standard_normal((len(mean), len(mean))))[0] for _ in range(count)]
        width = count * len(mean) // 64 * 64
        self._mean, self._axes = mean, np.concatenate(turns, axis=1)[:, :width].astype(np.float32)
        self._signs = np.empty((width // 64, 0), np.uint64)

    def _coded(self, vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
        """(rows × words)."""
        return np.packbits((vectors - self._mean) @ self._axes > 0, axis=1).view(np.uint64)

    def _follow(self) -> None:
        """Drop what was removed here, and take other vectors of what was renewed."""
        store = self._store
        erased, renewed = store.take_erased(), store.take_renewed()
        if erased and self._rows:
            keep = ~np.isin(self._ids[: self._rows], np.asarray(erased))
            self._signs = self._signs[:, : self._rows][:, keep]
            self._ids, self._filed = self._ids[: self._rows][keep], self._filed[: self._rows][keep]
            self._rows = len(self._ids)
        ids = self._ids[: self._rows]  # ascending
        asked = np.unique(np.asarray(renewed, np.int64))
        held = asked[np.searchsorted(ids, asked, "right") > np.searchsorted(ids, asked)]
        for start in range(0, len(held), AT_ONCE):
            vectors = store.vectors_of([int(id_) for id_ in held[start : start + AT_ONCE]])
            at = np.searchsorted(ids, np.fromiter(vectors, np.int64, len(vectors)))
            rows = np.frombuffer(b"".join(vectors.values()), "<f4").reshape(len(vectors), -1)
            self._signs[:, at] = self._coded(rows).T
        self._chain = store.meta("chain", "0")

    def _read(self) -> Iterator[None]:
        store = self._store
        generation = store.generation
        while batch := store.vectors(self._last(), AT_ONCE):  # somebody else may have read on between two steps
            self._grow(len(batch))
            place = slice(self._rows, self._rows + len(batch))
            self._ids[place] = [row[0] for row in batch]
            self._filed[place] = [row[1] for row in batch]
            rows = np.frombuffer(b"".join(row[2] for row in batch), "<f4").reshape(len(batch), -1)
            self._signs[:, place] = self._coded(rows).T
            self._rows += len(batch)
            yield
        self._generation = generation

    def _last(self) -> int:
        return int(self._ids[self._rows - 1]) if self._rows else 0

    def _grow(self, more: int) -> None:
        if self._rows + more <= len(self._ids):
            return
        size = max(self._rows + more, len(self._ids) * 5 // 4)
        self._ids = np.resize(self._ids, size) if self._rows else np.empty(size, np.int64)
        self._filed = np.resize(self._filed, size) if self._rows else np.empty(size, np.int64)
        signs = np.empty((len(self._signs), size), np.uint64)
        signs[:, : self._rows] = self._signs[:, : self._rows]
        self._signs = signs

    # --- the file -----------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        """Whole or not at all. What it lacks later on is read from the store."""
        part = self._path.with_suffix(".part")
        whose = self._embedder.id if self._embedder is not None else ""
        try:
            make_folder(self._path.parent)
            with part.open("wb") as file:
                np.savez(
                    file,
                    whose=np.array([whose, self._chain]),
                    mean=self._mean,
                    ids=self._ids[: self._rows],
                    filed=self._filed[: self._rows],
                    signs=self._signs[:, : self._rows],
                )
            part.replace(self._path)
            self._saved = self._rows
        except OSError as error:
            log.info("The signs of the vectors could not be kept: %s", error)
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _load(self) -> None:
        """Take over the file, where it is of this embedder and nothing was removed since."""
        store = self._store
        assert store.embedder is not None
        try:
            with np.load(self._path, allow_pickle=False) as kept:
                if list(kept["whose"]) != [store.embedder.id, store.meta("chain", "0")]:
                    return
                self._turn(kept["mean"])
                self._ids, self._filed, signs = kept["ids"], kept["filed"], kept["signs"]
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            log.info("The signs of the vectors are made anew: %s", error)
            return
        if signs.shape != (len(self._signs), len(self._ids)) or self._filed.shape != self._ids.shape:
            self._clear()
            return
        self._signs, self._rows, self._saved = signs, len(self._ids), len(self._ids)
        self._chain = store.meta("chain", "0")
