"""The line above a table: how far it is, what can be done about it, and what is shown of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.extraction.records import Table
from app.gui.theme import theme
from app.gui.widgets import Button, ComboBox, Label, ProgressBar, ThemedWidget


class ProgressLine(ThemedWidget):
    """Buttons and words only; what they do the page says."""

    pause_wanted = Signal()
    resume_wanted = Signal()
    stop_wanted = Signal()
    update_wanted = Signal()
    shown_changed = Signal(str)
    """Which rows: "all", "gaps", "by_hand"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 13)
        row.setSpacing(8)
        self.update_button = Button(self.tr("Update"), icon="refresh-cw")
        self.update_button.clicked.connect(self.update_wanted)
        self.pause = Button(self.tr("Pause"), icon="pause")
        self.pause.clicked.connect(self.pause_wanted)
        self.resume = Button(self.tr("Resume"), "primary")
        self.resume.clicked.connect(self.resume_wanted)
        self.stop = Button(self.tr("Stop"))
        self.stop.clicked.connect(self.stop_wanted)
        self.words = Label("", "ui", "text2")
        self.bar = ProgressBar(self.tr("Documents asked"))
        self.bar.setFixedWidth(theme().px(140))
        self.which = ComboBox(self.tr("Rows"))
        for words, key in (
            (self.tr("All rows"), "all"),
            (self.tr("With gaps"), "gaps"),
            (self.tr("Corrected"), "by_hand"),
        ):
            self.which.addItem(words, key)
        self.which.currentIndexChanged.connect(lambda: self.shown_changed.emit(self.which.currentData()))
        for widget in (self.update_button, self.pause, self.resume, self.stop, self.bar, self.words):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.which)

    def show_table(self, table: Table, shown: int, rows: int, *, outdated: bool = False) -> None:
        """How far it is, how many of its rows are shown, and whether an older reader read them."""
        running, paused = table.phase == "running", table.phase == "paused"
        self.update_button.setVisible(not (running or paused))
        self.update_button.setText(self.tr("Continue") if table.phase == "interrupted" else self.tr("Update"))
        self.pause.setVisible(running)
        self.resume.setVisible(paused)
        self.stop.setVisible(running or paused)
        self.bar.setVisible(running or paused)
        self.bar.set_fraction(table.done / max(table.total, 1))
        words = self._words(table, shown, rows)
        if outdated and not (running or paused):
            words = self.tr("{0}. An older reader filled this table; Update reads it anew.").format(words)
        self.words.setText(words)

    def _words(self, table: Table, shown: int, rows: int) -> str:
        if table.phase in ("running", "paused"):
            words = self.tr("{0} of {1} documents") if table.phase == "running" else self.tr("Paused at {0} of {1}")
            return words.format(table.done, table.total)
        said = self.tr("Stopped at {0} of {1} documents").format(table.done, table.total)
        if table.phase == "interrupted" and table.done < table.total:
            return said
        if shown < rows:
            return self.tr("{0} of {1} documents").format(shown, rows)
        return self.tr("{0} documents").format(rows) if rows != 1 else self.tr("{0} document").format(rows)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))
