"""Every run that the core knows of: read from its folder, and followed by its events while something works on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.core.calls import training as c
from app.core.clock import Timer
from app.core.house import House
from app.core.signals import Signal
from app.core.trainer import Trainer
from app.core.watched_run import WatchedRun
from app.errors import AppError
from app.finetune.runs import Run, Runs
from app.finetune.wizard import Wizard

TAIL_S = 0.3
"""Between two looks at what runs at work have said: at most four a second are told."""
GONE = AppError("This run no longer exists.", "Choose another one.")


class RunWatch:
    """Reads runs when they are asked for, and looks after those at work."""

    def __init__(self, house: House, runs: Runs, trainer: Trainer) -> None:
        self.moved: Signal[WatchedRun] = Signal()
        """A run is in another state, or has said something."""
        self._house, self._runs, self._trainer = house, runs, trainer
        self._watched: dict[str, WatchedRun] = {}
        self._timer: Timer | None = None

    def keep(self, watched: WatchedRun, wizard: Wizard) -> None:
        """Write a changed wizard down, and tell every door. Raises NoSpace: it stays as it was."""
        if wizard != watched.wizard:
            watched.run.save(wizard)
            watched.wizard = wizard
            self._house.tell(c.RunChanged(run=watched.record()))

    def tell(self, watched: WatchedRun) -> None:
        """Tell every door where a run is."""
        record = watched.record()
        if record != watched.told:
            watched.told = record
            self._house.tell(c.RunChanged(run=record))
        self._house.tell(watched.moved())
        self.moved.emit(watched)

    def known(self) -> list[WatchedRun]:
        """Those that were read already."""
        return list(self._watched.values())

    def all(self, then: Callable[[list[WatchedRun]], object], failed: Callable[[AppError], object]) -> None:
        """Every run, newest first; those not read yet are read in a thread."""
        known = set(self._watched)

        def read() -> tuple[list[str], list[WatchedRun]]:
            runs = self._runs.list()
            return [run.id for run in runs], [WatchedRun(run) for run in runs if run.id not in known]

        def done(found: tuple[list[str], list[WatchedRun]]) -> None:
            ids, fresh = found
            self._take(fresh)
            runs = [self._watched[key] for key in ids if key in self._watched]
            for watched in runs:
                watched.catch_up()
            self._follow()
            then(runs)

        self._house.clock.thread(read, done, failed)

    def one(self, run_id: str, then: Callable[[WatchedRun], object], failed: Callable[[AppError], object]) -> None:
        """The run of this name, read where it was not; `then` may raise AppError, which goes to `failed`."""

        def found(watched: WatchedRun) -> None:
            try:
                then(watched)
            except AppError as error:
                failed(error)

        def read() -> WatchedRun:
            run = self._runs.get(run_id)
            if run is None:
                raise GONE
            return WatchedRun(run)

        def done(watched: WatchedRun) -> None:
            self._take([watched])
            found(self._watched[run_id])

        if run_id in self._watched and self._runs.get(run_id) is not None:
            self._watched[run_id].catch_up()
            self._follow()
            found(self._watched[run_id])
        else:
            self._watched.pop(run_id, None)
            self._house.clock.thread(read, done, failed)

    def begun(self, run: Run) -> WatchedRun:
        """A run that was made a moment ago, and is small."""
        self._take([WatchedRun(run)])
        return self._watched[run.id]

    def busy(self) -> list[WatchedRun]:
        """Those that something works on."""
        return [watched for watched in self._watched.values() if watched.busy]

    def launched(self, watched: WatchedRun) -> None:
        """The trainer was started on it."""
        watched.machine.reviewed = watched.run.reviewed
        watched.machine.launched(self._house.clock.now())
        self._follow()
        self.tell(watched)

    def kill(self, watched: WatchedRun, then: Callable[[], object], failed: Callable[[AppError], object]) -> None:
        """End its process, and call `then` when it has ended; it may take seconds."""
        self._trainer.kill(watched.run)
        pid = watched.machine.progress.pid

        def done(_: object) -> None:
            watched.read()
            watched.machine.died()
            then()

        self._house.clock.thread(lambda: watched.run.kill(pid), done, failed)

    def forget(self, run_id: str) -> None:
        """It is deleted."""
        self._watched.pop(run_id, None)

    def _follow(self) -> None:
        """Look at those at work again and again, as long as there are any."""
        if self._timer is None and self.busy():
            self._timer = self._house.clock.after(TAIL_S, self._look)

    def stop(self) -> None:
        """The core ends; the trainers do not."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        now = self._house.clock.now()
        for watched in self.busy():
            if watched.machine.gathering is None and watched.look(now, ended=self._trainer.has_ended(watched.run)):
                self.tell(watched)
        self._follow()

    def _take(self, fresh: Iterable[WatchedRun]) -> None:
        for watched in fresh:
            self._watched.setdefault(watched.id, watched)
        self._follow()
