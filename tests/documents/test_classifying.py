"""A head from texts to labels, whole: made by the trainer on the real embedder, kept, and asked as a door asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from app.embedder.heads import Heads, read_head
from app.errors import AppError
from app.types import Message
from app.workers.calls.embedders import MOST_TEXTS, Classified, Classify
from trainer.context import Context
from trainer.spec import BaseModel, Data, Example, HeadResult, RunSpec, read_json, write_lines
from trainer.train import head

if TYPE_CHECKING:
    from conftest import Documents

LETTERS = {
    "invoice": ("Please pay the bill of {0} euros by Friday.", "Your invoice lists {0} hours too many.",
                "The amount of {0} euros was debited twice.", "Send us the receipt number {0} again, please."),
    "complaint": ("The machine broke after {0} days and I am angry.", "Nobody answered my {0} calls, this is poor.",
                  "Your driver was rude on the {0}th of May.", "I want my money back, it failed {0} times."),
    "holiday": ("May I take {0} days off in June?", "I would like to be on leave from the {0}th.",
                "How many days of leave are left, {0}?", "My vacation begins in {0} weeks, who covers?"),
}  # fmt: skip
"""Written for this test."""
UNSEEN = {
    "Why was the sum charged to our account two times?": "invoice",
    "The pump makes a terrible noise and nobody helps me!": "complaint",
    "Can I be off work next Monday and Tuesday?": "holiday",
}


def examples() -> list[Example]:
    made = []
    for label, forms in LETTERS.items():
        for n, form in enumerate(forms):
            for value in (3, 7, 12, 20):
                turns = (Message("user", form.format(value)), Message("assistant", label))
                split = "heldout" if n == 3 else "train"
                key = f"{label}-{n}-{value}"
                made.append(Example(id=key, messages=turns, origin="file", split=split))  # type: ignore[arg-type]
    return made


def test_a_head_that_the_trainer_made_sorts_in_the_app(documents: Documents, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "letters"
    run.mkdir(parents=True)
    write_lines(run / "examples.jsonl", examples())
    spec = RunSpec(
        id="letters",
        recipe="classify",
        base=BaseModel(path="none.gguf"),
        data=Data(examples=str(run / "examples.jsonl")),
    )
    head.run(Context(spec, run, lambda _: None))
    found = read_json(run / "head" / "result.json", HeadResult)
    assert (found.learned, found.count, found.commonest) == (36, 12, 4)
    assert found.right >= 10 and found.ms_a_text > 0
    made = read_head(run / "head" / "head.json")
    kept = Heads(documents.home / "heads").keep(msgspec.structs.replace(made, id="letters", name="Letters"))
    said = documents.ask(Classify(head_id="letters", texts=tuple(UNSEEN)))
    assert isinstance(said, Classified)
    assert [each.label for each in said.found] == list(UNSEEN.values())
    assert all(0.33 < each.probability <= 1 and each.second != each.label for each in said.found)
    assert documents.ask(Classify(head_id="letters", texts=())) == Classified(found=())
    other = msgspec.structs.replace(kept, id="other", embedder="e5-of-before")
    Heads(documents.home / "heads").keep(other)
    for call, what in (
        (Classify(head_id="other", texts=("x",)), "cannot be used"),
        (Classify(head_id="gone", texts=("x",)), "no longer there"),
        (Classify(head_id="letters", texts=("x",) * (MOST_TEXTS + 1)), "too many"),
    ):
        with pytest.raises(AppError, match=what):
            documents.ask(call)
