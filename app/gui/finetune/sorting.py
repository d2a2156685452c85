"""On the comparison of labels: a head on the embedder beside the fine-tuned model, with what each mixes up."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.finetune.beside import Sorter, lines, matrix, mixed_up, sentence
from app.finetune.compare import Comparison
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.head_offer import HeadOffer
from app.gui.finetune.parts import Panel, TwoColumns
from app.gui.widgets import Label, empty_layout
from trainer.spec import CompareResult

MOST_COLUMNS = 7
"""Labels of which a matrix is shown; of more the commonest mistakes are listed."""


class SortingPanel(QWidget):
    """Hidden where the run made no head."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 16)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Without a fine-tuned model"), "heading"))
        text = self.tr("A head is a logistic regression on the vectors of the embedder that comes with Inhouse.")
        column.addWidget(Label(text, "ui", "text2", wrap=True))
        self.sentence = Label("", "body", wrap=True)
        column.addWidget(self.sentence)
        self._panel = Panel()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._panel.column.addLayout(self._grid)
        column.addWidget(self._panel)
        self.matrices: dict[Sorter, MatrixPanel] = {
            "head": MatrixPanel(self.tr("What the head mixes up")),
            "tuned": MatrixPanel(self.tr("What the fine-tuned model mixes up")),
        }
        self._columns = TwoColumns(self.matrices["head"], self.matrices["tuned"], (1, 1))
        column.addWidget(self._columns)
        self.offer = HeadOffer(controller)
        column.addWidget(self.offer)

    def set_narrow(self, narrow: bool) -> None:
        self._columns.set_narrow(narrow)

    def show_comparison(self, found: Comparison | None) -> None:
        """Both, or the head alone where nothing was compared."""
        run = self._controller.run
        self.setVisible(run is not None and run.head is not None)
        result = found.result if found is not None else None
        compared = result is not None and result.head is not None
        for widget in (self.sentence, self._panel, self._columns):
            widget.setVisible(compared)
        if result is not None and result.head is not None:
            self.sentence.setText(sentence(result.head))
            self._fill(result)
        self.offer.refresh()

    def _fill(self, result: CompareResult) -> None:
        empty_layout(self._grid)
        exam = result.exam("labels")
        names = ("", self.tr("Right"), self.tr("95% range"), self.tr("Made in"), self.tr("A text"))
        for column, name in enumerate(names):
            self._grid.addWidget(Label(name, "caption", "text2", strong=True), 0, column)
        for row, line in enumerate(lines(result, exam.tuned_interval if exam is not None else None), 1):
            low, high = line.interval or (0.0, 1.0)
            share = self.tr("{0} to {1}").format(round(low * 100), round(high * 100))
            for column, text in enumerate((line.name, line.count, share, line.learned, line.each)):
                self._grid.addWidget(Label(text, "uiStrong" if column < 2 else "ui"), row, column)
        self._grid.setColumnStretch(0, 1)
        for sorter, panel in self.matrices.items():
            panel.show_rows(result, sorter)


class MatrixPanel(Panel):
    """A confusion matrix: wanted in rows, said in columns."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.column.addWidget(Label(title, "uiStrong", wrap=True))
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(12)
        self.column.addLayout(self._rows)
        self.note = Label("", "caption", "text2", wrap=True)
        self.column.addWidget(self.note)
        self.column.addStretch(1)

    def show_rows(self, result: CompareResult, sorter: Sorter) -> None:
        """The matrix, or of many labels the commonest mistakes."""
        empty_layout(self._rows)
        names, counts = matrix(result.confusion, sorter)
        mistakes = mixed_up(result.confusion, sorter)
        said = "; ".join(self.tr("“{0}” called “{1}”: {2}").format(*each) for each in mistakes)
        self.setAccessibleName(f"{self._title}: {said or self.tr('nothing')}")
        if len(names) > MOST_COLUMNS:
            self.note.setText(said or self.tr("Nothing."))
            return
        self.note.setText(self.tr("Rows: the right label. Columns: what was said."))
        for place, name in enumerate(names, 1):
            head = Label(name, "caption", "text2", strong=True)
            self._rows.addWidget(head, 0, place, Qt.AlignmentFlag.AlignTrailing)
            self._rows.addWidget(Label(name, "caption", "text2", strong=True), place, 0)
            for column, count in enumerate(counts[place - 1], 1):
                right = place == column
                token = "text" if right else "danger" if count else "text3"
                cell = Label(str(count), "uiStrong" if right else "ui", token)
                self._rows.addWidget(cell, place, column, Qt.AlignmentFlag.AlignTrailing)
        self._rows.setColumnStretch(0, 1)
