"""The choice to let the trainer find its settings by trying, and for how long."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.finetune.durations import duration
from app.finetune.wizard import FIND_MINUTES, TRIED, Wizard
from app.gui.finetune.controller import FinetuneController
from app.gui.widgets import Label
from app.gui.widgets.choices import CheckBox
from app.gui.widgets.fields import ComboBox

USUAL = 30


class FindBest(QWidget):
    """A tick, a time, and what it does; without the tick the recipe's own settings train."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.tick = CheckBox(self.tr("Find the best settings by trying, for up to"))
        self.tick.clicked.connect(self._choose)
        row.addWidget(self.tick)
        self.minutes = ComboBox(self.tr("Time for trying settings"))
        self.minutes.activated.connect(self._choose)
        row.addWidget(self.minutes)
        row.addStretch(1)
        column.addLayout(row)
        note = self.tr(
            "Rank, learning rate and times through the data are tried before the training and judged by the questions "
            "that it watches, never by the exam or by your own. Without this the recipe’s own settings train, which "
            "were measured on the starter model."
        )
        column.addWidget(Label(note, "caption", "text2", wrap=True))

    def show_choice(self, wizard: Wizard) -> None:
        """What is chosen; hidden where the goal has no such settings."""
        self.setVisible(wizard.goal in TRIED)
        self.tick.setChecked(wizard.find_best > 0)
        self.minutes.setEnabled(wizard.find_best > 0)
        offered = sorted({*map(float, FIND_MINUTES), *([wizard.find_best] if wizard.find_best > 0 else [])})
        if offered != [self.minutes.itemData(at) for at in range(self.minutes.count())]:
            kept = self._chosen()
            self.minutes.clear()
            for minutes in offered:
                self.minutes.addItem(duration(minutes * 60), minutes)
            self._select(kept)
        if wizard.find_best > 0:
            self._select(wizard.find_best)

    def _chosen(self) -> float:
        return float(self.minutes.currentData() or USUAL)

    def _select(self, minutes: float) -> None:
        self.minutes.setCurrentIndex(max(0, self.minutes.findData(minutes)))

    def _choose(self) -> None:
        self._controller.change(find_best=self._chosen() if self.tick.isChecked() else 0.0)
