"""The lists that people review before anything trains: the core's is the one that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from app.core.calls import training as c
from app.core.house import House
from app.errors import AppError
from app.finetune.compare import Comparison
from app.finetune.review import Decision, ReviewList
from app.finetune.runs import Run
from trainer.spec import Turn

KEPT = 2
"""Lists that stay in memory; one holds the text of its examples."""
NO_LIST = AppError("There is no list to approve yet.", "Prepare the data first; the list comes of it.")


class Reviews:
    """Decisions and votes, written down and told to every door."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lists: dict[str, ReviewList] = {}

    def with_list(self, run: Run, then: Callable[[ReviewList], object], failed: Callable[[AppError], object]) -> None:
        """The list of a run, read in a thread where it is not at hand; `then` may raise AppError."""

        def found(review: ReviewList) -> None:
            try:
                then(review)
            except AppError as error:
                failed(error)

        def read() -> ReviewList:
            if not run.listed:
                raise NO_LIST
            return ReviewList(run.folder)

        def done(review: ReviewList) -> None:
            while len(self._lists) >= KEPT:
                self._lists.pop(next(iter(self._lists)))
            found(self._lists.setdefault(run.id, review))

        if run.id in self._lists:
            found(self._lists[run.id])
        else:
            self._house.clock.thread(read, done, failed)

    def decide(
        self,
        run: Run,
        review: ReviewList,
        ids: Iterable[str],
        decision: Decision,
        messages: tuple[Turn, ...] | None = None,
    ) -> c.ReviewDecided:
        """Write down what a person decided, and tell it.

        Raises:
            NoSpace: it could not be written; nothing changed.
        """
        said = c.ReviewDecided(run_id=run.id, decisions=tuple(review.decide(ids, decision, messages)))
        if said.decisions:
            self._house.tell(said)
        return said

    def vote(self, call: c.VoteAnswer, folder: Path) -> c.Voted:
        """Write down which answer was better, and tell it.

        Raises:
            AppError: there is no such question, or it could not be written.
        """
        comparison = Comparison(folder)
        pair = next((each for each in comparison.pairs if each.id == call.pair_id), None)
        if pair is None:
            raise AppError("This question is not part of the comparison any more.", "Open the run again.")
        said = c.Voted(run_id=call.run_id, vote=comparison.vote(pair, call.choice))
        self._house.tell(said)
        return said

    def forget(self, run_id: str) -> None:
        """The list is made anew, or deleted."""
        self._lists.pop(run_id, None)
