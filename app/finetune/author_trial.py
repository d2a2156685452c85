"""The use case of trying who writes the questions: a few documents, some facts, and how long all would take."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec

from app.errors import AppError
from app.finetune import plan
from app.finetune.author import Author, AuthorTrial
from app.finetune.cases import TRIAL, Step, Steps
from app.finetune.plan import ReaderStart
from app.finetune.runs import Run
from app.finetune.sources import READABLE, document_of
from app.finetune.wishes import Keep, TryAuthor, Work
from app.finetune.wizard import Wizard
from app.types import InstalledModel
from app.workers.calls.documents import Documents, DocumentText, ListDocuments, ReadText
from trainer.spec import Input, Trial

DOCUMENTS = 8
"""Of each collection that a trial reads, spread over all of them."""
NOTHING_TO_TRY = AppError("There is nothing to try it on.", "Choose a collection that has documents.")


def try_author(
    run: Run, wizard: Wizard, base: InstalledModel | ReaderStart | None, author: Author, model_id: str
) -> Steps[AuthorTrial]:
    """Let the author write questions of a few documents, which are gone again when it has.

    Raises:
        AppError: it cannot be loaded or asked, or in the documents there is nothing to ask for.
    """
    trial = Run(run.folder / TRIAL)
    yield Step("disk", Work(do=lambda: run.remove(TRIAL)))
    try:
        inputs, total = yield from _gather(trial, wizard)
        spec = plan.build_spec(wizard, base, inputs, author=author)
        yield Step("disk", Work(do=lambda: trial.write_spec(spec)))
        found = yield Step("trainer", TryAuthor(folder=str(trial.folder)))
        assert isinstance(found, Trial)
    finally:
        run.remove(TRIAL)  # at once, also where nobody drives us any more: it holds text of documents
    facts = min(spec.prepare.max_facts, round(found.facts * total / max(1, found.documents)))
    tried = AuthorTrial(
        author=model_id,
        asked=found.asked,
        passed=found.passed,
        used=found.used,
        able=found.able,
        facts=facts,
        seconds=found.seconds_for(facts, spec.prepare.phrasings),
        questions=tuple((each.question, each.answer, each.rule) for each in found.tried),
    )
    yield Step("desk", Keep(change=lambda kept: msgspec.structs.replace(kept, trial=tried)))
    return tried


def _gather(trial: Run, wizard: Wizard) -> Steps[tuple[tuple[Input, ...], int]]:
    """The texts to try it on, and how many documents there are in all. Raises AppError: none."""
    inputs, total = [], 0
    for number, collection_id in enumerate(wizard.collections, 1):
        listed = yield Step("documents", ListDocuments(collection_id=collection_id))
        assert isinstance(listed, Documents)
        documents = [each for each in listed.documents if each.status in READABLE]
        total += len(documents)
        name = f"documents-{number}"
        for document in documents[:: max(1, len(documents) // DOCUMENTS)][:DOCUMENTS]:
            read = yield Step("documents", ReadText(document_id=document.id))
            assert isinstance(read, DocumentText)
            row = document_of(document, document.collection, read)
            yield Step("disk", Work(do=partial(trial.add_to_input, name, row)))
        path = yield Step("disk", Work(do=partial(trial.end_input, name)))
        inputs += [Input(kind="documents", path=str(path))] if isinstance(path, Path) else []
    if not inputs:
        raise NOTHING_TO_TRY
    return tuple(inputs), total
