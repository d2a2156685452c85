"""The bar below the documents: how an add is doing, what came of it, and what an interruption left over."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.core.calls.documents import AddState
from app.gui.documents.collections_model import count_text
from app.gui.theme import theme
from app.gui.widgets import Button, ElidedLabel, IconButton, IconLabel, Label, ProgressBar, ThemedWidget


def time_left(seconds: float) -> str:
    """A rounded time in words: "About 1 min left"."""
    if seconds < 50:
        return f"About {max(math.ceil(seconds / 10) * 10, 10)} s left"
    if seconds < 3600:
        return f"About {max(round(seconds / 60), 1)} min left"
    return f"About {round(seconds / 3600)} h left"


def summary(state: AddState) -> str:
    """ "12 indexed, 1 unchanged, 1 failed", leaving out what is none."""
    parts = [(state.indexed, "indexed"), (state.unchanged, "unchanged"), (state.failed, "failed")]
    said = ", ".join(f"{QLocale().toString(count)} {word}" for count, word in parts if count)
    return said or "There was no file to add"


class AddBar(ThemedWidget):
    """Shows an AddState; hidden while there is nothing to say."""

    pause_wanted = Signal()
    resume_wanted = Signal()
    cancel_wanted = Signal()
    continue_wanted = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._state = AddState()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 20, 16, 18)
        row.setSpacing(16)
        self._icon = IconLabel("circle-check", "success", 20)
        row.addWidget(self._icon)
        row.addLayout(self._words(), 1)
        self._add_buttons(row)
        self.hide()

    def _words(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.title = ElidedLabel("", "uiStrong")
        self.count = Label("", "ui", "text2")
        self.rate = Label("", "ui", "text2")
        self.left = Label("", "ui", "text2")
        line.addWidget(self.title, 0)
        line.addWidget(self.count)
        line.addStretch(1)
        line.addWidget(self.rate)
        line.addSpacing(8)
        line.addWidget(self.left)
        column.addLayout(line)
        self.detail = Label("", "caption", "text2", wrap=True)
        column.addWidget(self.detail)
        self.progress = ProgressBar(self.tr("Adding files"))
        column.addWidget(self.progress)
        return column

    def _add_buttons(self, row: QBoxLayout) -> None:
        self.pause_button = Button(self.tr("Pause"), icon="pause")
        self.pause_button.clicked.connect(self._pause_or_resume)
        self.cancel_button = Button(self.tr("Cancel"), icon="x")
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self.continue_button = Button(self.tr("Continue"))
        self.continue_button.clicked.connect(self.continue_wanted)
        self.close_button = IconButton("x", self.tr("Close this message"))
        self.close_button.clicked.connect(self.dismissed)
        for button in (self.pause_button, self.cancel_button, self.continue_button, self.close_button):
            row.addWidget(button)

    def show_state(self, state: AddState) -> None:
        """Take over a state; the end of an add is announced to screen readers, its steps are not."""
        before, self._state = self._state.phase, state
        working = state.phase in ("running", "paused", "stopping")
        for part in (self.pause_button, self.cancel_button, self.progress):
            part.setVisible(working)
        for label in (self.count, self.rate, self.left, self.detail):
            label.setText("")
        self._icon.setVisible(not working)
        self.continue_button.setVisible(state.phase == "interrupted")
        self.close_button.setVisible(state.phase in ("interrupted", "finished"))
        if working:
            self._show_work(state)
        elif state.phase == "finished":
            self._show_summary(state)
        elif state.phase == "interrupted":
            self._show_interruption(state)
        self.detail.setVisible(bool(self.detail.text()))
        self._fit()
        self.setVisible(state.phase != "idle")
        if state.phase != before and state.phase in ("finished", "interrupted"):
            self._announce(f"{self.title.text()}. {self.detail.text()}")

    def _show_work(self, state: AddState) -> None:
        files = count_text(state.total, "file") if state.total else self.tr("files")
        self.title.set_text(self.tr("Adding {0} to {1}").format(files, state.collection))
        if state.total:
            locale = QLocale()
            done = f"{locale.toString(state.done)} of {locale.toString(state.total)} done"
            behind = f", {count_text(state.waiting, 'more drop')} waiting" if state.waiting else ""
            self.count.setText(done + behind)
            self.progress.set_fraction(state.done / state.total)
        else:
            self.progress.set_fraction(0.0)
            self.count.setText(self.tr("Looking at the files"))
        if state.phase == "paused":
            self.left.setText(self.tr("Paused"))
        elif state.phase == "stopping":
            self.left.setText(self.tr("Stopping after this file"))
        else:
            if state.passages_per_s >= 0.5:
                self.rate.setText(f"{QLocale().toString(round(state.passages_per_s))} passages/s")
            if state.seconds_left is not None and state.done < state.total:
                self.left.setText(time_left(state.seconds_left))
        paused = state.phase == "paused"
        self.pause_button.setText(self.tr("Resume") if paused else self.tr("Pause"))
        self.pause_button.set_icon("arrow-right" if paused else "pause")
        self.pause_button.setEnabled(state.phase != "stopping")
        self.cancel_button.setEnabled(state.phase != "stopping")

    def _show_summary(self, state: AddState) -> None:
        bad = state.failed > 0
        self._icon.set_icon("triangle-alert" if bad else "circle-check", "warning" if bad else "success")
        if state.cancelled:
            self._icon.set_icon("info", "accent")
            kept = state.indexed + state.unchanged
            self.title.set_text(self.tr("Stopped. {0} of {1} files were added.").format(kept, max(state.total, kept)))
            self.detail.setText(self.tr("What was added stays. Add the files again to go on."))
            return
        where = state.collection or self.tr("Several collections")
        self.title.set_text(self.tr("{0}: {1}").format(where, summary(state)))
        if bad:
            self.detail.setText(self.tr("Each failed file says why, at the top of the list."))

    def _show_interruption(self, state: AddState) -> None:
        self._icon.set_icon("triangle-alert", "warning")
        where = state.collection
        failure = state.failure
        if state.cancelled:
            self._icon.set_icon("info", "accent")
            kept = state.indexed + state.unchanged
            self.title.set_text(self.tr("Stopped. {0} of {1} files were added.").format(kept, max(state.total, kept)))
        elif failure is None:
            self.title.set_text(self.tr("Adding files to {0} was interrupted.").format(where))
        else:
            self.title.set_text(failure.message)
        hint = failure.hint if failure is not None else ""
        rest = self.tr("Continue adds what is left; what is there already is passed over.")
        if state.total:
            rest = self.tr("{0} of {1} files are left for {2}.").format(state.total - state.done, state.total, where)
        self.detail.setText(f"{hint} {rest}".strip())
        self.detail.setToolTip(failure.detail if failure is not None else "")

    def _announce(self, text: str) -> None:
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def _pause_or_resume(self) -> None:
        if self._state.phase == "paused":
            self.resume_wanted.emit()
        else:
            self.pause_wanted.emit()

    def _fit(self) -> None:
        """Where the bar is narrow the rate goes, then the time left, then the count; the buttons' words never do."""
        for label, needs in ((self.rate, 640), (self.left, 560), (self.count, 440)):
            label.setVisible(bool(label.text()) and self.width() >= theme().px(needs))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """The labels give way by themselves, so they must not keep the window wide."""
        buttons = sum(each.sizeHint().width() for each in (self.pause_button, self.cancel_button))
        return QSize(buttons + theme().px(160), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("subtle"))
        painter.fillRect(0, 0, self.width(), 1, theme().color("border"))
        painter.setPen(Qt.PenStyle.NoPen)
