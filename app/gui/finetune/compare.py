"""Step 5: the verdict in a sentence, the table behind it, and ten answers that a person judges blind."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.finetune.compare import Comparison, Row
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import DetailsLink, Panel, TwoAnswers, Verdict
from app.gui.finetune.report import ReportDialog
from app.gui.finetune.sorting import SortingPanel
from app.gui.finetune.vote_panel import VotePanel
from app.gui.theme import theme
from app.gui.widgets import Chip, Label, ThemedWidget, empty_layout
from app.gui.widgets.page_frame import ScrollColumn, Separator

CHIPS = {"up": ("success", "trending-up"), "down": ("danger", "triangle-alert"), "chance": ("neutral", "equal")}


class CompareStep(ScrollColumn):
    """Shows what the trainer measured; bad news stands in the verdict."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._controller = controller
        self._shown: Comparison | None = None
        self.verdict = Verdict()
        self.verdict.action.clicked.connect(self._show_worse)
        self.column.addWidget(self.verdict)
        self.column.addSpacing(16)
        self.table = Panel(flush=True)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.table.column.addLayout(self._rows)
        self.column.addWidget(self.table)
        self.column.addSpacing(4)
        foot = QHBoxLayout()
        note = self.tr("The range after each number is where the true value very likely lies (95%).")
        self._note = Label(note, "caption", "text2", wrap=True)
        foot.addWidget(self._note, 1)
        self.details_link = DetailsLink()
        foot.addWidget(self.details_link)
        self.column.addLayout(foot)
        self._details = Panel(fill="subtle")
        self._details.hide()
        self.details_link.toggled_open.connect(self._details.setVisible)
        self.column.addWidget(self._details)
        self.sorting = SortingPanel(controller)
        self.column.addWidget(self.sorting)
        self.column.addSpacing(12)
        self.blind = BlindTest(controller)
        self.column.addWidget(self.blind)
        self.column.addStretch(1)
        self._narrow = False

    def first_focus(self) -> QWidget:
        return self.blind if self.blind.isVisible() else self.details_link

    def set_narrow(self, narrow: bool) -> None:
        if narrow != self._narrow:
            self._narrow = narrow
            self.sorting.set_narrow(narrow)
            self._fill_table()

    def refresh(self) -> None:
        """Show the comparison that the controller has read."""
        found = self._controller.comparison
        if found is self._shown and found is not None:
            return
        self._shown = found
        self._show_verdict()
        self._fill_table()
        self._fill_details()
        self.sorting.show_comparison(found)
        self.blind.show_comparison(found)

    def progress(self) -> None:
        """Nothing here moves."""

    def _show_verdict(self) -> None:
        found = self._shown
        if found is None or found.result is None:
            training = self._controller.run.training if self._controller.run else None
            text = self.tr("The answers were not compared, so nobody can say whether the new model is better.")
            wizard = self._controller.wizard
            if wizard is not None and wizard.goal == "scratch":
                text = self.tr(
                    "There was no model before it. Try it in the chat: it knows what it read, and little else."
                )
            if training is not None and training.heldout_loss is not None and training.heldout_before is not None:
                figures = self.tr("Error on held-out questions: {0} before, {1} after.")
                text += " " + figures.format(f"{training.heldout_before:.2f}", f"{training.heldout_loss:.2f}")
            self.verdict.show_verdict("info", self.tr("Trained, but not compared."), text)
            self.verdict.action.hide()
            return
        judged = found.result.judgement
        kind: Literal["success", "warning", "info"] = "info"
        if judged.verdict == "better":
            kind = "success"
        elif judged.verdict == "worse":
            kind = "warning"
        self.verdict.show_verdict(kind, *found.headline())
        worse = len(found.worse_answers())
        self.verdict.action.setText(self.tr("Show the {0} worse answers").format(worse))
        self.verdict.action.set_icon("eye")
        self.verdict.action.setVisible(worse > 0)

    def _fill_table(self) -> None:
        empty_layout(self._rows)
        rows = self._shown.rows() if self._shown is not None else []
        self.table.setVisible(bool(rows))
        self._note.setVisible(bool(rows))
        if not rows:
            return
        self._rows.addWidget(_TableHead(self._narrow))
        for row in rows:
            self._rows.addWidget(Separator())
            self._rows.addWidget(_TableRow(row, self._narrow))

    def _fill_details(self) -> None:
        empty_layout(self._details.column)
        lines = self._shown.extra_lines() if self._shown is not None else []
        self.details_link.setVisible(bool(lines))
        for name, text in lines:
            row = QHBoxLayout()
            row.addWidget(Label(name, "ui", "text2", wrap=True), 1)
            row.addWidget(Label(text, "ui", wrap=True), 1)
            self._details.column.addLayout(row)

    def _show_worse(self) -> None:
        if self._shown is None:
            return
        rows = [
            (
                pair.question,
                self.tr("Wanted: {0}\nBefore: {1}\nNow: {2}").format(pair.wanted, pair.base, pair.tuned),
                "",
            )
            for pair in self._shown.worse_answers()
        ]
        dialog = ReportDialog(self.tr("Answers that got worse"), "", rows, self)
        dialog.exec()
        dialog.deleteLater()


