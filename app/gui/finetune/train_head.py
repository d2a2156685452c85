"""The head of step 4: what the training does now, how far it is, and the buttons to pause, stop and go on."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.finetune.parts import Panel
from app.gui.theme import theme
from app.gui.widgets import Button, ElidedLabel, Label, ProgressBar


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
        self.left = ElidedLabel("", "ui", "text2")
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
        for button in (self.pause, self.unpause, self.stop, self.shorten, self.skip, self.resume):
            buttons.addWidget(button)
        self._row.addLayout(buttons)
        self.column.addLayout(self._row)

    def name_stop(self, *, trying: bool) -> None:
        """What stopping does: it ends the training, or the trials alone, behind which the training comes."""
        self.stop.setText(self.tr("Use the best so far") if trying else self.tr("Stop and keep best"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The buttons go below the bar where there is little room."""
        super().resizeEvent(event)
        tight = event.size().width() < theme().px(592)
        self._row.setDirection(QHBoxLayout.Direction.TopToBottom if tight else QHBoxLayout.Direction.LeftToRight)
