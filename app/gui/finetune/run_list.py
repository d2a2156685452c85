"""Every run as the core tells of it, and what the sidebar says of one that is under way."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.calls import training as c
from app.finetune.progress import LEARNING
from app.finetune.states import BUSY, RunState
from app.gui.core_client import CoreClient


class RunList(QObject):
    """Asked for once, then kept up to date by what is told."""

    changed = Signal()

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.records: dict[str, c.RunRecord] = {}
        """Id → run, newest first."""
        self._moved: dict[str, c.RunMoved] = {}

    def refresh(self) -> None:
        """Ask for all of them."""
        self._core.request(c.ListRuns(), event=self.follow, done=self._listed, failed=lambda _: None)

    def put(self, record: c.RunRecord) -> None:
        """One of them is another one now."""
        self.records[record.id] = record

    def follow(self, moved: c.RunMoved) -> None:
        """One of them said something."""
        self._moved[moved.run_id] = moved

    def state(self, run_id: str) -> RunState:
        """Where a run is."""
        if run_id in self._moved:
            return self._moved[run_id].state
        record = self.records.get(run_id)
        return record.state if record is not None else "none"

    def busy(self) -> list[str]:
        """Ids of those that something works on."""
        return [key for key in self.records if self.state(key) in BUSY]

    def status(self, *, opened: bool) -> tuple[str, bool] | None:
        """What to say of a run that nobody looks at: in words, and whether it is at work; None where there is none."""
        busy = self.busy()
        waiting = [key for key in self.records if self.state(key) == "review" and not opened]
        said = next(iter([*busy, *waiting]), None)
        return (self._words(said), bool(busy)) if said is not None else None

    def _words(self, run_id: str) -> str:
        state, moved = self.state(run_id), self._moved.get(run_id)
        if state == "training":
            if moved is not None and moved.stage in LEARNING and moved.steps:
                return self.tr("Training {0}%").format(int(moved.train_fraction * 100))
            comparing = moved is not None and moved.stage == "compare"
            return self.tr("Comparing") if comparing else self.tr("Training")
        words: dict[RunState, str] = {
            "preparing": self.tr("Preparing"),
            "paused": self.tr("Paused"),
            "waiting": self.tr("Waiting"),
            "review": self.tr("To review"),
        }
        return words.get(state, "")

    def _listed(self, data: c.Runs) -> None:
        self.records = {record.id: record for record in data.runs}
        self._moved = {key: moved for key, moved in self._moved.items() if key in self.records}
        for record in data.runs:
            if record.id in self._moved and self._moved[record.id].state != record.state:
                del self._moved[record.id]  # of a core that is gone
        self.changed.emit()