COLUMNS = (250, 108, 108, 0, 140)
NARROW_COLUMNS = (0, 66, 66, 0, 126)


class _TableHead(QWidget):
    def __init__(self, narrow: bool) -> None:
        super().__init__()
        grid = _grid(self, 8)
        names = (self.tr("Measure"), self.tr("Before"), self.tr("After"), "", self.tr("Result"))
        for column, name in enumerate(names):
            if column != 3:
                grid.addWidget(_Name(name, {1: "ring", 2: "dot"}.get(column, "")), 0, column)
        if not narrow:
            grid.addWidget(_Scale(), 0, 3)
        _size(grid, narrow)


class _Name(QWidget):
    """A column's name, with the mark that its values have in the ranges."""

    def __init__(self, name: str, mark: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        if mark:
            row.addWidget(_Mark(filled=mark == "dot"))
        row.addWidget(Label(name, "caption", "text2", strong=True))
        row.addStretch(1)


class _Mark(ThemedWidget):
    def __init__(self, *, filled: bool) -> None:
        super().__init__()
        self._filled = filled
        self.setFixedSize(12, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        token = "accent" if self._filled else "text3"
        painter.setPen(QPen(theme().color(token), 2))
        painter.setBrush(theme().color(token if self._filled else "surface"))
        painter.drawEllipse(QPointF(6, 6), 4.2, 4.2)


class _TableRow(QWidget):
    def __init__(self, row: Row, narrow: bool) -> None:
        super().__init__()
        grid = _grid(self, 6)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(row.name, "uiStrong", wrap=True))
        words.addWidget(Label(row.note, "caption", "text2", wrap=True))
        grid.addLayout(words, 0, 0)
        for column, value, (low, high) in ((1, row.base, row.base_range), (2, row.tuned, row.tuned_range)):
            cell = QHBoxLayout()
            if narrow:
                cell.setDirection(QHBoxLayout.Direction.TopToBottom)
            cell.setSpacing(0 if narrow else 4)
            cell.addWidget(Label(row.text(value), "uiStrong"))
            if row.is_share or low != high:
                cell.addWidget(Label(row.range_text(low, high), "caption", "text2"))
            cell.addStretch(1)
            grid.addLayout(cell, 0, column)
        if not narrow and row.is_share:
            grid.addWidget(_Ranges(row), 0, 3)
        kind, icon = CHIPS[row.change]
        chip = Chip(row.result, kind, icon)  # type: ignore[arg-type]
        grid.addWidget(chip, 0, 4, alignment=Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        _size(grid, narrow)
        self.setAccessibleName(row.sentence())


def _grid(holder: QWidget, margin: int) -> QGridLayout:
    grid = QGridLayout(holder)
    grid.setContentsMargins(16, margin, 16, margin)
    grid.setHorizontalSpacing(12)
    return grid


def _size(grid: QGridLayout, narrow: bool) -> None:
    for column, width in enumerate(NARROW_COLUMNS if narrow else COLUMNS):
        grid.setColumnMinimumWidth(column, theme().px(width))
        grid.setColumnStretch(column, 1 if column == (0 if narrow else 3) else 0)


class _Scale(ThemedWidget):
    """0, 50 and 100 % above the ranges."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(QSize(120, theme().px(18)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme().font("caption", strong=True))
        painter.setPen(theme().color("text2"))
        middle = Qt.AlignmentFlag.AlignVCenter
        area = self.rect()
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | middle), "0%")
        painter.drawText(area, int(Qt.AlignmentFlag.AlignHCenter | middle), "50%")
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | middle), "100%")


class _Ranges(ThemedWidget):
    """Before as a ring, after as a dot, each with its range."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self._row = row
        self.setMinimumSize(QSize(120, theme().px(36)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = self.width() - 12, self.height()
        painter.setPen(QPen(theme().color("chartGrid"), 1))
        for n in range(5):
            x = 6 + width * n / 4
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
        row = self._row
        for value, (low, high), token, y, filled in (
            (row.base, row.base_range, "text3", height * 0.36, False),
            (row.tuned, row.tuned_range, "accent", height * 0.66, True),
        ):
            painter.setPen(QPen(theme().color(token), 2))
            painter.drawLine(QPointF(6 + width * low, y), QPointF(6 + width * high, y))
            painter.setBrush(theme().color(token if filled else "surface"))
            painter.drawEllipse(QPointF(6 + width * value, y), 4.5, 4.5)


class BlindTest(QWidget):
    """Ten questions; which model wrote which is not shown before the vote. Keys 1, 2, 3."""

    def __init__(self, controller: FinetuneController) -> None:
        super().__init__()
        self._controller = controller
        self._comparison: Comparison | None = None
        controller.voted.connect(self._show)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(self.tr("Which answer is better?"), "heading"))
        self.place = Label("", "ui", "text2", wrap=True)
        head.addWidget(self.place, 1)
        column.addLayout(head)
        self._answers = TwoAnswers()
        self._panel = VotePanel(self._answers)
        self._panel.chosen.connect(self.choose)
        self.buttons = self._panel.buttons
        self.setFocusProxy(self._panel)
        column.addWidget(self._panel)
        self.tally = Label("", "body", wrap=True)
        column.addWidget(self.tally)

    def show_comparison(self, found: Comparison | None) -> None:
        self._comparison = found
        self.setVisible(found is not None and bool(found.pairs))
        self._show()

    def choose(self, choice: str) -> None:
        """Vote, then the next question."""
        pair = self._comparison.next_pair() if self._comparison is not None else None
        if self._comparison is None or pair is None:
            return
        self._controller.vote(pair.id, choice)  # type: ignore[arg-type]

    def _show(self) -> None:
        found = self._comparison
        if found is None:
            return
        pair = found.next_pair()
        self._panel.setVisible(pair is not None)
        self.tally.setVisible(pair is None)
        if pair is None:
            self.place.setText("")
            self.tally.setText(self._result(found))
            return
        at = self.tr("Question {0} of {1}. You do not see which model wrote which.")
        self.place.setText(at.format(len(found.votes) + 1, len(found.pairs)))
        self._panel.question.setText(pair.question)
        for box, name, text in zip(self._answers.boxes, "AB", (pair.left, pair.right), strict=True):
            box.show_answer(name, text or self.tr("(nothing)"))

    def _result(self, found: Comparison) -> str:
        tally = found.tally()
        said = self.tr("You preferred the new model {0} times and the old one {1} times, with {2} ties.")
        return said.format(tally.tuned, tally.base, tally.ties)
