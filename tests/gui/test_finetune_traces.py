"""Removing a document names the models that learned from it, and the training data that still holds its text."""

from __future__ import annotations

from pathlib import Path

import fake_run

from app.finetune.runs import Runs
from app.gui.documents.build import taught_sentence
from app.types import InstalledModel


def test_models_that_learned_from_a_removed_document_are_named(tmp_path: Path) -> None:
    plain = InstalledModel(name="Starter", path="a.gguf", file_bytes=1)
    tuned = InstalledModel(name="Larkfield", path="b.gguf", file_bytes=1, lineage={"documents": "3,14"})
    runs = Runs(tmp_path)
    assert taught_sentence([plain, tuned], [4], runs) == ""
    said = taught_sentence([plain, tuned], [14, 99], runs)
    assert said.startswith("“Larkfield” learned from it") and "training data" not in said and "Starter" not in said


def test_a_run_that_holds_the_text_is_named_until_its_data_is_deleted(tmp_path: Path) -> None:
    run = fake_run.make_run(tmp_path, name="Larkfield Assistant")
    fake_run.prepare(run)
    said = taught_sentence([], [1], Runs(tmp_path))
    assert said == (
        "Its text also stays in the training data of “Larkfield Assistant” until you delete that on the Fine-tune page."
    )
    assert taught_sentence([], [999], Runs(tmp_path)) == ""
    run.remove("inputs")
    assert taught_sentence([], [1], Runs(tmp_path)) == ""
