"""Measures search and answers on a folder of documents with questions: `python -m app.cli.retrieval DATASET --json`.

DATASET holds documents/ and questions.jsonl, one JSON object a line: question, document, answers, evidence (what a
passage must hold; null: nothing answers it). Everything happens in a data folder of its own, with the settings as they
come. Letters and digits are compared, case folded. A DATASET with corpus.jsonl holds conversations
(app/cli/conversations.py).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

from app.cli import conversations
from app.cli.conversations import CORPUS
from app.core.calls.chats import Answered, Ask
from app.core.door import CoreDoor
from app.errors import AppError
from app.figures import Figure, figure, write
from app.paths import Home
from app.types import Answer, Passage
from app.workers.calls.documents import Add, CollectionMade, CreateCollection, Search, Searched

GOALS = {
    "hit@1": 0.89, "hit@5": 0.98, "words250": 0.95, "right": 0.80, "wrong with a citation": 0.05, "refused": 0.15,
}  # fmt: skip
"""What the project aims at on SQuAD; of the last two less is better."""
LESS_IS_BETTER = ("wrong with a citation", "refused")
PASSAGES, WORDS = 10, 250


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 where one misses its goal."""
    parser = argparse.ArgumentParser(prog="inhouse bench retrieval", description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--questions", type=Path, help="other questions over the same documents")
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="so many, drawn with a fixed seed (200)")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    try:
        if (chosen.dataset / CORPUS).exists():
            turns = conversations.measure(chosen.dataset, chosen.limit, random.Random(1).shuffle)
            return write(turns, as_json=chosen.json)
        rows = _rows(chosen.questions or chosen.dataset / "questions.jsonl")
        random.Random(1).shuffle(rows)
        return write(measure(chosen.dataset / "documents", rows[: chosen.limit]), as_json=chosen.json)
    except AppError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def measure(documents: Path, rows: Sequence[dict[str, Any]]) -> Iterator[Figure]:
    """Shares of the questions: search by those that have an answer, answers by all."""
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-") as folder, CoreDoor(Home(Path(folder))) as door:
        made = door.call(CreateCollection(name="bench"))
        assert isinstance(made, CollectionMade)
        collection = made.collection.id
        door.call(Add(paths=(str(documents),), collection_id=collection))
        found = [_searched(door, row, collection) for row in rows if row["evidence"]]
        answers = [(row, _asked(door, row, collection)) for row in rows]
    yield _share("hit@1", [_hit(row, passages[:1]) for row, passages in found])
    yield _share("hit@5", [_hit(row, passages[:5]) for row, passages in found])
    yield _share("words250", [_in_words(row, passages) for row, passages in found])
    right = [not told.not_found and _right(row, told) for row, told in answers]
    yield _share("right", right)
    cited = [not ok and bool(told.sources) for ok, (_, told) in zip(right, answers, strict=True)]
    yield _share("wrong with a citation", cited)
    yield _share("refused", [told.not_found for _, told in answers])


def _rows(path: Path) -> list[dict[str, Any]]:
    """
    Raises:
        AppError: the file is missing, or its lines are not questions.
    """
    try:
        rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        complete = all({"question", "document", "answers", "evidence"} <= row.keys() for row in rows)
    except (OSError, ValueError, AttributeError) as error:
        raise AppError(f"“{path}” could not be read.", "Give a folder with documents/ and questions.jsonl.") from error
    if not rows or not complete:
        raise AppError(f"“{path}” holds no questions.", "A line needs question, document, answers and evidence.")
    return rows


def _searched(door: CoreDoor, row: dict[str, Any], collection: int) -> tuple[dict[str, Any], tuple[Passage, ...]]:
    data = door.call(Search(query=_question(row), collections=(collection,), k=PASSAGES))
    assert isinstance(data, Searched)
    return row, data.result.passages


def _asked(door: CoreDoor, row: dict[str, Any], collection: int) -> Answer:
    data = door.call(Ask(question=_question(row), collections=(collection,)))
    assert isinstance(data, Answered)
    return data.answer


def _question(row: dict[str, Any]) -> str:
    return " ".join(str(row["question"]).split())


def _hit(row: dict[str, Any], passages: Sequence[Passage]) -> bool:
    return any(_is_of(row, each) and _norm(row["evidence"]) in _norm(each.text) for each in passages)


def _in_words(row: dict[str, Any], passages: Sequence[Passage]) -> bool:
    """Whether the evidence stands whole in the first words of all passages: what a small model would get to read."""
    read = " ".join(
        each.text if _is_of(row, each) else " ".join("\u2007" for _ in each.text.split()) for each in passages
    )
    return _norm(row["evidence"]) in _norm(" ".join(read.split(" ")[:WORDS]))


def _is_of(row: dict[str, Any], passage: Passage) -> bool:
    return PurePath(passage.path).name == str(row["document"])


def _right(row: dict[str, Any], told: Answer) -> bool:
    text = _norm(re.sub(r"\[\d{1,3}\]", " ", told.text))
    return bool(row["evidence"]) and any(f" {_norm(each)} " in f" {text} " for each in row["answers"])


def _norm(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _share(name: str, each: Sequence[bool]) -> Figure:
    value = sum(each) / len(each) if each else 0.0
    goal = GOALS[name]
    ok = value <= goal if name in LESS_IS_BETTER else value >= goal
    return figure(name, value, f"of {len(each)} questions", goal, value / goal, goal, ok) | {"value": round(value, 4)}


if __name__ == "__main__":
    sys.exit(main())
