"""`python -m app.documents.vectors_bench DATASET... [--limit N] [--json]`: ours beside plain vectors.

Plain are `SentenceTransformer.encode`'s of the same weights in float32. Both embed the passages of a folder (documents/
and questions.jsonl) and its questions; a question's passages are ranked by their cosines alone, without the words that
the app's own search also looks for. A hit is a passage of the right document that holds the whole evidence.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.documents.bench import plain_encoder
from app.documents.embed import Embedder
from app.documents.in_use import loaded
from app.documents.index import Indexing
from app.documents.parse_process import Parser
from app.documents.store import Store
from app.embedder.prepared import prepared
from app.figures import Figure, figure, write
from app.paths import home
from app.text.passages import embedded
from app.workers.calls.documents import Add

Rows = NDArray[np.float32]
DEPTHS = (1, 5, 10)
SEED = 1


class Corpus(Struct, frozen=True):
    """Passages as they are embedded, whether each answers each question (questions × passages), and the questions."""

    texts: list[str]
    questions: list[str]
    answers: NDArray[np.bool_]


def measure(dataset: Path, limit: int, embedder: Embedder, plain: Callable[..., Rows]) -> Iterator[Figure]:
    """Shares of the questions with a hit among the first passages, ours beside the plain ones', and cosines of both."""
    corpus = _corpus(dataset, limit, embedder)
    ours = embedder.encode(corpus.texts), embedder.encode_queries(corpus.questions)
    theirs = plain(corpus.texts, prompt_name="document"), plain(corpus.questions, prompt_name="query")
    for depth in DEPTHS:
        share, reference = _found(corpus, *ours, depth), _found(corpus, *theirs, depth)
        unit = f"of {len(corpus.questions)} questions over {len(corpus.texts)} passages, plain {reference:.4f}"
        line = figure(f"{dataset.name} hit@{depth}", share, unit, reference, share / reference, 1.0, share >= reference)
        yield line | {"value": round(share, 4), "reference": round(reference, 4)}
    near = np.einsum("ij,ij->i", ours[0], theirs[0])
    unit = f"mean cosine of passages, least {near.min():.4f}"
    line = figure(f"{dataset.name} cosine", float(near.mean()), unit, 1.0, float(near.mean()), 0.0, True)
    yield line | {"value": round(float(near.mean()), 4)}


def _found(corpus: Corpus, passages: Rows, questions: Rows, depth: int) -> float:
    best = np.argsort(-(questions @ passages.T), axis=1, kind="stable")[:, :depth]
    return float(np.take_along_axis(corpus.answers, best, axis=1).any(axis=1).mean())


def _corpus(dataset: Path, limit: int, embedder: Embedder) -> Corpus:
    """The passages that an Add of the documents makes."""
    rows = [json.loads(line) for line in (dataset / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["evidence"]]
    random.Random(SEED).shuffle(rows)
    rows = rows[:limit]
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-", ignore_cleanup_errors=True) as name:
        store, parser = Store(Path(name) / "documents.db", Path(name) / "backups"), Parser()
        store.use(embedder.identity)
        call = Add(paths=(str(dataset / "documents"),), collection_id=store.create_collection("bench"))
        counter = embedder.counter
        for _ in Indexing(store, call, embedder.identity, lambda: loaded(embedder), lambda _: counter, parser).steps():
            pass
        sql = "SELECT d.name, p.context, p.text FROM passages p JOIN documents d ON d.id = p.document_id ORDER BY p.id"
        passages = store.db.execute(sql).fetchall()
        store.close()
        parser.close()
    held = [(name, _norm(text)) for name, _, text in passages]
    answers = [[name == row["document"] and _norm(row["evidence"]) in text for name, text in held] for row in rows]
    texts = [embedded(context, text) for _, context, text in passages]
    return Corpus(texts, [" ".join(row["question"].split()) for row in rows], np.array(answers))


def _norm(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of each folder; 1 where ours find less than the plain ones."""
    parser = argparse.ArgumentParser(prog="inhouse bench vectors", description=__doc__)
    parser.add_argument("datasets", type=Path, nargs="+", metavar="DATASET")
    parser.add_argument(
        "--limit", type=int, default=2000, metavar="N", help="so many questions, drawn with a fixed seed"
    )
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    embedder = Embedder(prepared(home().cache))
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-") as folder:
        plain = plain_encoder(Path(folder) / "plain")

        def figures() -> Iterator[Figure]:
            for dataset in chosen.datasets:
                yield from measure(dataset, chosen.limit, embedder, plain)

        return write(figures(), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
