"""Many questions to one model: what an evaluation asks of it, several at once, until it is through or stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from app.core.backend import Backend
from app.core.calls import bench as c
from app.core.house import Handler
from app.core.lineup import Lineup
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.core.requests import Job
from app.errors import AppError
from app.types import InstalledModel
from app.workers.calls.engine import Score
from app.workers.failures import failure_of
from app.workers.message import Call, Done

AT_ONCE = 4
"""Requests under way: more of them share each reading of the weights; a person's question goes before all of them."""
ELSEWHERE = AppError(
    "A model on a server does not say how likely its words are.", "Choices can be weighed by models on this computer."
)


class BenchDesk:
    """Each request of a door is one `_Many`."""

    def __init__(self, models: ModelsDesk) -> None:
        self._lineup = models.lineup
        self._many: _Many | None = None

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.AskMany: self._ask}

    @property
    def is_busy(self) -> bool:
        """It is worth nothing to whoever has left."""
        return False

    def stop(self) -> None:
        """Nothing of it goes on by itself."""

    def _ask(self, call: c.AskMany, reply: Reply) -> None:
        self._lineup.begin()
        self._many = _Many(call, self._lineup, reply)
        self._many.start()


class _Many:
    def __init__(self, call: c.AskMany, lineup: Lineup, reply: Reply) -> None:
        self._call, self._lineup, self._reply = call, lineup, reply
        self._left = deque(enumerate(call.calls))
        self._jobs: dict[int, Job | None] = {}
        self._over = False

    def start(self) -> None:
        """Raises AppError: there is no such model."""
        self._reply.on_cancel(self._stop)
        try:
            self._lineup.turn(self._call.model_id, self._ready, self._fail, alone=True, note=self._note)
        except AppError:
            self._end()
            raise

    def _note(self, text: str) -> None:
        self._reply.event(c.LineupNoted(text=text))

    def _ready(self, backend: Backend, model: InstalledModel) -> None:
        while self._left and len(self._jobs) < AT_ONCE and not self._over:
            self._next(backend, model)
        if not self._left and not self._jobs and not self._over:
            self._end()
            self._reply.done(Done())

    def _next(self, backend: Backend, model: InstalledModel) -> None:
        index, call = self._left.popleft()
        if isinstance(call, Score) and not backend.can.here:
            self._reply.event(c.OneAsked(index=index, failure=failure_of(ELSEWHERE)))
            return

        def ended(result: Any) -> None:
            if self._jobs.pop(index, self) is self or self._over:
                return
            failed = isinstance(result, AppError)
            said = {"failure": failure_of(result)} if failed else {"result": result}
            self._reply.event(c.OneAsked(index=index, **said))
            self._ready(backend, model)

        self._jobs[index] = None
        job = backend.request(call, done=ended, failed=ended, cancelled=lambda: None)
        if index in self._jobs:
            self._jobs[index] = job

    def _fail(self, error: AppError) -> None:
        if not self._over:
            self._end()
            self._reply.failed(error)

    def _stop(self) -> None:
        """What was answered by now was told already."""
        if not self._over:
            for job in self._jobs.values():
                if job is not None:
                    job.cancel(insist=False)
            self._end()
            self._reply.done(Done())

    def _end(self) -> None:
        self._over = True
        self._lineup.end()
