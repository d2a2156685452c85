"""What the use cases of a run (app.finetune.cases) ask others to do: each names its role and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.finetune.wizard import Wizard
from app.types import InstalledModel
from app.workers.message import Call


class Work(Call, frozen=True):
    """For the disk: something that may take long; → what it returns, Done for None. It raises AppError."""

    do: Callable[[], Any]


class PlanTraining(Call, frozen=True):
    """For the trainer: what this run needs here; → Measured.

    `approve_above`: as if every open example of at least this quality were approved.
    """

    folder: str
    approve_above: float | None = None


class CheckData(Call, frozen=True):
    """For the trainer: can the recipe learn from what this run was given; → trainer.spec.Checked."""

    folder: str


class LaunchTrainer(Call, frozen=True):
    """For the trainer: take the run up, in a process that outlives us; → Done."""

    folder: str


class TryAuthor(Call, frozen=True):
    """For the trainer: how well the author of this run writes; → trainer.spec.Trial."""

    folder: str


class Keep(Call, frozen=True):
    """For the desk: change the run's wizard, on disk and for every door; → Done."""

    change: Callable[[Wizard], Wizard]


class Approve(Call, frozen=True):
    """For the desk: approve these lines of the run's list; → Done."""

    ids: tuple[str, ...]


class PauseChat(Call, frozen=True):
    """For the desk: take the chat's model out of memory; → Done."""


class ListModel(Call, frozen=True):
    """For the desk: list a model whose file is in place; → the InstalledModel as it is listed."""

    model: InstalledModel
