"""The review of pairs and documents: each can be left out, and the trainer hears it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.finetune.review import ReviewList
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.selection import choose_preferences, choose_texts
from trainer.spec import BaseModel, Data, Preference, Recipe, RunSpec, TextDocument, Turn, write_json, write_lines


def prepared(folder: Path, recipe: Recipe) -> Context:
    spec = RunSpec(id="r", recipe=recipe, base=BaseModel(path="base.gguf"), data=Data())
    write_json(folder / "run.json", spec)
    asked = (Turn("user", "When does the canteen close?"),)
    pairs = [Preference(id=f"p{n}", messages=asked, chosen=f"At {n}.", rejected="No idea.") for n in (3, 4)]
    texts = [TextDocument(id=f"d{n}", text=f"Rule {n} holds.", name=f"{n}.md", document_id=n) for n in (1, 2)]
    write_lines(folder / "split" / "examples.jsonl", [])
    write_lines(folder / "split" / "preferences.jsonl", pairs if recipe == "prefer" else [])
    write_lines(folder / "split" / "texts.jsonl", texts if recipe == "read" else [])
    return Context(spec, folder, lambda _event: None)


def test_a_pair_is_listed_edited_and_rejected(tmp_path: Path) -> None:
    context = prepared(tmp_path, "prefer")
    review = ReviewList(tmp_path)
    assert review.kind == "pairs"
    assert [(e.example.answer, e.instead_of, e.state) for e in review.entries] == [
        ("At 3.", "No idea.", "approved"), ("At 4.", "No idea.", "approved"),
    ]  # fmt: skip
    review.decide(["p3"], "reject")
    review.decide(["p4"], "edit", (Turn("user", "Canteen?"), Turn("assistant", "At five.")))
    assert review.trainable() == 1
    (pair,), _ = choose_preferences(context)
    assert (pair.id, pair.messages[0].content, pair.chosen, pair.rejected) == ("p4", "Canteen?", "At five.", "No idea.")
    review.decide(["p4"], "reject")
    with pytest.raises(TrainerError, match="No pair"):
        choose_preferences(context)


def test_a_document_to_read_can_be_left_out(tmp_path: Path) -> None:
    context = prepared(tmp_path, "read")
    review = ReviewList(tmp_path)
    assert review.kind == "texts"
    assert [(e.example.question, e.example.answer, e.is_text, e.state) for e in review.entries] == [
        ("1.md", "Rule 1 holds.", True, "approved"), ("2.md", "Rule 2 holds.", True, "approved"),
    ]  # fmt: skip
    review.decide(["d1"], "reject")
    assert review.trainable() == 1 and [text.id for text in choose_texts(context)[0]] == ["d2"]
    assert ReviewList(tmp_path).count("rejected") == 1
