"""Drives the use cases of runs: hands each step to the one who can do it, one use case of a run at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.core.children import Requester
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import House
from app.core.local_work import DiskWork, Handled
from app.core.models import ModelsDesk
from app.core.reviews import Reviews
from app.core.run_watch import RunWatch
from app.core.trainer import Trainer
from app.core.watched_run import WatchedRun
from app.errors import AppError
from app.finetune import wishes
from app.finetune.cases import Steps
from app.finetune.review import ReviewList

T = TypeVar("T")
PAUSED = AppError("The chat is paused while a model is trained.", "It comes back when the training is done.")
UNDER_WAY = AppError("Something of this run is under way already.", "Wait a moment, then try again.")


class RunFlows:
    """Every use case under way that takes its time."""

    def __init__(
        self,
        house: House,
        models: ModelsDesk,
        documents: DocumentsDesk,
        watch: RunWatch,
        reviews: Reviews,
        trainer: Trainer,
    ) -> None:
        self._models, self._documents, self._watch = models, documents, watch
        self._reviews, self._trainer, self._disk = reviews, trainer, DiskWork(house.clock)
        self._under_way: dict[str, Flow] = {}

    @property
    def is_busy(self) -> bool:
        return bool(self._under_way)

    def run(
        self,
        watched: WatchedRun,
        steps: Steps[T],
        done: Callable[[T], object],
        failed: Callable[[AppError], object],
        *,
        review: ReviewList | None = None,
        answered: Callable[[Any], object] | None = None,
    ) -> None:
        """Drive a use case to its end. `review` is what it may approve in; `answered` hears each step's result.

        Raises:
            AppError: another one of this run is under way.
        """
        if watched.id in self._under_way:
            raise UNDER_WAY

        def last(then: Callable[[Any], object]) -> Callable[[Any], None]:
            def ended(said: Any) -> None:
                self._under_way.pop(watched.id, None)
                then(said)

            return ended

        roles = self._roles(watched, review)
        flow = Flow(steps, lambda step: roles[step.role], last(done), last(failed), answered=answered)
        self._under_way[watched.id] = flow
        flow.start()

    def drop(self, watched: WatchedRun) -> bool:
        """Forget the run's use case under way without a word; → whether there was one."""
        flow = self._under_way.pop(watched.id, None)
        if flow is None:
            return False
        flow.drop()
        return True

    def stop(self) -> None:
        """The core ends: what was gathered or measured is gathered and measured anew."""
        for flow in self._under_way.values():
            flow.drop()
        self._under_way.clear()

    def _roles(self, watched: WatchedRun, review: ReviewList | None) -> dict[str, Requester]:
        def approve(call: wishes.Approve) -> None:
            assert review is not None
            self._reviews.decide(watched.run, review, call.ids, "approve")

        desk = Handled(
            {
                wishes.Keep: lambda call: self._watch.keep(watched, call.change(watched.kept())),
                wishes.Approve: approve,
                wishes.PauseChat: lambda _: self._models.suspend(PAUSED),
                wishes.ListModel: lambda call: self._models.list.install(call.model),
            }
        )
        return {"documents": self._documents.child, "trainer": self._trainer, "disk": self._disk, "desk": desk}
