"""Trainings of this data folder: begun, followed and installed for every door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.core.calls import training as c
from app.core.reply import Reply
from app.finetune.runs import Runs
from app.workers.protocol import Call

if TYPE_CHECKING:
    from app.core.core import Core, Handler


class TrainingDesk:
    """Knows every run; the trainers themselves outlive it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.runs = Runs(core.home.runs)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.ListRuns: self._list}

    def _list(self, call: c.ListRuns, reply: Reply) -> None:
        reply.done(c.Runs(ids=tuple(run.id for run in self.runs.list())))

    def stop(self) -> None:
        """The trainers go on."""
