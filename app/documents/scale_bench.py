"""`python -m app.documents.scale_bench [--passages N] [--folder KEPT] [--json]`: an index as large as a company's.

Passages are synthetic and so are their vectors (a million texts would take an embedder days); they go through the real
store, full text and all. Then a documents child is started on them as the core starts it, and asked.

- Texts: 60 words drawn by Zipf's law from 30,000, 500 passages a document.
- Vectors: a direction that all share, one of the document and one of the passage, in an anisotropic normal
  distribution (the i-th axis has the weight i^-0.63): cosines of two passages are .74 ± .02, as multilingual-e5-small
  has them on text. A question is a passage's vector moved to a cosine of about .87 of it.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np
import psutil
from numpy.typing import NDArray

from app.documents.codes import Codes
from app.documents.held import UNSEEN
from app.documents.index import recipe_of
from app.documents.search import NEAR, READING
from app.documents.store import NewDocument, Store
from app.embedder.identity import Identity
from app.embedder.prepared import identity_of, prepared
from app.paths import Home
from app.spawn import child_command, child_environment
from app.text.parsed import Block, Parsed
from app.text.passages import Piece
from app.types import SearchResult
from app.workers.calls.documents import Search, Searched
from app.workers.protocol import Request, decode_frame, encode

SEED = 7
QUERIES, COMPARED = 100, 10
QUIET_S = 5.0
LATE_MS, START_S, MEMORY_GB, FLAT = 150.0, 3.0, 4.0, 0.8
"""What is aimed at: the 95th percentile of a search, the start to the first answer, memory, and the slowest 10,000
passages beside the median of all."""
A_DOCUMENT = 500
STEP = 10_000
COMMON, TOPIC, OWN = 0.74, 0.10, 0.16
"""Shares of a vector's squared length: what all passages share, what those of a document do, and its own."""


