"""Work that the core does itself, in the shape of a child: use cases ask for it like for anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from app.core.clock import Clock
from app.core.requests import ControlWord, Job, Requests
from app.errors import AppError
from app.finetune.wishes import Work
from app.workers.failures import failure_of
from app.workers.message import Call, Done, Failure


@dataclass(frozen=True)
class _Ended:
    """The last word of a request, as a child would write it."""

    id: int
    kind: Literal["event", "done", "error", "cancelled"]
    data: Any = None
    error: Failure | None = None


class LocalWork:
    """Takes calls; a child of this class does them, and says `ended`, `failed` or `cancelled` for each."""

    def __init__(self) -> None:
        self._requests = Requests(self.begin, lambda key, word, _: self.control(key, word))

    def request(
        self,
        call: Call,
        *,
        done: Callable[[Any], object],
        event: Callable[[Any], object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Ask; see app.core.children.Requester."""
        return self._requests.request(call, done=done, event=event, failed=failed, cancelled=cancelled)

    def begin(self, key: int, call: Call) -> None:
        """Do it, now or later."""
        raise NotImplementedError

    def control(self, key: int, word: ControlWord) -> None:
        """Most of it cannot be stopped, and ends soon."""

    def ended(self, key: int, data: Any = None) -> None:
        self._requests.take(_Ended(key, "done", Done() if data is None else data))

    def failed(self, key: int, error: AppError) -> None:
        self._requests.take(_Ended(key, "error", error=failure_of(error)))

    def cancelled(self, key: int) -> None:
        self._requests.take(_Ended(key, "cancelled"))


class Handled(LocalWork):
    """Each kind of call is done at once by a function, which returns the result or raises AppError."""

    def __init__(self, handlers: dict[type[Call], Callable[[Any], Any]]) -> None:
        super().__init__()
        self._handlers = handlers

    def begin(self, key: int, call: Call) -> None:
        try:
            result = self._handlers[type(call)](call)
        except AppError as error:
            self.failed(key, error)
        else:
            self.ended(key, result)


class DiskWork(LocalWork):
    """Does what a use case wants of the disk in a thread, so that gigabytes stall nobody."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def begin(self, key: int, call: Call) -> None:
        assert isinstance(call, Work)
        self._clock.thread(call.do, lambda result: self.ended(key, result), lambda error: self.failed(key, error))
