"""A training on another computer: what it is given, and the adapter that comes back, as steps for others."""

from __future__ import annotations

from typing import Literal

from app.finetune import machine
from app.finetune.cases import Step, Steps, decided
from app.finetune.review import ReviewList
from app.finetune.runs import Run
from app.finetune.wishes import Keep, LaunchTrainer, Work
from app.workers.message import Call
from trainer.spec import Written

Tool = Literal["trl", "axolotl"]


class ExportTraining(Call, frozen=True):
    """For the trainer: the data of this run and a configuration for a tool, into a folder; → Written."""

    folder: str
    tool: Tool
    to: str


class TakeAdapter(Call, frozen=True):
    """For the trainer: lay the adapter of a folder into the run, if it fits its base; → Written."""

    folder: str
    source: str


def export(run: Run, review: ReviewList, tool: Tool, to: str) -> Steps[Written]:
    """Write what would train here, with the same approvals; → the files.

    Raises:
        AppError: nothing is approved, or it cannot be written.
    """
    yield from decided(run, review)
    written = yield Step("trainer", ExportTraining(folder=str(run.folder), tool=tool, to=to))
    assert isinstance(written, Written)
    return written


def bring(run: Run, review: ReviewList, source: str) -> Steps[None]:
    """Take an adapter in place of a training here, then let it be exported, checked and compared.

    Nothing is measured: who trains elsewhere may not have the memory to train here.

    Raises:
        AppError: nothing is approved, or it is no adapter of this base.
    """
    yield from decided(run, review)
    yield Step("trainer", TakeAdapter(folder=str(run.folder), source=source))
    yield Step("desk", Keep(change=lambda kept: machine.training(kept, chat_paused=False)))
    yield Step("disk", Work(do=run.mark_reviewed))
    yield Step("trainer", LaunchTrainer(folder=str(run.folder)))
