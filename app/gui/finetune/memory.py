"""Before training: what to do where the memory does not hold the chat and the training together."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.finetune.durations import duration
from app.finetune.measured import Measured
from app.gui.theme import theme
from app.gui.widgets import Button, IconLabel, Label, ProgressBar
from app.gui.widgets.choices import RadioButton
from app.units import in_gb


class MemoryDialog(QDialog):
    """Asks which to pause; where even that is not enough, it says what would help."""

    def __init__(
        self, found: Measured, freed_bytes: int, total_bytes: int, *, possible: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        title = self.tr("Not enough memory to train") if found.disk_bytes <= found.disk_available else found.reason
        self.setWindowTitle(title)
        self.setModal(True)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(12)
        column = QVBoxLayout()
        column.setSpacing(8)
        icon = IconLabel("triangle-alert", "warning", 24)
        side = QVBoxLayout()
        side.addWidget(icon)
        side.addStretch(1)
        outer.addLayout(side)
        outer.addLayout(column, 1)
        column.addWidget(Label(title, "heading", wrap=True))
        column.addWidget(self._said(found, possible))
        self._add_bar(column, found, total_bytes)
        self.pause = RadioButton(self.tr("Pause chat while training"), checked=True)
        if possible:
            column.addSpacing(8)
            column.addWidget(self.pause)
            frees = self.tr("Frees {0} GB. Training takes about {1}.")
            text = frees.format(in_gb(freed_bytes), duration(found.seconds))
            note = Label(text, "caption", "text2", wrap=True)
            note.setContentsMargins(24, 0, 0, 0)
            column.addWidget(note)
        column.addSpacing(16)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.cancel = Button(self.tr("Cancel") if possible else self.tr("Close"))
        self.cancel.clicked.connect(self.reject)
        row.addWidget(self.cancel)
        self.go_on = Button(self.tr("Pause chat and train"), "primary")
        self.go_on.clicked.connect(self.accept)
        self.go_on.setVisible(possible)
        (self.go_on if possible else self.cancel).setDefault(True)
        row.addWidget(self.go_on)
        column.addLayout(row)

    def _said(self, found: Measured, possible: bool) -> Label:
        where = self.tr(" on {0}").format(found.device) if found.on_card else ""
        need = self.tr("Training needs {0} GB{2}. Only {1} GB is free.")
        if possible:
            need = self.tr("Training needs {0} GB{2}. Only {1} GB is free, because the chat model is loaded.")
        text = need.format(in_gb(found.memory_bytes), in_gb(found.memory_available), where)
        if not possible and found.instead:
            reason = found.reason if found.disk_bytes > found.disk_available else text
            text = f"{reason} {found.instead}"
        label = Label(text, "ui", "text2", wrap=True)
        label.setMinimumWidth(theme().px(360))
        return label

    def _add_bar(self, column: QVBoxLayout, found: Measured, total: int) -> None:
        if not total or found.on_card or found.disk_bytes > found.disk_available:
            return
        used = max(total - found.memory_available, 0)
        row = QHBoxLayout()
        row.addWidget(Label(self.tr("Computer memory"), "caption"))
        row.addStretch(1)
        row.addWidget(Label(self.tr("{0} of {1} GB in use").format(in_gb(used), in_gb(total)), "caption", "text2"))
        column.addLayout(row)
        bar = ProgressBar(self.tr("Computer memory"), height=8, color="borderStrong")
        bar.set_fraction(used / total)
        column.addWidget(bar)