class Synthetic:
    """Draws texts and vectors, the same for the same seed."""

    def __init__(self, dimensions: int, seed: int = SEED) -> None:
        self._random = np.random.default_rng(seed)
        syllables = [first + second for first in "bdfgklmnprst" for second in "aiou"]
        spelled = itertools.islice(itertools.product(syllables, repeat=3), 30_000)
        self._vocabulary = np.array(["".join(word) for word in spelled])
        odds = 1.0 / np.arange(1, len(self._vocabulary) + 1)
        self._cumulative = np.cumsum(odds / odds.sum())
        weights = np.arange(1, dimensions + 1, dtype=np.float32) ** -0.63
        self._axes = np.sqrt(weights / weights.sum()).astype(np.float32)
        self._shared = self._drawn(1)[0]

    def words(self, count: int) -> str:
        drawn = self._vocabulary[np.searchsorted(self._cumulative, self._random.random(count))]
        return " ".join(drawn.tolist())

    def vectors(self, rows: int) -> NDArray[np.float32]:
        """Of the passages of one document (rows × dimensions), each of length 1."""
        mixed = np.sqrt(COMMON) * self._shared + np.sqrt(TOPIC) * self._drawn(1) + np.sqrt(OWN) * self._drawn(rows)
        return _unit(mixed.astype(np.float32))

    def question(self, passage: NDArray[np.float32]) -> NDArray[np.float32]:
        """A vector near that of a passage."""
        moved: NDArray[np.float32] = _unit((passage + np.sqrt(0.33) * self._drawn(1)[0])[None].astype(np.float32))[0]
        return moved

    def _drawn(self, rows: int) -> NDArray[np.float32]:
        return _unit(self._random.standard_normal((rows, len(self._axes)), dtype=np.float32) * self._axes)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def fill(store: Store, passages: int, identity: Identity) -> Iterator[tuple[int, float, float]]:
    """Put passages into a store; → after each 10,000: how many there are, seconds, and seconds of the processor."""
    made = Synthetic(identity.dimensions)
    store.use(identity)
    collection = store.create_collection("Scale")
    wall, busy = time.perf_counter(), time.process_time()
    for number in range(passages // A_DOCUMENT):
        parts = [made.words(60) for _ in range(A_DOCUMENT)]
        starts = list(itertools.accumulate((len(part) + 1 for part in parts), initial=0))
        pieces = [Piece(start, start + len(part), None, "", "", 64) for start, part in zip(starts, parts, strict=False)]
        text = "\n".join(parts)
        rows = [row.tobytes() for row in made.vectors(A_DOCUMENT).astype("<f4")]
        parsed = Parsed("text", text, (Block("paragraph", 0, len(text)),), sha256=str(number))
        path = f"/scale/{number}.txt"
        store.put(NewDocument(collection, path, parsed, recipe_of(identity), UNSEEN, pieces, rows))
        if (there := (number + 1) * A_DOCUMENT) % STEP == 0:
            yield there, time.perf_counter() - wall, time.process_time() - busy
            wall, busy = time.perf_counter(), time.process_time()


class Child:
    """The documents process as the core starts it, asked one search after the other."""

    def __init__(self, home: Home) -> None:
        self._process = subprocess.Popen(
            child_command("--worker", "documents"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(home),
        )
        self._watched = psutil.Process(self._process.pid)
        self._asked, self.peak = 0, 0
        self._over = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def search(self, query: str) -> SearchResult:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._asked += 1
        self._process.stdin.write(encode(Request(self._asked, Search(query=query, k=8, trace=True))))
        self._process.stdin.flush()
        for line in self._process.stdout:
            frame = decode_frame(line)
            if frame.id == self._asked and frame.kind == "done" and isinstance(frame.data, Searched):
                return frame.data.result
            if frame.error is not None:
                sys.exit(f"{frame.error.message} {frame.error.detail}")
        sys.exit("the documents process ended")

    def worked(self) -> float:
        """Seconds of the processor so far."""
        times = self._watched.cpu_times()
        return float(times.user + times.system)

    def _look(self) -> None:
        while not self._over.wait(0.05):
            try:
                family = [self._watched, *self._watched.children(recursive=True)]
                self.peak = max(self.peak, sum(each.memory_info().rss for each in family))
            except psutil.Error:
                return

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the answer."""

    figure: str
    value: float
    unit: str
    target: float | None = None
    ok: bool = True


def searches(home: Home, passages: int) -> Iterator[Figure]:
    """A start without the file of signs and one with it, then searches for seven words each, a few common ones too."""
    made = Synthetic(384, SEED + 1)
    home.signs.unlink(missing_ok=True)
    for which in ("first start", "start"):
        began = time.perf_counter()
        with Child(home) as child:
            result = child.search(made.words(7))
            first, worked = time.perf_counter() - began, child.worked()
            yield _less(f"{which} {passages}", first, "s to the first answer", START_S)
            yield Figure(f"{which} {passages}", round(worked, 2), "s of the processor")
            while READING in result.note:
                time.sleep(QUIET_S)  # they are read between what is asked
                result = child.search(made.words(7))
            yield Figure(f"{which} {passages}", round(time.perf_counter() - began, 2), "s until vectors are compared")
            if which == "start":
                yield from _asked(child, made, passages)
                yield _less(f"memory {passages}", child.peak / 2**30, "GB at most", MEMORY_GB)


def _asked(child: Child, made: Synthetic, passages: int) -> Iterator[Figure]:
    took, steps, before = [], dict[str, list[float]](), child.worked()
    for _ in range(QUERIES):
        began = time.perf_counter()
        result = child.search(made.words(7))
        took.append((time.perf_counter() - began) * 1000)
        for step, spent in (result.trace.steps_ms if result.trace is not None else {}).items():
            steps.setdefault(step, []).append(spent)
    worked = (child.worked() - before) * 1000 / QUERIES
    yield Figure(f"search {passages}", round(float(np.percentile(took, 50)), 1), "ms p50")
    yield _less(f"search {passages}", float(np.percentile(took, 95)), "ms p95", LATE_MS)
    yield Figure(f"search {passages}", round(worked, 1), "ms of the processor, mean")
    for step, spent_ms in steps.items():
        middle, late = np.percentile(spent_ms, (50, 95))
        yield Figure(f"  {step}", round(float(late), 1), f"ms p95 ({middle:.1f} p50)")


def compared(home: Home, passages: int) -> Iterator[Figure]:
    """How many of the truly nearest passages are among those that the signs propose."""
    store = Store(home.documents_db, home.backups)
    store.use(identity_of(prepared(home.cache)))
    codes, made = Codes(home.signs, store), Synthetic(store.dimensions, SEED + 2)
    for _ in codes.synchronize():
        pass
    asked = [row[0] for row in store.sampled((), COMPARED)]
    found = took = 0.0
    for vector in store.vectors_of(asked).values():
        question = made.question(np.frombuffer(vector, "<f4"))
        began = time.process_time()
        proposed = set(codes.nearest(question, []))
        took += time.process_time() - began
        found += len(proposed & set(store.nearest(question, [], NEAR)))
    store.close()
    yield Figure(f"signs {passages}", round(found / NEAR / len(asked), 3), f"of the {NEAR} nearest")
    yield Figure(f"signs {passages}", round(1000 * took / len(asked), 1), "ms of the processor")


def _less(figure: str, value: float, unit: str, target: float) -> Figure:
    return Figure(figure, round(value, 2), unit, target, value < target)


def bench(passages: int, folder: Path) -> Iterator[Figure]:
    """All figures of an index of so many passages, which is made where the folder has none."""
    home = Home(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not home.documents_db.exists():
        store = Store(home.documents_db, home.backups)
        rates = []
        for there, seconds, busy in fill(store, passages, identity_of(prepared(home.cache))):
            rates.append(STEP / busy)
            yield Figure(
                f"index to {there}", round(STEP / busy), f"passages a second of the processor ({seconds:.1f} s)"
            )
        store.close()
        slowest = min(rates) / float(np.median(rates))
        yield Figure("index, slowest beside median", round(slowest, 2), "", FLAT, slowest > FLAT)
    yield Figure(f"on disk {passages}", round(home.documents_db.stat().st_size / 2**30, 2), "GB")
    yield from searches(home, passages)
    yield from compared(home, passages)


def main(argv: list[str] | None = None) -> int:
    """Print the figures; the status is 1 where one misses its target."""
    parser = argparse.ArgumentParser(prog="inhouse bench scale")
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--folder", default="", help="keeps the index, and takes the one that is there")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    good = True
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-", ignore_cleanup_errors=True) as name:
        for figure in bench(args.passages, Path(args.folder or name)):
            line = (
                msgspec.json.encode(figure).decode() if args.json else f"{figure.figure}: {figure.value} {figure.unit}"
            )
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            good = good and figure.ok
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
