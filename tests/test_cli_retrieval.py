"""`inhouse bench retrieval`: on two files and three questions, with the real core."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.main import main as inhouse
from app.cli.retrieval import main

FILES = {
    "Pumps.md": "# Pumps\n\nThe blue pump runs at 3 bar.\n\nThe red pump stands in hall 4.\n",
    "Doors.md": "# Doors\n\nThe north door opens at six.\n\nThe guard has its key.\n",
}
QUESTIONS = (
    {"question": "At what pressure does the blue pump run?", "document": "Pumps.md", "answers": ["3 bar"],
     "evidence": "runs at 3 bar"},
    {"question": "Who has the key of the north door?", "document": "Doors.md", "answers": ["guard"],
     "evidence": "The guard has its key"},
    {"question": "What is the capital of Mongolia?", "document": "Doors.md", "answers": [], "evidence": None},
)  # fmt: skip
"""Written for this test."""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    for name, text in FILES.items():
        (tmp_path / "documents" / name).write_text(text, encoding="utf-8")
    lines = "".join(json.dumps(each) + "\n" for each in QUESTIONS)
    (tmp_path / "questions.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def test_the_figures_are_shares_of_the_questions(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([str(dataset), "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    figures = {each["figure"]: each for each in lines}
    assert list(figures) == ["hit@1", "hit@5", "words250", "right", "wrong with a citation", "refused"]
    assert (
        figures["hit@5"]["value"] == figures["words250"]["value"] == 1.0
        and "of 2 questions" in figures["hit@1"]["unit"]
    )
    shares = [figures[name]["value"] for name in ("right", "wrong with a citation", "refused")]
    assert sum(shares) == pytest.approx(1.0, abs=0.001) and shares[2] >= 0.33, "nothing tells of Mongolia"
    assert status == int(not all(each["ok"] for each in lines))


def test_what_is_no_dataset_is_said_in_plain_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "could not be read" in capsys.readouterr().err
    (tmp_path / "questions.jsonl").write_text('{"question": "Why?"}\n', encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    assert "holds no questions" in capsys.readouterr().err
    assert inhouse(["bench", "retrieval"]) == 1
    assert "Name one that holds" in capsys.readouterr().err


def test_conversations_are_measured_by_their_last_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = [{"_id": name, "text": text} for name, text in FILES.items()]
    turns = [
        {"role": "user", "text": "At what pressure does the blue pump run?"},
        {"role": "agent", "text": "At 3 bar."},
        {"role": "user", "text": "and where does the red one stand?"},
    ]
    tasks = [{"_id": f"t<::>{n}", "turns": turns[:n], "gold": ["Pumps.md"]} for n in (3, 1)]
    query = {"_id": "q", "all_user_turns": "Where is the key?\n  and of the north door?",
             "lastturn": "and of the north door?", "rewrite": "Where is the key of the north door?"}  # fmt: skip
    for name, rows in (("corpus", corpus), ("tasks", tasks), ("queries", [query])):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\tDoors.md\t1\n", encoding="utf-8")
    assert main([str(tmp_path), "--json"]) == 0
    figures = {line["figure"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(figures) == [
        "hit@1, first half", "hit@5, first half",
        "hit@1, first half, a human's rewrite beside", "hit@5, first half, a human's rewrite beside",
        "hit@1, second half", "hit@5, second half",
    ]  # fmt: skip
    assert all(
        line["value"] == line["reference"] == 1.0 and "of 1 questions" in line["unit"] for line in figures.values()
    )
    (tmp_path / "tasks.jsonl").write_text('{"turns": 3}\n', encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    assert "It needs corpus.jsonl with" in capsys.readouterr().err
