"""From what a person chose to the trainer's specification."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.embedder.readers import TaughtReader
from app.errors import AppError
from app.finetune.author import OWN_FILE, Author
from app.finetune.wizard import TRIED, WORDED, Effort, Wizard
from app.llama.model_folders import folder_of
from app.rules import MASK
from app.settings import company_policy
from app.types import InstalledModel
from trainer.spec import SIZES, BaseModel, Data, Export, Hyper, Input, Prepare, Replay, RunSpec

EFFORTS: dict[Effort, tuple[int, int, float | None]] = {
    "quick": (24, 6, None),
    "balanced": (48, 10, None),
    "thorough": (200, 9, 2.0),
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


SEARCH_FACTS: dict[Effort, int] = {"quick": 50, "balanced": 100, "thorough": 300}
"""Facts at most for teaching the search, each asked in three ways: 100 are some minutes on one core."""
SEARCH_PHRASINGS, SEARCH_KEPT_OUT = 3, 0.3
"""Phrasings a fact; the share of documents that are kept out, since they alone say whether it helps."""


@dataclass(frozen=True)
class ReaderStart:
    """The reader that training goes on from, where its adapter is, and the chat model that may write questions."""

    reader: TaughtReader
    folder: Path
    asker: str = ""  # a GGUF file


SCRATCH_EPOCHS: dict[Effort, float] = {"quick": 8.0, "balanced": 16.0, "thorough": 40.0}
"""Times that a new model reads the text: what little text can give is given after some sixteen of them (Muennighoff et
al. 2023)."""


def build_spec(
    wizard: Wizard,
    model: InstalledModel | ReaderStart | None,
    inputs: tuple[Input, ...],
    *,
    earlier: tuple[str, ...] = (),
    own: str = "",
    author: Author = Author(),  # noqa: B008  (it is frozen)
) -> RunSpec:
    """The trainer's specification of what was chosen. `earlier` are examples of rounds that the base went through,
    `own` is the file of the person's own questions, `author` writes those that are made of documents."""
    if isinstance(model, ReaderStart):
        return _search_spec(wizard, model, inputs, author)
    if model is None or wizard.goal == "scratch":
        return _scratch_spec(wizard, model, inputs)
    facts, phrasings, epochs = EFFORTS[wizard.effort]
    return RunSpec(
        id=wizard.id,
        name=wizard.name,
        recipe=wizard.goal,
        base=_base(model),
        data=Data(inputs=inputs, labels=wizard.labels if wizard.goal == "classify" else (), own=own),
        prepare=Prepare(
            make_questions=makes_questions(wizard) and any(each.kind == "documents" for each in inputs),
            writer=author.writer,
            author=author.name,
            max_facts=facts,
            phrasings=phrasings,
            mask_personal_data=wizard.mask or company_policy().rule(MASK),
            domain_words=wizard.words if wizard.goal in WORDED else 0,
        ),
        hyper=Hyper(epochs=epochs),
        replay=Replay(earlier=earlier),
        find_best=(wizard.find_best or None) if wizard.goal in TRIED else None,
    )


def _base(model: InstalledModel) -> BaseModel:
    """A model that was made of a folder is taught from the folder's own weights while these are there."""
    if folder := folder_of(model):
        return BaseModel(path=folder, name=model.name, gguf=model.path)
    return BaseModel(path=model.path, name=model.name)


def makes_questions(wizard: Wizard) -> bool:
    """Whether questions are made of documents: the goal learns from some, and not only the person's files count."""
    return wizard.goal in ("teach", "search") and wizard.author != OWN_FILE


def _scratch_spec(wizard: Wizard, writer: InstalledModel | None, inputs: tuple[Input, ...]) -> RunSpec:
    """A model of the chosen size. `writer` answers general questions for it, and writes questions where it can."""
    facts, phrasings, _ = EFFORTS[wizard.effort]
    return RunSpec(
        id=wizard.id,
        name=wizard.name,
        recipe="scratch",
        base=BaseModel(path=writer.path if writer else "", name=writer.name if writer else ""),
        data=Data(inputs=inputs),
        prepare=Prepare(
            make_questions=any(each.kind == "documents" for each in inputs),
            max_facts=facts,
            phrasings=phrasings,
            mask_personal_data=wizard.mask or company_policy().rule(MASK),
        ),
        hyper=Hyper(evaluations=16),
        export=Export(quantizations=("F16", "Q8_0")),
        compare=False,
        scratch=msgspec.structs.replace(SIZES[wizard.size], epochs=SCRATCH_EPOCHS[wizard.effort]),
    )


def _search_spec(wizard: Wizard, start: ReaderStart, inputs: tuple[Input, ...], author: Author) -> RunSpec:
    """Questions that a person brings are taken as they are; else documents become questions."""
    _, _, epochs = EFFORTS[wizard.effort]
    return RunSpec(
        id=wizard.id,
        name=wizard.name,
        recipe="search",
        base=BaseModel(path=str(start.folder), name=start.reader.name, gguf=start.asker),
        data=Data(inputs=inputs),
        prepare=Prepare(
            make_questions=makes_questions(wizard) and all(each.kind == "documents" for each in inputs),
            writer=author.writer,
            author=author.name,
            max_facts=SEARCH_FACTS[wizard.effort],
            phrasings=SEARCH_PHRASINGS,
            heldout_documents=SEARCH_KEPT_OUT,
            mask_personal_data=False,  # a name that is masked stands in no passage
        ),
        hyper=Hyper(epochs=epochs),
        replay=Replay(enabled=False),
    )
