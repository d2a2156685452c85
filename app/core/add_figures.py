"""The figures of adding, as a window's bar shows them: of the add under way, of those that ended, of one cut short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from app.core.batches import LAST_WORDS, Batch
from app.core.calls.documents import AddPhase, AddState
from app.core.collections import CollectionList
from app.errors import AppError, WorkerGone
from app.workers.calls.documents import Added
from app.workers.failures import failure_of


class AddFigures:
    """Adds up what follows each other, and keeps how the last one ended until somebody closes it."""

    def __init__(self, collections: CollectionList) -> None:
        self._collections = collections
        self._summary = self._break = AddState()
        self._tally = dict.fromkeys(LAST_WORDS, 0)
        self._places: set[int] = set()

    def state(self, running: Batch | None, phase: AddPhase, aside: Sequence[Batch], waiting: int) -> AddState:
        """What is to be shown, with `waiting` adds in the queue and some put aside."""
        if running is not None:
            said = running.progress
            return AddState(
                phase=phase,
                collection_id=running.collection_id,
                collection=self._name(running),
                done=said.done,
                total=said.total,
                passages_per_s=said.passages_per_s,
                seconds_left=said.seconds_left,
                waiting=waiting,
            )
        if aside:
            return msgspec.structs.replace(
                self._break,
                phase="interrupted",
                collection_id=aside[0].collection_id,
                collection=self._name(aside[0]),
                waiting=len(aside) - 1 + waiting,
            )
        return self._summary

    def clear(self) -> None:
        """Somebody has seen them."""
        self._summary = self._break = AddState()

    def begin(self, batch: Batch, *, following: bool) -> None:
        """The figures of an add that follows another are added to those before."""
        if not following:
            self._tally, self._places = dict.fromkeys(LAST_WORDS, 0), set()
        self._places.add(batch.collection_id)

    def finish(self, batch: Batch, added: Added) -> None:
        """It is through."""
        for word in LAST_WORDS:
            self._tally[word] += getattr(added, word)
        one = self._places == {batch.collection_id}
        summary = AddState(
            phase="finished",
            collection_id=batch.collection_id if one else 0,
            collection=self._name(batch) if one else "",
        )
        self._summary = _counted(summary, self._tally)

    def cancel(self, batch: Batch) -> None:
        """A person stopped it; who withdrew an add of their own needs no figures."""
        stopped = AddState(
            phase="finished",
            collection_id=batch.collection_id,
            collection=self._name(batch),
            done=batch.progress.done,
            total=batch.progress.total,
            cancelled=True,
        )
        self._summary = AddState() if batch.unwanted else _counted(stopped, batch.counts)
        if not batch.unwanted:
            self._break = self._summary

    def interrupt(self, batch: Batch, error: AppError) -> None:
        """It failed as a whole. A process that ended has a banner of its own and needs no words here."""
        failure = None if isinstance(error, WorkerGone) else failure_of(error)
        cut = AddState(done=batch.progress.done, total=batch.progress.total, failure=failure)
        self._summary, self._break = AddState(), _counted(cut, batch.counts)

    def _name(self, batch: Batch) -> str:
        return batch.name or self._collections.names_of((batch.collection_id,))


def _counted(state: AddState, counts: Mapping[str, int]) -> AddState:
    return msgspec.structs.replace(
        state, indexed=counts["indexed"], unchanged=counts["unchanged"], failed=counts["failed"]
    )
