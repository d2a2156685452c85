"""Question sets in their common forms, and what a row that cannot be used costs: itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.errors import AppError
from app.evaluation.sets import OURS, read_set


@pytest.mark.parametrize("name", OURS)
def test_our_sets_are_whole(name: str) -> None:
    found = read_set(name)
    assert not found.problems and len({item.id for item in found.items}) == len(found.items) >= 12
    for item in found.items:
        assert item.kind == {"knowledge": "exact", "choices": "choice", "open": "open"}[name]
        assert len(set(item.choices)) == len(item.choices)
    if name == "choices":
        places = [item.answer for item in found.items]
        assert all(places.count(place) >= 6 for place in range(4)), "the right one stands anywhere"


@pytest.mark.parametrize(
    ("row", "choices", "answer"),
    [
        ({"question": "q", "choices": ["x", "y"], "answer": 1}, ("x", "y"), 1),
        ({"question": "q", "choices": ["x", "y"], "answer": "B"}, ("x", "y"), 1),
        ({"question": "q", "options": ["x", "y"], "answer": "y"}, ("x", "y"), 1),
        ({"ctx": "q", "endings": ["x", "y", "z"], "label": "2"}, ("x", "y", "z"), 2),
        ({"question": "q", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "2"}, ("x", "y"), 1),
        (
            {
                "question": {"stem": "q", "choices": [{"text": "x", "label": "A"}, {"text": "y", "label": "B"}]},
                "answerKey": "A",
            },
            ("x", "y"),
            0,
        ),
        ({"question": "q", "choices": [4, 5], "answer": "5"}, ("4", "5"), 1),
    ],
)
def test_choices_in_their_common_forms(
    tmp_path: Path, row: dict[str, Any], choices: tuple[str, ...], answer: int
) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(row))
    (item,) = read_set(str(tmp_path / "own.jsonl")).items
    assert (item.question, item.choices, item.answer, item.kind) == ("q", choices, answer, "choice")


def test_a_bad_row_is_named_and_costs_nothing_else(tmp_path: Path) -> None:
    rows = [
        '{"question": "a", "answer": "It is 41 + 1. #### 42"}',
        "not json",
        '{"answer": "nobody asks"}',
        '{"question": "b", "choices": ["x", "y"], "answer": "Q"}',
        '{"question": "c", "choices": ["x"], "answer": 0}',
        "[1]",
        '{"question": "d", "choices": ["x", "y"]}',
        '{"instruction": "Say hello.", "input": "To Ann.", "output": "Hello Ann."}',
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(rows))
    found = read_set(str(tmp_path / "own.jsonl"))
    assert [item.kind for item in found.items] == ["exact", "open"]
    assert found.items[0].answers == ("42",) and found.items[1].question == "Say hello.\n\nTo Ann."
    assert [problem.split(":")[0] for problem in found.problems] == [f"Line {n}" for n in (2, 3, 4, 5, 6, 7)]


@pytest.mark.parametrize("head", ["question,A,B,C,answer\n", ""])
def test_tables_with_and_without_names(tmp_path: Path, head: str) -> None:
    (tmp_path / "own.csv").write_text(head + '"Which, of these?",red,"two\nlines",blue,C\nbad,1,2,3,A,extra\n')
    found = read_set(str(tmp_path / "own.csv"))
    (item,) = found.items
    assert item.question == "Which, of these?" and item.choices == ("red", "two\nlines", "blue") and item.answer == 2
    assert len(found.problems) == 1 and "columns" in found.problems[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("semicolons.csv", "question;answer\r\nDürfen wir?;ja\r\n".encode()),
        ("excel.csv", "question;answer\r\nDürfen wir?;ja\r\n".encode("cp1252")),
        ("unicode.csv", "question\tanswer\r\nDürfen wir?\tja\r\n".encode("utf-16")),
        ("notepad.jsonl", '{"question": "Dürfen wir?", "answer": "ja"}\r\n'.encode("utf-16")),
    ],
)
def test_files_are_read_as_windows_saves_them(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    (item,) = read_set(str(tmp_path / name)).items
    assert (item.question, item.answers) == ("Dürfen wir?", ("ja",))
    assert read_set(str(tmp_path / name)).name == name, "mine.csv and mine.jsonl are two sets"


def test_choices_that_are_the_same_cannot_be_marked(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text('{"question": "q", "choices": ["a", "b", "a "], "answer": 0}\n')
    with pytest.raises(AppError) as caught:
        read_set(str(tmp_path / "own.jsonl"))
    assert "two of its choices are the same" in caught.value.hint


def test_what_is_no_text_is_not_read_as_questions(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes(b"question,answer\n\0\0,\0\n")
    with pytest.raises(AppError, match="cannot be read"):
        read_set(str(tmp_path / "own.csv"))


@pytest.mark.parametrize("text", ["", "nothing\n", '{"question": "a", "choices": []'])
def test_a_file_without_a_question_says_what_is_needed(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.jsonl").write_text(text)
    with pytest.raises(AppError, match="no question that can be used"):
        read_set(str(tmp_path / "own.jsonl"))


def test_what_is_not_there_names_our_sets() -> None:
    with pytest.raises(AppError) as caught:
        read_set("nothing.csv")
    assert "knowledge" in caught.value.hint


def test_a_table_without_a_question_and_a_file_that_is_not_there_are_named_as_that(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("a,b,c\n1,2,3\n")
    with pytest.raises(AppError, match="no question that can be used") as bad:
        read_set(str(table))
    assert "none of its columns is called question: a, b, c" in bad.value.hint and "Line 2" not in bad.value.hint
    with pytest.raises(AppError, match="There is no file"):
        read_set(str(tmp_path / "nothere.jsonl"))
