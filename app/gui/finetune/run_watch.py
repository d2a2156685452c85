"""Every run of the trainer that the window knows of: started, followed, and found again after a restart."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.finetune.plan import BUSY, Stand
from app.finetune.runs import Run, Runs
from app.gui.finetune.trainer_process import Follower, Trainer
from app.paths import Home


class RunWatch(QObject):
    """A follower a run; the trainers themselves outlive it."""

    moved = Signal(object)
    """Follower: its run said something, or ended."""

    def __init__(self, home: Home, runs: Runs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._followers: dict[str, Follower] = {}
        self.trainer = Trainer(home, self)

    def follow(self, run: Run) -> Follower:
        """The follower of a run, from now on."""
        if run.id not in self._followers:
            follower = Follower(run, self)
            follower.moved.connect(lambda: self.moved.emit(follower))
            self._followers[run.id] = follower
        return self._followers[run.id]

    def get(self, run: Run | None) -> Follower | None:
        """The follower of a run that is followed already."""
        return self._followers.get(run.id) if run is not None else None

    def forget(self, key: str) -> None:
        """Look at a run no more."""
        follower = self._followers.pop(key, None)
        if follower is not None:
            follower.end()
            follower.deleteLater()

    def launch(self, run: Run) -> None:
        """Start the trainer on a run, or wake it. Raises AppError."""
        self.trainer.start(run)
        self.follow(run).launched()

    def find_busy(self, opened: Run | None) -> list[Follower]:
        """Runs that go on from before; of the others only the opened one stays followed."""
        for run in self._runs.list():
            if self.follow(run).stand not in BUSY and run.id != (opened.id if opened else ""):
                self.forget(run.id)
        return self.busy()

    def busy(self) -> list[Follower]:
        """Those whose trainer is at work."""
        return [follower for follower in self._followers.values() if follower.stand in BUSY]

    def status(self, *, opened: bool) -> tuple[str, bool] | None:
        """What to say of a run that nobody looks at: in words, and whether it is at work; None where there is none."""
        busy = self.busy()
        waiting = [follower for follower in self._followers.values() if follower.stand == "review" and not opened]
        said = next(iter([*busy, *waiting]), None)
        return (self._words(said), bool(busy)) if said is not None else None

    def close(self) -> None:
        """The window closes; the trainers do not."""
        self.trainer.cancel_plan()
        for key in list(self._followers):
            self.forget(key)

    def _words(self, follower: Follower) -> str:
        progress = follower.progress
        if follower.stand == "training":
            if progress.stage == "train" and progress.points:
                return self.tr("Training {0}%").format(int(progress.train_fraction * 100))
            return self.tr("Comparing") if progress.stage == "compare" else self.tr("Training")
        words: dict[Stand, str] = {
            "preparing": self.tr("Preparing"),
            "paused": self.tr("Paused"),
            "waiting": self.tr("Waiting"),
            "review": self.tr("To review"),
        }
        return words.get(follower.stand, "")
