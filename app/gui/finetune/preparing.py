"""How far the trainer is with preparing the data, before there is a list to review."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.finetune.durations import time_left
from app.finetune.progress import PREPARE_STAGES
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import Panel
from app.gui.widgets import Button, Label, ProgressBar


class Preparing(QWidget):
    """What it does now, how much is done, and a way to stop it or to go on."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        panel = Panel()
        self._now = Label("", "heading", wrap=True)
        self._bar = ProgressBar(self.tr("Preparing the data"), height=8)
        self._left = Label("", "caption", "text2")
        text = self.tr("You can keep working. Nothing trains before you have seen the list.")
        self.cancel = Button(self.tr("Stop preparing"))
        self.cancel.clicked.connect(controller.stop_preparing)
        self.resume = Button(self.tr("Continue"), "primary")
        self.resume.clicked.connect(controller.resume)
        panel.column.addWidget(self._now)
        panel.column.addWidget(self._bar)
        row = QHBoxLayout()
        row.addWidget(Label(text, "caption", "text2", wrap=True), 1)
        row.addWidget(self._left)
        row.addWidget(self.cancel)
        row.addWidget(self.resume)
        panel.column.addLayout(row)
        column.addWidget(panel)
        column.addStretch(1)

    def progress(self) -> None:
        """Show how far it is."""
        controller = self._controller
        done, total = controller.gathered
        told, state = controller.progress, controller.run_state
        self.cancel.setVisible(state == "preparing")
        self.resume.setVisible(state in ("stopped", "failed"))
        if state == "preparing" and (total or not told.stage):
            self._now.setText(
                self.tr("Reading documents, {0} of {1}").format(done, total) if total else self.tr("Starting")
            )
            self._bar.set_fraction(done / total if total else 0.0)
            self._left.setText("")
            return
        self._now.setText(told.note if told.stage == "questions" and told.note else told.sentence())
        places = [stage for stage in told.stages if stage in PREPARE_STAGES]
        at = places.index(told.stage) if told.stage in places else 0
        self._bar.set_fraction((at + (told.fraction or 0.0)) / len(places) if places else 0.0)
        left = told.seconds_left
        self._left.setText(time_left(left) if left is not None else "")
