"""Trainings of this data folder: begun, followed and installed for every door."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.calls import training as c
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.finetune.runs import Runs
from app.workers.protocol import Call


class TrainingDesk:
    """Knows every run; the trainers themselves outlive it."""

    def __init__(self, house: House, models: ModelsDesk, documents: DocumentsDesk) -> None:
        self._house, self._models, self._documents = house, models, documents
        self.runs = Runs(house.home.runs)

    @property
    def is_busy(self) -> bool:
        return False

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.ListRuns: self._list}

    def _list(self, call: c.ListRuns, reply: Reply) -> None:
        reply.done(c.Runs(ids=tuple(run.id for run in self.runs.list())))

    def stop(self) -> None:
        """The trainers go on."""
