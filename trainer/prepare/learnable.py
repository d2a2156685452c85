"""Whether a recipe can learn from what was chosen: said before anything is prepared, in words that name what to mend.

Asked twice by one rule: by the app before the trainer starts (`trainer check`), so that the person is still where they
choose the data, and by the stage that collects, whoever started it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.text import words
from app.text.support import numbers_of
from trainer.errors import TrainerError
from trainer.spec import EXCLUDED, Example, Preference, RunSpec, TextDocument
from trainer.train.selection import check_labels, labels_of

FEWEST_SEARCHED = 5
"""Questions with an answer in the documents below which the reader's training refuses (trainer.reader.lessons)."""
SENTENCE, STATED = 5, 0.75
"""Words from which an answer need not stand in a document to the letter, and the share of them that has to."""
_WORD = re.compile(r"\w+")
COLUMNS = {"prefer": "“question”, “chosen” and “rejected”", "classify": "“text” and “label”"}
USUAL_COLUMNS = "“question” and “answer”"


@dataclass
class Chosen:
    """What the inputs hold. `problems` are sentences about rows that could not be taken."""

    examples: Sequence[Example] = ()
    preferences: Sequence[Preference] = ()
    texts: Sequence[TextDocument] = ()
    problems: Sequence[str] = field(default_factory=list)


def check(chosen: Chosen, spec: RunSpec) -> None:
    """
    Raises:
        TrainerError: the recipe has nothing to learn from, or nothing of the right kind; its labels are too few, too
            many, or not all; the answers to look for stand in no document.
    """
    files = any(entry.kind == "file" for entry in spec.data.inputs)
    if not (files or chosen.examples or chosen.preferences or chosen.texts):
        raise TrainerError("There is nothing to learn from.", spec.training.needs, code="empty")
    recipe = spec.training
    if recipe.rows == "texts" and not chosen.texts:
        raise TrainerError("There is no text to read.", recipe.needs, code="empty")
    if recipe.rows == "preferences" and not chosen.preferences:
        raise _no_rows(chosen, spec, "no pair of a better and a worse answer", "Or correct some answers in your chats.")
    if recipe.rows == "examples" and not chosen.examples and not (chosen.texts and _from_documents(spec)):
        what = "no text with a label" if recipe.needs_labels else "no question with an answer"
        raise _no_rows(chosen, spec, what)
    if recipe.needs_labels:
        _check_labels(chosen.examples, spec)
    if recipe.objective == "reading":
        _check_searched(chosen, spec)


def _from_documents(spec: RunSpec) -> bool:
    """Whether documents alone give something to learn: questions are made of them, or a new model reads them."""
    return spec.prepare.make_questions or spec.training.objective == "whole"


def _no_rows(chosen: Chosen, spec: RunSpec, what: str, more: str = "") -> TrainerError:
    """Files without one row of the kind, and how to name their columns; the first row that was refused says why."""
    names = [entry.name or Path(entry.path).name for entry in spec.data.inputs if entry.kind == "file"]
    columns = f"Name the columns {COLUMNS.get(spec.recipe, USUAL_COLUMNS)}."
    holds = f"{_listed(names)} hold{'s' if len(names) == 1 else ''} {what}." if names else f"There is {what}."
    hint = " ".join(filter(None, [columns if names else "", *chosen.problems[:1], more]))
    return TrainerError(holds, hint, "\n".join(chosen.problems[:20]), "empty")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"“{name}”" for name in names) if len(names) < 3 else f"“{names[0]}” and the other files"


def _check_labels(examples: Sequence[Example], spec: RunSpec) -> None:
    used = {example.answer.strip() for example in examples if not example.excluded}
    if len(used) == 1:
        hint = "Sorting needs texts of at least two labels: add some of another one."
        raise TrainerError(f"All texts have the label “{used.pop()[:60]}”.", hint, code="labels")
    check_labels(examples, labels_of(spec, examples))


def _check_searched(chosen: Chosen, spec: RunSpec) -> None:
    """Where the person brings the questions, their answers are looked for in the documents."""
    if not chosen.texts:
        hint = "Choose the collection that holds the answers to these questions."
        raise TrainerError("There is no document to search in.", hint, code="empty")
    if not chosen.examples:
        return
    texts = [text for text in chosen.texts if text.split != EXCLUDED]
    known = [(_plain(text.text), set(words.terms(f"{text.name} {text.text}")), numbers_of(text.text)) for text in texts]
    answers = {(example.question, example.answer) for example in chosen.examples if not example.excluded}
    found = sum(_stands(answer, known) for _, answer in answers)
    if found < FEWEST_SEARCHED:
        message = f"The documents hold {found} of the {len(answers)} answers; at least {FEWEST_SEARCHED} are needed."
        hint = "Choose the collection that the answers are from, and write them as a document says them, word for word."
        raise TrainerError(message, hint, code="no-examples")


def _stands(answer: str, known: Sequence[tuple[str, set[str], set[str]]]) -> bool:
    """Whether a document, by its text, terms and numbers, may hold it: what this refuses, no sentence of it states
    (trainer.reader.lessons.states)."""
    wanted, terms, numbers = _plain(answer), set(words.terms(answer)), numbers_of(answer)
    if wanted.strip() and any(wanted in plain for plain, _, _ in known):
        return True
    long = len(wanted.split()) >= SENTENCE
    return long and any(len(terms & own) >= STATED * len(terms) and numbers <= said for _, own, said in known)


def _plain(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "
