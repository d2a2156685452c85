"""Measures search for the last questions of conversations, in a folder like IBM's mt-rag-benchmark.

It holds corpus.jsonl (`_id`, `text`), and tasks.jsonl (`turns` of `role` and `text`, `gold`: ids of right passages) or
queries.jsonl (`all_user_turns`, `lastturn`, `rewrite`: a human's) with qrels.tsv, or all of them. A hit is a passage of
a right text. A row's `_id` begins with its conversation's (“CONVERSATION<::>7”). The conversations, by file and id in
turn, are two halves: rules are chosen by the first.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

from msgspec import Struct

from app.assistant.followup import Forms, by_rule
from app.core.door import CoreDoor
from app.errors import AppError
from app.figures import Figure, figure
from app.paths import Home
from app.types import Message
from app.workers.calls.documents import Add, CollectionMade, CreateCollection, Search, Searched

CORPUS, TASKS, QUERIES, RIGHT = "corpus.jsonl", "tasks.jsonl", "queries.jsonl", "qrels.tsv"
GOALS = {1: 0.0, 5: 0.8}
"""Share of the questions with a hit among the first so many; 0: none is set."""


class LastTurn(Struct, frozen=True):
    """The last question of a conversation, and the texts that answer it."""

    conversation: tuple[str, str]  # its file and id
    question: str
    history: tuple[Message, ...]
    right: frozenset[str]
    rewrite: str = ""  # by a human, standing alone; "" where there is none


def measure(folder: Path, limit: int, shuffle: Callable[[list[LastTurn]], object]) -> Iterator[Figure]:
    """Shares of the questions: in the forms that are searched beside the last turn alone, and beside a human's rewrite.

    Raises:
        AppError: the folder holds no conversations.
    """
    rows = last_turns(folder)
    halves = {name: at % 2 for at, name in enumerate(sorted({row.conversation for row in rows}))}
    shuffle(rows)
    rows = rows[:limit]
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-") as name, CoreDoor(Home(Path(name) / "home")) as door:
        collection, names = _index(door, folder / CORPUS, Path(name) / "documents")

        def hits(asked: Sequence[LastTurn], forms: Callable[[LastTurn], Forms]) -> list[int]:
            """The place of the first right passage of each question, from 1; 0: none of the first five."""
            return [_place(door, collection, forms(row), {names[id_] for id_ in row.right}) for row in asked]

        for half, label in enumerate(("first half", "second half")):
            asked = [row for row in rows if halves[row.conversation] == half]
            ours = hits(asked, lambda row: by_rule(row.question, row.history))
            yield from _figures(label, ours, hits(asked, lambda row: Forms(row.question)))
            human = [at for at, row in enumerate(asked) if row.rewrite]
            theirs = hits([asked[at] for at in human], lambda row: Forms(row.rewrite))
            yield from _figures(f"{label}, a human's rewrite beside", [ours[at] for at in human], theirs)


def last_turns(folder: Path) -> list[LastTurn]:
    """Those with a history and a right text.

    Raises:
        AppError: there are none.
    """
    try:
        right = defaultdict[str, set[str]](set)
        if (folder / RIGHT).exists():
            for line in (folder / RIGHT).read_text(encoding="utf-8").splitlines()[1:]:
                question, text, *_ = line.split("\t")
                right[question].add(text)
        rows = [_of_task(row) for row in _lines(folder / TASKS)]
        rows += [_of_query(row, right[row["_id"]]) for row in _lines(folder / QUERIES)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AppError(f"“{folder}” could not be read.", f"It needs {CORPUS} with {TASKS} or {QUERIES}.") from error
    found = [row for row in rows if row.history and row.right]
    if not found:
        raise AppError(f"“{folder}” holds no conversations.", f"It needs {CORPUS} with {TASKS} or {QUERIES}.")
    return found


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _of_task(row: dict[str, Any]) -> LastTurn:
    said = [Message("user" if turn["role"] == "user" else "assistant", turn["text"]) for turn in row["turns"]]
    return LastTurn(_conversation(TASKS, row), said[-1].content, tuple(said[:-1]), frozenset(row["gold"]))


def _of_query(row: dict[str, Any], right: set[str]) -> LastTurn:
    asked = [Message("user", line.strip()) for line in row["all_user_turns"].splitlines()]
    return LastTurn(_conversation(QUERIES, row), row["lastturn"], tuple(asked[:-1]), frozenset(right), row["rewrite"])


def _conversation(file: str, row: dict[str, Any]) -> tuple[str, str]:
    return file, row["_id"].partition("<")[0]


def _index(door: CoreDoor, corpus: Path, folder: Path) -> tuple[int, dict[str, str]]:
    """The collection of all texts, each a document of its own, and the file of each by its id."""
    folder.mkdir()
    names: dict[str, str] = {}
    for row in _lines(corpus):
        names[row["_id"]] = name = f"{len(names):05}.md"
        (folder / name).write_text(row["text"].strip() + "\n", encoding="utf-8")
    made = door.call(CreateCollection(name="bench"))
    assert isinstance(made, CollectionMade)
    door.call(Add(paths=(str(folder),), collection_id=made.collection.id))
    return made.collection.id, names


def _place(door: CoreDoor, collection: int, forms: Forms, right: set[str]) -> int:
    call = Search(query=_line(forms.query), also=tuple(map(_line, forms.also)), collections=(collection,), k=max(GOALS))
    data = door.call(call)
    assert isinstance(data, Searched)
    found = (at for at, each in enumerate(data.result.passages, 1) if PurePath(each.path).name in right)
    return next(found, 0)


def _line(text: str) -> str:
    return " ".join(text.split())


def _figures(label: str, ours: Sequence[int], others: Sequence[int]) -> Iterator[Figure]:
    for k, goal in GOALS.items() if ours else ():
        value, reference = (sum(0 < place <= k for place in places) / len(places) for places in (ours, others))
        ratio = value / reference if reference else 0.0
        line = figure(f"hit@{k}, {label}", value, f"of {len(ours)} questions", reference, ratio, goal, value >= goal)
        yield line | {"value": round(value, 4), "reference": round(reference, 4)}
