"""The person's own questions: asked in the comparison, and kept out of everything that trains, near twins included.

They are no examples of the run, so nothing can train on them; what was made from the data and asks nearly the same is
set aside here, when the data is split and again when it is read for training, since a review may change a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from trainer.context import Context
from trainer.prepare import duplicates
from trainer.spec import EXCLUDED, Example, RunSpec, read_lines

TWIN = 0.6
"""Overlap of shingles from which a taught question is in effect the person's own."""
REASON = "You asked this yourself, so it is kept for the exam."


def questions(spec: RunSpec) -> list[Example]:
    """What the person asked; none where they skipped it, or deleted the run's data since."""
    path = Path(spec.data.own)
    return list(read_lines(path, Example)) if spec.data.own and path.is_file() else []


def kept_apart(context: Context, examples: Sequence[Example]) -> list[Example]:
    """The examples, with those set aside in which the person's own questions stand, also in another conversation."""
    own = [each.question for each in questions(context.spec)]
    if not own:
        return list(examples)
    twins = twins_of(examples, own)
    return [replace(e, split=EXCLUDED, reason=REASON) if e.id in twins and not e.excluded else e for e in examples]


def twins_of(examples: Sequence[Example], own: Sequence[str]) -> set[str]:
    """Ids of examples of which a question is nearly one of these."""
    asked = [(e.id, turn.content) for e in examples for turn in e.messages if turn.role == "user"]
    pairs = duplicates.leaks([question for _, question in asked], own, TWIN)
    plain = {duplicates.normalized(question) for question in own}
    same = {key for key, question in asked if duplicates.normalized(question) in plain}
    return same | {asked[pair.first][0] for pair in pairs}
