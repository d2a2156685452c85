"""The review of pairs and documents: each can be left out, and the trainer hears it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.finetune.review import ReviewList
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.spec import (
    BaseModel,
    Data,
    Example,
    Preference,
    Recipe,
    RunSpec,
    TextDocument,
    Turn,
    read_lines,
    write_json,
    write_lines,
)
from trainer.train.selection import choose, choose_preferences, choose_texts, read_examples


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


def set_aside(folder: Path, name: str, kind: type[Example] | type[Preference] | type[TextDocument]) -> None:
    """What cleaning does with the first row."""
    path = folder / "split" / name
    first, *rest = read_lines(path, kind)
    write_lines(path, [msgspec.structs.replace(first, split="aside"), *rest])


def test_a_question_taken_back_stays_back_however_often_it_is_decided_about(tmp_path: Path) -> None:
    context = prepared(tmp_path, "teach")
    asked = (Turn("user", "When does the canteen close?"), Turn("assistant", "At 3."))
    write_lines(tmp_path / "split" / "examples.jsonl", [Example(id="e1", messages=asked, origin="model")])
    set_aside(tmp_path, "examples.jsonl", Example)
    review = ReviewList(tmp_path)
    review.decide(["e1"], "approve")
    review.decide(["e1"], "edit", (asked[0], Turn("assistant", "At five.")))
    assert review.trainable() == ReviewList(tmp_path).trainable() == 1
    assert [e.answer for e in choose(read_examples(context), seed=1)[0]] == ["At five."]
    again = ReviewList(tmp_path)
    again.decide(["e1"], "reject")
    with pytest.raises(TrainerError, match="No example"):
        choose(read_examples(context), seed=1)
    again.decide(["e1"], "approve")
    assert again.trainable() == ReviewList(tmp_path).trainable() == 1
    assert [e.answer for e in choose(read_examples(context), seed=1)[0]] == ["At five."]


def test_what_was_set_aside_is_aside_again_after_undo(tmp_path: Path) -> None:
    prepared(tmp_path, "prefer")
    set_aside(tmp_path, "preferences.jsonl", Preference)
    review = ReviewList(tmp_path)
    (entry,) = (entry for entry in review.entries if entry.example.id == "p3")
    review.decide(["p3"], "approve")
    review.undo(entry)
    assert entry.state == "aside" and review.trainable() == 1 and entry not in review.good(0.0)


@pytest.mark.parametrize("again", [False, True])
def test_a_pair_and_a_document_taken_back_are_learned_from(tmp_path: Path, again: bool) -> None:
    pairs, texts = prepared(tmp_path / "pairs", "prefer"), prepared(tmp_path / "texts", "read")
    set_aside(pairs.run, "preferences.jsonl", Preference)
    set_aside(texts.run, "texts.jsonl", TextDocument)
    assert [pair.id for pair in choose_preferences(pairs)[0]] == ["p4"]
    assert [text.id for text in choose_texts(texts)[0]] == ["d2"]
    for context, key in ((pairs, "p3"), (texts, "d1")):
        review = ReviewList(context.run)
        review.decide([key], "approve")
        if again:
            review.decide([key], "reject")
            review = ReviewList(context.run)
            review.decide([key], "approve")
        assert review.trainable() == 2
    assert [pair.id for pair in choose_preferences(pairs)[0]] == ["p3", "p4"]
    assert [text.id for text in choose_texts(texts)[0]] == ["d1", "d2"]
