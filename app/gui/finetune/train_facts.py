"""The figures beside the learning curve: speed, memory, time, and the best step so far."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.finetune.durations import duration
from app.finetune.progress import RunProgress
from app.gui.finetune.parts import DetailsLink, Fact, Panel
from app.gui.hardware import memory_bytes
from app.gui.widgets.page_frame import Separator
from app.units import in_gb


class TrainFacts(Panel):
    """Shows what the trainer has told; the link at its end opens the details."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, flush=True)
        self._total = memory_bytes()
        self._speed = Fact("zap", self.tr("Speed"))
        self._graphics = Fact("memory-stick", self.tr("Graphics memory"))
        self._memory = Fact("cpu", self.tr("Computer memory"), bar=True)
        self._time = Fact("clock", self.tr("Time so far"))
        self.best = Fact("star", self.tr("Best so far"))
        for fact in (self._speed, self._graphics, self._memory, self._time, self.best):
            self.column.addWidget(fact)
            self.column.addWidget(Separator())
        self.details_link = DetailsLink()
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(8, 6, 8, 6)
        row.addWidget(self.details_link)
        row.addStretch(1)
        self.column.addWidget(holder)
        self.column.addStretch(1)
        self._graphics.hide()

    def show_progress(self, told: RunProgress, *, learns: bool) -> None:
        """The newest of each figure; `learns`: the training itself is under way, or can go on."""
        speed = next((point.tokens_per_s for point in reversed(told.points) if point.tokens_per_s), 0.0)
        self._speed.show_value(self.tr("{0} tokens/s").format(f"{speed:,.0f}") if speed else "–")
        memory = told.memory
        if memory is not None:
            used = self.tr("{0} of {1} GB").format(in_gb(memory.used), in_gb(self._total))
            self._memory.show_value(used, fraction=memory.used / self._total if self._total else 0.0)
            if memory.gpu_used:
                self._graphics.show_value(self.tr("{0} GB").format(in_gb(memory.gpu_used)))
                self._graphics.show()
        else:
            self._memory.show_value("–", fraction=0.0)
        self._time.show_value(duration(told.trained_s) if told.points else "–")
        if told.best_step:
            note = self.tr("Saved. Stopping now keeps this version.") if learns else self.tr("This version is kept.")
            self.best.show_value(self.tr("Step {0}").format(told.best_step), note=note)
        else:
            self.best.show_value("–")
