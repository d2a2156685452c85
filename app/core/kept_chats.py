"""What models have read of chats, on the disk: written when nobody waits for an answer, gone with what it tells of.

The engine writes the files (app/engine/kept.py), of the chats that are named here; deleting them is the core's.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from app.core.clock import Debounce
from app.core.house import House
from app.core.models import ModelsDesk
from app.core.requests import Job
from app.errors import AppError
from app.workers.calls.engine import KeepStates

log = logging.getLogger(__name__)

IDLE_S = 4.0
"""After the last answer, before anything is written."""
SWEEP_S = 5.0
"""After the start."""
LET_GO_S = 3.0
"""So long the engine has to leave a file alone that is to be deleted; one that was ended says nothing."""


class KeptChats:
    """Which chats are worth writing, and the end of what was written."""

    def __init__(self, house: House, models: ModelsDesk) -> None:
        self._house, self._models, self._folder = house, models, house.home.conversations
        self._reading: set[int] = set()
        self._fresh: set[int] = set()
        self._job: Job | None = None
        self._doomed: list[Callable[[], object]] = []
        """Deletions that come again when what is being written has ended."""
        self._when_let_go: list[Callable[[], object]] = []
        self._idle = Debounce(house.clock, IDLE_S, self._write)
        house.clock.after(SWEEP_S, self._sweep)

    # --- written ------------------------------------------------------------------------------------------------------

    def begins(self, chat_id: int, *, keep: bool) -> None:
        """The model is about to read this chat; without `keep` nothing of it is ever written."""
        if keep:
            self._reading.add(chat_id)

    def answered(self, chat_id: int) -> None:
        """It has; what it read may be kept, unless something of it was removed meanwhile."""
        if chat_id in self._reading:
            self._reading.discard(chat_id)
            self._fresh.add(chat_id)
            self._idle.push()

    def _write(self) -> None:
        if self._reading or (self._job is not None and self._job.active):
            self._idle.push()
            return
        self._ended()
        fresh, self._fresh = sorted(self._fresh), set()
        with contextlib.suppress(AppError):  # the model has left, and what it held with it
            backend = self._models.backend
            if fresh and backend.can.here:
                call = KeepStates(conversations=tuple(map(str, fresh)))
                self._job = backend.request(
                    call, done=lambda _: self._ended(), failed=self._failed, cancelled=self._ended
                )

    def _failed(self, error: AppError) -> None:
        log.info("Chats were not kept: %s", error)
        self._ended()

    def _ended(self) -> None:
        """Nothing is being written any more."""
        doomed, self._doomed = self._doomed, []
        for delete in doomed:
            delete()
        self._let_go()

    # --- forgotten ----------------------------------------------------------------------------------------------------

    def forget(self, chats: Iterable[int] | None = None, then: Callable[[], object] = lambda: None) -> None:
        """Delete what is kept of these chats, by default of all, and what is being written; `then` when it is gone."""
        ids = None if chats is None else set(chats)
        for pending in (self._reading, self._fresh):
            pending.difference_update(set(pending) if ids is None else ids)

        def delete() -> None:
            for path in self._files():
                if ids is None or path.stem in map(str, ids):
                    _delete(path)

        delete()
        if self._job is None or not self._job.active:
            then()
            return
        self._doomed.append(delete)
        self._when_let_go.append(then)
        self._job.cancel(insist=False)
        self._house.clock.after(LET_GO_S, self._let_go)

    def _let_go(self) -> None:
        """Whoever waits for a deletion goes on."""
        waiting, self._when_let_go = self._when_let_go, []
        for then in waiting:
            then()

    def _files(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [path for path in self._folder.iterdir() if path.is_file()]
        return []

    def _sweep(self) -> None:
        """What a kill has left: of chats that are gone, and half written."""
        for path in self._files():
            if path.suffix != ".chat" or not self._is_chat(path.stem):
                _delete(path)

    def _is_chat(self, stem: str) -> bool:
        if not stem.isdecimal():
            return False
        try:
            self._house.store.chat(int(stem))
        except AppError:
            return False
        return True


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s could not be deleted: %s", path.name, error)
