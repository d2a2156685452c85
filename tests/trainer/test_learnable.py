"""What a recipe cannot learn from is named before anything is prepared, in words that say what to mend."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.errors import TrainerError
from trainer.prepare.files import read_file
from trainer.prepare.learnable import Chosen, check
from trainer.spec import BaseModel, Data, Input, Prepare, Recipe, RunSpec, TextDocument, write_json

LETTERS = "text,label\n"
PAIRS = "question,chosen,rejected\n"


def said_of(path: Path, recipe: Recipe, texts: tuple[str, ...] = (), labels: tuple[str, ...] = ()) -> TrainerError:
    rows = read_file(path)
    documents = [TextDocument(id=str(n), text=text, name=f"{n}.md") for n, text in enumerate(texts)]
    inputs = (Input(kind="file", path=str(path), name=path.name),)
    spec = RunSpec(
        id="x", recipe=recipe, base=BaseModel(path=""), data=Data(inputs=inputs, labels=labels),
        prepare=Prepare(make_questions=False),
    )  # fmt: skip
    with pytest.raises(TrainerError) as error:
        check(Chosen(rows.examples, rows.preferences, documents, rows.problems), spec)
    return error.value


@pytest.mark.parametrize(
    ("recipe", "text", "message", "hint"),
    [
        ("classify", "name,city\nAnna,Ulm\n", "“f.csv” holds no text with a label.", "“text” and “label”"),
        ("classify", LETTERS + "Hello,order\nMore,order\n", "All texts have the label “order”.", "another one"),
        ("classify", PAIRS + "Who?,We.,You.\n", "“f.csv” holds no text with a label.", "“text” and “label”"),
        ("classify", LETTERS, "“f.csv” holds no text with a label.", "“text” and “label”"),
        ("prefer", "question,answer\nWho?,We.\n", "“f.csv” holds no pair", "“rejected”"),
        ("prefer", PAIRS + "Who?,,We.\n", "“f.csv” holds no pair", "Line 2 of “f.csv”: the better answer is missing."),
        ("prefer", PAIRS + "Who?,We.,\n", "“f.csv” holds no pair", "the worse answer is missing."),
        ("prefer", PAIRS + "Who?,We.,We.\n", "“f.csv” holds no pair", "both answers are the same."),
        ("teach", PAIRS + "Who?,We.,You.\n", "“f.csv” holds no question with an answer.", "“question” and “answer”"),
        ("search", "question,answer\nWho?,We.\n", "There is no document to search in.", "collection"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_named(tmp_path: Path, recipe: Recipe, text: str, message: str, hint: str) -> None:
    (tmp_path / "f.csv").write_text(text, encoding="utf-8")
    error = said_of(tmp_path / "f.csv", recipe)
    assert error.message.startswith(message) and hint in error.hint


def test_a_row_with_another_answer_is_an_example_where_one_of_a_pair_is_missing(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("question,answer,chosen,rejected\nWho?,We.,,\n", encoding="utf-8")
    rows = read_file(tmp_path / "f.csv")
    assert [row.answer for row in rows.examples] == ["We."] and not rows.problems


def test_answers_that_no_document_holds_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"What is rule {n}?,Ask the desk number {n} for a key.\n" for n in range(6))
    (tmp_path / "f.csv").write_text("question,answer\n" + rows, encoding="utf-8")
    error = said_of(
        tmp_path / "f.csv", "search", ("Nothing of the kind stands here.", "Ask the desk number 3 for a key.")
    )
    assert error.message == "The documents hold 1 of the 6 answers; at least 5 are needed."


def test_the_command_says_it_as_one_line(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("name,city\nAnna,Ulm\n", encoding="utf-8")
    inputs = (Input(kind="file", path=str(tmp_path / "f.csv")),)
    write_json(
        tmp_path / "run.json", RunSpec(id="x", recipe="prefer", base=BaseModel(path=""), data=Data(inputs=inputs))
    )
    command = [sys.executable, "-m", "trainer", "check", str(tmp_path / "run.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "no pair" in json.loads(done.stdout)["message"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["f.csv", "run.json"], "it looks and writes nothing"


def test_a_row_says_what_it_lacks_in_the_words_of_its_columns(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(LETTERS + f"hello,\n,order\n{'pump ' * 40_000},order\nok,order\n", encoding="utf-8")
    before = csv.field_size_limit(131_072)  # Python's own; reading tables raises it for the whole process
    try:
        rows = read_file(tmp_path / "f.csv")
    finally:
        csv.field_size_limit(before)
    said = ["the label is missing.", "the text is missing.", "a cell of it is longer than 131,072 characters."]
    assert [problem.partition(": ")[2] for problem in rows.problems] == said and len(rows.examples) == 1
