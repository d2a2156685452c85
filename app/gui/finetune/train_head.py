"""The head of step 4: what the training does now, how far it is, and the buttons to pause, stop and go on."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.finetune.parts import Panel
from app.gui.widgets import Button, ElidedLabel, Label, ProgressBar

LEAST = 140
"""Pixels of what it does just now that have to be seen; the rest may be cut."""
MARGINS = 80


class TrainHead(Panel):
    """Only shows; which buttons there are the step says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout()
        self._row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(8)
        first = QHBoxLayout()
        first.setSpacing(12)
        self.title = Label("", "heading")
        self.step = ElidedLabel("", "ui", "text2")
        self.left = Label("", "ui", "text2")
        first.addWidget(self.title)
        first.addWidget(self.step)
        first.addStretch(1)
        first.addWidget(self.left)
        self.bar = ProgressBar(self.tr("Training"), height=8)
        words.addLayout(first)
        words.addWidget(self.bar)
        self._row.addLayout(words, 1)
        self.pause = Button(self.tr("Pause"), icon="pause", large=True)
        self.unpause = Button(self.tr("Go on"), icon="rotate-cw", large=True)
        self.stop = Button(self.tr("Stop and keep best"), icon="flag", large=True)
        self.resume = Button(self.tr("Continue training"), "primary", "rotate-cw", large=True)
        self.shorten = Button(self.tr("Finish now"), icon="flag", large=True)
        self.shorten.setToolTip(self.tr("Judge by what has been asked by now; the verdict says that it was cut short."))
        self.skip = Button(self.tr("Skip the comparison"), icon="chevron-right", large=True)
        buttons = QHBoxLayout()
        buttons.setSpacing(16)
        self._buttons = (self.pause, self.unpause, self.stop, self.shorten, self.skip, self.resume)
        for button in self._buttons:
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._row.addLayout(buttons)
        self.column.addLayout(self._row)

    def name_stop(self, *, trying: bool) -> None:
        """What stopping does: it ends the training, or the trials alone, behind which the training comes."""
        self.stop.setText(self.tr("Use the best so far") if trying else self.tr("Stop and keep best"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """The buttons go below the bar where there is too little room for what stands beside them."""
        shown = [button for button in self._buttons if not button.isHidden()]
        words = [self.title.sizeHint().width(), self.left.sizeHint().width(), min(self.step.sizeHint().width(), LEAST)]
        needed = sum(words) + sum(button.sizeHint().width() + 16 for button in shown) + MARGINS
        tight = needed > self.width()
        self._row.setDirection(QHBoxLayout.Direction.TopToBottom if tight else QHBoxLayout.Direction.LeftToRight)
