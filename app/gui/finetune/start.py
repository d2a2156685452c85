"""The Fine-tune page while no run is open: an invitation, and the runs from before."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.calls.training import RunRecord
from app.finetune.states import BUSY
from app.finetune.wizard import Wizard
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import Panel
from app.gui.hardware import size_text
from app.gui.widgets import (
    Banner,
    Button,
    Chip,
    ConfirmDialog,
    ElidedLabel,
    EmptyState,
    IconButton,
    Label,
    empty_layout,
)
from app.gui.widgets.page_frame import ScrollColumn, Separator

SHOWN = 30


class StartStep(ScrollColumn):
    """ "Teach the model your answers"."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller = controller
        text = self.tr(
            "Choose documents, look at the questions made of them, and train. "
            "A few documents are enough to try; best are 100 questions or more."
        )
        self.empty = EmptyState(
            "graduation-cap", self.tr("Teach the model your answers"), text, self.tr("Start"), primary=True
        )
        self.empty.acted.connect(lambda: controller.begin())
        self.column.addWidget(self.empty)
        self._heading = Label(self.tr("Runs on this computer"), "heading")
        self.column.addWidget(self._heading)
        self.column.addSpacing(8)
        self.panel = Panel(flush=True)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.panel.column.addLayout(self._rows)
        self.column.addWidget(self.panel)
        self.column.addStretch(1)
        self.opened: dict[str, Button] = {}

    def close_because(self, why: str) -> None:
        """Nothing may be begun here; what was made before can still be looked at."""
        banner = Banner("warning", self.tr("Your company does not allow fine-tuning."), why)
        self.column.insertWidget(0, banner)
        if self.empty.button is not None:
            self.empty.button.disable(why)

    def first_focus(self) -> QWidget:
        return self.empty.button or self.empty

    def set_narrow(self, narrow: bool) -> None:
        """It is one column already."""

    def progress(self) -> None:
        """The rows say where each run stood when they were shown."""

    def refresh(self) -> None:
        """List the runs anew."""
        empty_layout(self._rows)
        self.opened = {}
        runs = list(self._controller.listed.records.values())
        for record in runs[:SHOWN]:
            if self._rows.count():
                self._rows.addWidget(Separator())
            self._rows.addWidget(self._row(record))
        self._heading.setVisible(bool(runs))
        self.panel.setVisible(bool(runs))

    def _row(self, record: RunRecord) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(16, 8, 12, 8)
        row.setSpacing(12)
        wizard = record.wizard
        if wizard is None:
            row.addWidget(Label(record.problem, "ui", "text2", wrap=True), 1)
            self._add_delete(row, record, record.id)
            return holder
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(ElidedLabel(wizard.name or self.tr("New model"), "uiStrong"))
        day = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(wizard.created_at)), "d MMMM, HH:mm")
        goal = {
            "teach": self.tr("Facts and answers"),
            "read": self.tr("Documents read"),
            "prefer": self.tr("Thumbs in chats"),
            "classify": self.tr("Labels"),
            "search": self.tr("Search"),
            "scratch": self.tr("New model"),
        }[wizard.goal]
        words.addWidget(ElidedLabel(f"{goal}, {day}", "caption", "text2"))
        row.addLayout(words, 1)
        text, kind, icon = self._state(record, wizard)
        row.addWidget(Chip(text, kind, icon))  # type: ignore[arg-type]
        state = self._controller.listed.state(record.id)
        label = self.tr("Continue") if state in ("stopped", "failed", "review") else self.tr("Open")
        button = Button(label)
        button.setAccessibleName(f"{label}: {wizard.name}")
        button.clicked.connect(lambda: self._controller.open(record.id))
        self.opened[record.id] = button
        row.addWidget(button)
        self._add_delete(row, record, wizard.name)
        return holder

    def _add_delete(self, row: QHBoxLayout, record: RunRecord, name: str) -> None:
        delete = IconButton("trash-2", self.tr("Delete {0}").format(name))
        delete.clicked.connect(lambda: self._delete(record, name))
        if self._controller.listed.state(record.id) in BUSY:
            delete.setEnabled(False)
            delete.setToolTip(self.tr("Stop it first."))
        row.addWidget(delete)

    def _state(self, record: RunRecord, wizard: Wizard) -> tuple[str, str, str]:
        if wizard.kept_old:
            return self.tr("Old model kept"), "neutral", "undo-2"
        if wizard.installed:
            return self.tr("Installed"), "success", "circle-check"
        states = {
            "none": (self.tr("Not started"), "neutral", "circle-dashed"),
            "preparing": (self.tr("Preparing"), "info", "refresh-cw"),
            "review": (self.tr("To review"), "warning", "eye"),
            "training": (self.tr("Training"), "info", "zap"),
            "paused": (self.tr("Paused"), "warning", "pause"),
            "waiting": (self.tr("Waiting"), "info", "clock"),
            "stopped": (self.tr("Interrupted"), "warning", "triangle-alert"),
            "failed": (self.tr("Failed"), "danger", "circle-x"),
            "done": (self.tr("Ready to compare"), "success", "circle-check"),
        }
        return states[self._controller.listed.state(record.id)]

    def _delete(self, record: RunRecord, name: str) -> None:
        size = size_text(sum(path.stat().st_size for path in Path(record.folder).rglob("*") if path.is_file()))
        title = self.tr("Delete the run “{0}”?").format(name)
        detail = self.tr("Its data and files ({0}) are deleted. A model that was installed from it stays.").format(size)
        if ConfirmDialog.ask(self, title, detail, self.tr("Delete run")):
            self._controller.delete(record.id)
