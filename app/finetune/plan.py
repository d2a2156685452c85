"""From what a person chose to the trainer's specification."""

from __future__ import annotations

from collections.abc import Iterable

from app.errors import AppError
from app.finetune.wizard import Effort, Wizard
from app.types import InstalledModel
from trainer.spec import BaseModel, Data, Hyper, Input, Prepare, Replay, RunSpec

EFFORTS: dict[Effort, tuple[int, int, float | None]] = {
    "quick": (24, 6, 4.0),
    "balanced": (48, 10, None),
    "thorough": (200, 9, 6.0),
}
"""Facts at most, phrasings a fact, and times through the data (None: chosen from the data). 48 facts in 10 phrasings
are about ten minutes on two cores; 200 would be more than an hour."""
MOST_LABELS = 60


def labels_of(answers: Iterable[str]) -> tuple[str, ...]:
    """The labels that stand in the examples.

    Raises:
        AppError: there are too many different ones, or only one, for labels.
    """
    found = tuple(sorted({answer.strip() for answer in answers if answer.strip()}))
    if not 2 <= len(found) <= MOST_LABELS:
        hint = "Use a file whose second column holds one of a few labels, or name the labels in the step before."
        raise AppError(f"There are {len(found)} different labels in the data.", hint)
    return found


def build_spec(
    wizard: Wizard, model: InstalledModel, inputs: tuple[Input, ...], *, earlier: tuple[str, ...] = ()
) -> RunSpec:
    """The trainer's specification of what was chosen. `earlier` are examples of rounds that the base went through."""
    facts, phrasings, epochs = EFFORTS[wizard.effort]
    return RunSpec(
        id=wizard.id,
        name=wizard.name,
        recipe=wizard.goal,
        base=BaseModel(path=model.path, name=model.name),
        data=Data(inputs=inputs, labels=wizard.labels if wizard.goal == "classify" else ()),
        prepare=Prepare(
            make_questions=wizard.goal == "teach" and any(each.kind == "documents" for each in inputs),
            max_facts=facts,
            phrasings=phrasings,
            mask_personal_data=wizard.mask,
        ),
        hyper=Hyper(epochs=epochs),
        replay=Replay(earlier=earlier),
    )
