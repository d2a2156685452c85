"""`--sample-question`: one answer that is shown while the model learns."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.output import tell
from app.cli.session import Session
from app.core.calls import training as c
from app.finetune.review import ReviewList
from app.finetune.sample import known_as
from trainer.events import Sample


def ask_sample(args: argparse.Namespace, run: c.RunRecord, session: Session) -> None:
    """Have it shown, and say what else it is in this run."""
    kept = session.call(c.AskSample(run_id=run.id, question=args.sample_question))
    assert isinstance(kept, c.RunKept)
    if not args.sample_question.strip():
        tell("No question of your own is shown while it learns.")
        return
    review = ReviewList(Path(run.folder)) if run.listed else None
    tell(SAID[known_as(args.sample_question, review, run.wizard.own if run.wizard is not None else ())])


SAID = {
    "": "The answer to your question is shown as the model learns. It is not taught, and not part of the exam.",
    "taught": "This question is taught as well, so its answer shows what is learned by heart.",
    "asked": "This question is part of the exam as well; seeing its answer changes nothing there.",
}


class SampleLines:
    """Of each measurement the first answer, and that to the person's own question."""

    def __init__(self) -> None:
        self._step = -1
        self._known: set[str] = set()

    def line(self, sample: Sample) -> str:
        """ "Step 40: “How long …?” → 12 months.", or "" where another was told; what it said before is told once."""
        if not sample.own and sample.step == self._step:
            return ""
        self._step = sample.step
        when = f"Step {sample.step}" if sample.step else "Before training"
        said = f"{when}: “{sample.question}” → {_flat(sample.now)}"
        first = sample.own and sample.question not in self._known
        self._known.add(sample.question)
        with_before = first and sample.step > sample.since == 0
        return f"{said} (before training: {_flat(sample.before)})" if with_before else said


def _flat(answer: str) -> str:
    return " ".join(answer.split()) or "(nothing)"
