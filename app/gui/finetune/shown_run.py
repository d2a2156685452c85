"""What the window shows of the open run, read from its folder; the core alone writes there."""

from __future__ import annotations

from pathlib import Path

from app.core.calls import training as c
from app.finetune.compare import Comparison
from app.finetune.measured import Measured
from app.finetune.progress import RunProgress
from app.finetune.review import ReviewList
from app.finetune.runs import Run
from app.finetune.states import BUSY, RunState
from app.finetune.steps import Reviewed
from app.finetune.wizard import Wizard

OTHER_SHARE = 0.1
"""A time that was measured for a number of examples is told for others that differ by less than this share."""


class ShownRun:
    """One run: its wizard, where it is, what it has said, the list to review and the comparison."""

    def __init__(self, record: c.RunRecord, wizard: Wizard) -> None:
        """Reads its folder. Raises AppError where that cannot be read."""
        self.run = Run(Path(record.folder))
        self.wizard, self.record = wizard, record
        self.state: RunState = record.state
        self.progress = RunProgress()
        self.gathered: tuple[int, int] = (0, 0)
        """Documents read and in all, while inputs are gathered."""
        self.review: ReviewList | None = None
        self.comparison: Comparison | None = None
        self._offset = 0
        self._time: tuple[int, Measured | None] | None = None
        """For how many examples the time of a training was measured, and what was found; None where it cannot be."""
        self.read()
        self.read_results()

    def take(self, record: c.RunRecord) -> bool:
        """The core tells what it is now; → whether it is somewhere else. Raises AppError: results cannot be read."""
        moved = record.state != self.state or record.listed != self.record.listed
        self.record, self.wizard, self.state = record, record.wizard or self.wizard, record.state
        self.read()
        if moved:
            self.read_results()
        return moved

    def follow(self, moved: c.RunMoved) -> None:
        """The core tells that it said something."""
        self.state, self.gathered = moved.state, (moved.gathered, moved.to_gather)
        self.read()

    def read(self) -> None:
        """What it has said since the last time."""
        events, self._offset = self.run.events(self._offset)
        self.progress.take(events)

    def read_results(self) -> None:
        """The list and the comparison, as far as the run has come. Raises AppError: they cannot be read."""
        listed = self.record.listed and self.state not in ("none", "preparing")
        if not listed:
            self.review, self._time = None, None
        elif self.review is None:
            self.review = ReviewList(self.run.folder)
        self.comparison = Comparison(self.run.folder) if self.state == "done" else None

    @property
    def busy(self) -> bool:
        return self.state in BUSY

    def reviewed(self) -> Reviewed:
        """Counts of the list as it stands, and how long training with it takes, where that was measured."""
        review = self.review
        if review is None:
            return Reviewed()
        measured = self._time[1] if self._time is not None and not self.wants_time() else None
        return Reviewed(
            open=review.count("open"),
            approved=review.count("approved"),
            trainable=review.trainable(),
            good=len(review.good()),
            decided=review.decided,
            seconds=measured.seconds if measured is not None else 0.0,
            trying=measured.trying if measured is not None else 0.0,
            exporting=measured.exporting if measured is not None else 0.0,
            comparing=measured.comparing if measured is not None else 0.0,
            words=measured.words_text(self.wizard.words > 0) if measured is not None else "",
        )

    def take_time(self, measured: Measured | None) -> None:
        """What training takes with the list as it stands; None where that cannot be told."""
        self._time = (self._planned(), measured)

    @property
    def time_asked(self) -> bool:
        """Whether the time was asked for at all."""
        return self._time is not None

    def wants_time(self) -> bool:
        """Whether the time that was measured, if any, is no longer that of the list."""
        planned = self._planned()
        if not planned or self.busy:
            return False
        return self._time is None or abs(self._time[0] - planned) > OTHER_SHARE * planned

    def _planned(self) -> int:
        """How many examples *Continue* would train."""
        if self.review is None:
            return 0
        return self.review.trainable() or len(self.review.left_to_continue())
