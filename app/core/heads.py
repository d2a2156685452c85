"""The heads of this data folder for every door: kept from their runs, listed, and removed."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from app.core.calls import heads as c
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.reply import Reply
from app.embedder.heads import Heads, read_head
from app.errors import AppError
from app.finetune.beside import alone
from app.finetune.runs import Runs
from app.workers.calls.embedders import Classify
from app.workers.message import Call


class HeadsDesk:
    """Copies a head out of its run: deleting the run keeps the head. The documents process sorts with it."""

    is_busy = False

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents
        self.kept, self._runs = Heads(house.home.heads), Runs(house.home.runs)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ListHeads: lambda _, reply: reply.done(self._listed()),
            c.KeepHead: self._keep,
            c.RemoveHead: self._remove,
            Classify: self._documents.hand_on,
        }

    def stop(self) -> None:
        """Nothing of this is under way when the core ends."""

    def _listed(self) -> c.Heads:
        bare = (msgspec.structs.replace(head, weights=(), bias=()) for head in self.kept.all())
        return c.Heads(heads=tuple(bare))

    def _keep(self, call: c.KeepHead, reply: Reply) -> None:
        """
        Raises:
            AppError: there is no such run, or it made no head.
        """
        run = self._runs.get(call.run_id)
        made = run.head if run is not None else None
        if run is None or made is None:
            raise AppError("This run made no head.", "Train one that sorts into labels.", call.run_id)
        name = " ".join(call.name.split()) or run.load().name
        others = [head.name.casefold() for head in self.kept.all() if head.id != run.id]
        if name.casefold() in others:
            raise AppError(f"Another head is called “{name}”.", "Choose another name.")
        self.kept.keep(
            msgspec.structs.replace(
                read_head(run.folder / "head" / "head.json"),
                id=run.id,
                name=name,
                scores=alone(made),
                made_at=time.time(),
            )
        )
        reply.done(self._tell())

    def _remove(self, call: c.RemoveHead, reply: Reply) -> None:
        self.kept.remove(call.head_id)
        reply.done(self._tell())

    def _tell(self) -> c.Heads:
        listed = self._listed()
        self._house.tell(c.HeadsChanged(heads=listed.heads))
        return listed
