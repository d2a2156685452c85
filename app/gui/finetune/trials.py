"""The settings that were tried before the training: a row a trial, and why one was kept."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.finetune import tried
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import Panel
from app.gui.widgets import Label, empty_layout
from trainer.spec import TrialsResult

WIDE_ONLY = (4, 5, 6)
"""Columns that go where there is little room: steps, tokens, time."""


class TrialsPanel(Panel):
    """Grows while settings are tried; hidden where none were."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._at = ("", "", "")
        self._result: TrialsResult | None = None
        self._narrow = False
        self.column.addWidget(Label(self.tr("Settings tried"), "uiStrong"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self.column.addLayout(self._grid)
        self.reason = Label("", "ui", wrap=True)
        self.column.addWidget(self.reason)
        self._time = Label("", "caption", "text2", wrap=True)
        self.column.addWidget(self._time)
        self.hide()

    def refresh(self) -> None:
        """The trials as they stand; they are read again where they can have changed."""
        controller = self._controller
        run, stage = controller.run, controller.progress.stage
        at = (run.id if run is not None else "", stage, controller.run_state)
        if at == self._at and stage != "trials":
            return
        self._at = at
        result = run.trials if run is not None else None
        if result == self._result:
            return
        self._result = result
        self.setVisible(result is not None)
        if result is not None:
            self._list(result)

    def set_narrow(self, narrow: bool) -> None:
        if narrow != self._narrow:
            self._narrow = narrow
            if self._result is not None:
                self._list(self._result)

    def rows(self) -> list[str]:
        """What stands in the table, a line a row."""
        found = []
        for at in range(self._grid.rowCount()):
            cells = [self._grid.itemAtPosition(at, column) for column in range(self._grid.columnCount())]
            labels = [cell.widget() for cell in cells if cell is not None]
            found.append(" ".join(label.text() for label in labels if isinstance(label, Label)))
        return found

    def _list(self, result: TrialsResult) -> None:
        empty_layout(self._grid)
        columns = [at for at in range(len(tried.HEADINGS)) if not (self._narrow and at in WIDE_ONLY)]
        last = columns[-1]
        if result.trials:
            for place, column in enumerate(columns):
                head = Label(self.tr(tried.HEADINGS[column]), "caption", "text2")
                self._grid.addWidget(head, 0, place, _side(column == last))
                self._grid.setColumnStretch(place, 1 if column == last else 0)
        for at, (trial, row) in enumerate(zip(result.trials, tried.rows(result), strict=True), 1):
            kept = trial.ended == "kept"
            for place, column in enumerate(columns):
                ink = "text" if kept or not trial.ended else "text2"
                label = Label(row[column], "uiStrong" if kept else "ui", ink)
                label.setAccessibleName(f"{tried.HEADINGS[column]}: {row[column]}")
                self._grid.addWidget(label, at, place, _side(column == last))
        self.reason.setText(result.reason)
        self.reason.setVisible(bool(result.reason))
        self._time.setText(tried.time_words(result))


def _side(leading: bool) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeading if leading else Qt.AlignmentFlag.AlignTrailing
