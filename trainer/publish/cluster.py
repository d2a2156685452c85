"""A training for the company's cluster: the data in the chat format that TRL and Axolotl read, their configuration
with this run's own values, and a README that says how the adapter comes back.

What is exported is what would train here: the approved examples, with the person's decisions, the system message and
validation examples of the same choice. Replay and distillation are this trainer's own, and stay out; the README says
so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from app.errors import AppError
from app.files import write_atomic
from app.types import Message
from trainer.context import Context
from trainer.errors import TrainerError, as_trainer_error
from trainer.publish import cluster_files
from trainer.publish.cluster_files import Tool
from trainer.spec import Example, Preference, Written, read_spec
from trainer.spec.recipes import Rows
from trainer.train import amounts, choose, lessons, selection, shapes

MAX_LENGTH = 2048
"""Tokens of an example, as here."""


def export(context: Context, tool: Tool, folder: Path) -> tuple[str, ...]:
    """Write them into a folder that is empty or new; → the names of the files.

    Raises:
        TrainerError: the run is of a recipe that these tools do not train, or has no approved example.
    """
    recipe = context.spec.training
    if recipe.objective == "reading":
        hint = "Teach the search on this computer: it takes minutes."
        raise TrainerError("Teaching the search is no training of a chat model.", hint, code="recipe")
    if folder.exists() and any(folder.iterdir()):
        hint = "Name a folder that is empty, or not there yet."
        raise TrainerError(f"“{folder.name}” is not empty.", hint, str(folder), "folder")
    train, held = ROWS[recipe.rows](context)
    if tool == "axolotl":
        train, held = [_in_one(row) for row in train], [_in_one(row) for row in held]
    longest = max(64, min(amounts.of_run(context).longest, MAX_LENGTH))
    shape = shapes.shape_of(context.spec.base)
    hyper = choose.choose(context.spec.hyper, recipe, 0, longest, shape.context, shape.parameters)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"train.jsonl": _lines(train), "validation.jsonl": _lines(held)} if held else {"train.jsonl": _lines(train)}
    mean = amounts.of_run(context)[0] / max(1, len(train))
    wanted = cluster_files.Wanted(hyper, len(train), mean, bool(held), recipe.rows, context.spec.seed)
    files |= {name: text.encode() for name, text in cluster_files.WRITERS[tool](wanted).items()}
    files["README.md"] = cluster_files.readme(context.spec, tool, wanted).encode()
    for name, content in files.items():
        write_atomic(folder / name, content)
    return tuple(files)


def command(run: Path, tool: Tool, folder: Path) -> int:
    """`trainer export-config RUN TOOL FOLDER`: write them and print their names, or say on stderr why
    not; the exit status."""
    try:
        names = export(Context(read_spec(run / "run.json"), run, lambda _event: None), tool, folder)
    except (AppError, OSError) as error:
        sys.stderr.write(f"{as_trainer_error(error)}\n")
        return 1
    written = Written(tuple(str(folder / name) for name in names))
    sys.stdout.write(msgspec.json.encode(written).decode() + "\n")
    return 0


# --- the data ---------------------------------------------------------------------------------------------------------

Row = dict[str, Any]
Split = tuple[list[Row], list[Row]]


def _turns(messages: Sequence[Message]) -> list[Row]:
    return [{"role": turn.role, "content": turn.content} for turn in messages]


def _examples(context: Context) -> Split:
    train, held = selection.choose(selection.read_examples(context), context.spec.seed)
    made = lessons.beside_examples(context, train).values()
    return [_asked_and_answered(e) for e in (*train, *chain(*made))], [_asked_and_answered(e) for e in held]


def _asked_and_answered(example: Example) -> Row:
    """The form of which TRL learns the answer alone."""
    asked = selection.until_answer(example)
    return {"prompt": _turns(asked), "completion": _turns(example.messages[len(asked) : len(asked) + 1])}


def _in_one(row: Row) -> Row:
    """As Axolotl reads conversations, which it learns the assistant's part of, and pairs: one message an answer."""
    if "completion" in row:
        return {"messages": [*row["prompt"], *row["completion"]]}
    if "chosen" in row:
        return {"messages": row["prompt"], "chosen": row["chosen"][0], "rejected": row["rejected"][0]}
    return row


def _texts(context: Context) -> Split:
    train, held = selection.choose_texts(context)
    return [{"text": text.text} for text in train], [{"text": text.text} for text in held]


def _preferences(context: Context) -> Split:
    def row(pair: Preference) -> Row:
        asked = selection.with_system(pair.messages, selection.instructions(context.spec))
        answers = {"chosen": pair.chosen, "rejected": pair.rejected}
        named = {name: [{"role": "assistant", "content": text}] for name, text in answers.items()}
        return {"prompt": _turns(asked), **named}

    train, held = selection.choose_preferences(context)
    return [row(pair) for pair in train], [row(pair) for pair in held]


ROWS: dict[Rows, Callable[[Context], Split]] = {
    "examples": _examples,
    "texts": _texts,
    "preferences": _preferences,
}
"""By the kind of rows: what trains, and what is watched."""


def _lines(rows: Sequence[Row]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
