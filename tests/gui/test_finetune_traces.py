"""Removing a document names the models that were trained on it."""

from __future__ import annotations

from app.gui.views.documents import taught_sentence
from app.types import InstalledModel


def test_models_that_learned_from_a_document_are_named_and_others_are_not() -> None:
    plain = InstalledModel(name="Plain", path="p", file_bytes=1)
    tuned = InstalledModel(name="Tuned", path="t", file_bytes=1, lineage={"documents": "3,14"})
    assert taught_sentence([plain, tuned], [4]) == ""
    said = taught_sentence([plain, tuned], [14, 99])
    assert "“Tuned”" in said and "Plain" not in said
