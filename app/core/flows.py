"""Drives a use case: a generator that yields steps for children and receives what they answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeVar

from app.assistant.asking import Stopped
from app.core.children import Requester
from app.core.clock import Clock, Timer
from app.core.requests import Job
from app.errors import AppError
from app.workers.message import Call

log = logging.getLogger(__name__)


class AnyStep(Protocol):
    """A call, with whatever tells the driver who should take it."""

    @property
    def call(self) -> Call: ...


S = TypeVar("S", bound=AnyStep)
T = TypeVar("T")


class Flow:
    """One use case under way. Exactly one of `done` and `failed` is called."""

    def __init__(
        self,
        steps: Generator[S, Any, T],
        child_of: Callable[[S], Requester],
        done: Callable[[T], object],
        failed: Callable[[AppError], object],
        event: Callable[[Any], object] | None = None,
        stopped: Callable[[], Stopped] = Stopped,
        began: Callable[[S], object] | None = None,
        answered: Callable[[Any], object] | None = None,
        fails: Callable[[S, AppError], Exception] | None = None,
        within: tuple[Clock, Callable[[S], float]] | None = None,
    ) -> None:
        """`event` hears the children's progress, `began` each step and `answered` its result; `stopped` says what had
        come when it is stopped; `fails` may turn a child's failure into what the use case should hear. `within` says
        after how many seconds a step is given up, 0 for never; nobody hears of the progress of one that may be."""
        self._steps, self._child_of = steps, child_of
        self._done, self._failed, self._event, self._stopped = done, failed, event, stopped
        self._began, self._answered, self._fails = began, answered, fails
        self._within = within
        self._wait = _Wait()
        self.job: Job | None = None
        self._over = False

    def start(self) -> None:
        """Take the first step."""
        self._advance(lambda: next(self._steps))

    def stop(self, *, insist: bool = True) -> None:
        """Let the use case end with what it has; the child's step is cancelled first. `insist`: see Job.cancel."""
        if self.job is not None and self.job.active:
            self.job.cancel(insist=insist)

    def interrupt(self, error: Exception) -> None:
        """The step under way will say nothing more (its child is ended on purpose): go on as if it had failed so."""
        self.job = None
        self._wait.end()
        self._advance(lambda: self._steps.throw(error))

    def drop(self) -> None:
        """Forget it without a word."""
        self._over = True
        self._steps.close()
        if self.job is not None:
            self.job.cancel(insist=False)

    def _advance(self, move: Callable[[], Any]) -> None:
        if self._over:
            return
        try:
            step = move()
        except StopIteration as end:
            self._over = True
            self._done(end.value)
        except AppError as error:
            self._over = True
            self._failed(error)
        except Exception as error:  # it came up through the reader of the child, which reads for everyone
            log.exception("A use case failed")
            self._over = True
            self._failed(AppError("Inhouse made a mistake here.", "The log says more.", repr(error)))
        else:
            self._take(step)

    def _take(self, step: Any) -> None:
        if self._began is not None:
            self._began(step)
        fails = self._fails or (lambda _, error: error)
        wait = self._wait = _Wait()

        def end(move: Callable[[], Any]) -> None:
            if wait.end():
                self._advance(move)

        seconds = self._within[1](step) if self._within is not None else 0.0
        job = self._child_of(step).request(
            step.call,
            done=lambda data: self._take_result(data) if wait.end() else None,
            event=None if seconds else self._event,
            failed=lambda error: end(lambda: self._steps.throw(fails(step, error))),
            cancelled=lambda: end(lambda: self._steps.throw(self._stopped())),
        )
        if not job.active:  # it was answered at once, and the next step's job stands here already
            return
        self.job = job
        if seconds and self._within is not None:

            def give_up() -> None:
                job.cancel(insist=False)
                end(lambda: self._steps.throw(AppError("This took too long.", "Please try again.")))

            wait.timer = self._within[0].after(seconds, give_up)

    def _take_result(self, data: Any) -> None:
        if self._answered is not None and not self._over:
            self._answered(data)
        self._advance(lambda: self._steps.send(data))


class _Wait:
    """For the one end that a step has."""

    def __init__(self) -> None:
        self.timer: Timer | None = None
        self._over = False

    def end(self) -> bool:
        """Whether it is the first."""
        if self.timer is not None:
            self.timer.cancel()
        over, self._over = self._over, True
        return not over
