"""What the votes say so far: a sentence, the share with its range, and the counts."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.evaluation.arena import Standing, points_text, standing_text
from app.gui.finetune.parts import Panel
from app.gui.theme import theme
from app.gui.widgets import Chip, Label, ThemedWidget


class ResultPanel(Panel):
    """Says “No clear winner yet” for as long as the range includes one half."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(8)
        self.column.addLayout(self._grid)
        self._words, words = _column(6)
        self.chip = Chip()
        words.addWidget(self.chip, alignment=Qt.AlignmentFlag.AlignLeading)
        self.sentence = Label("", "ui", "text2", wrap=True)
        words.addWidget(self.sentence)
        words.addStretch(1)
        self._share, share = _column(4)
        self._of = Label("", "caption", "text2", wrap=True)
        share.addWidget(self._of)
        self.range = ShareRange()
        share.addWidget(self.range)
        share.addStretch(1)
        self._numbers = QWidget()
        counts = QHBoxLayout(self._numbers)
        counts.setContentsMargins(0, 0, 0, 0)
        counts.setSpacing(24)
        self.counts = [_Count() for _ in range(3)]
        for count in self.counts:
            counts.addWidget(count)
        self.set_narrow(False)

    def set_narrow(self, narrow: bool) -> None:
        """The share goes below what stands beside it."""
        self._grid.addWidget(self._words, 0, 0)
        self._grid.addWidget(self._share, *((1, 0, 1, 3) if narrow else (0, 1, 1, 1)))
        self._grid.addWidget(self._numbers, 0, 2)
        for place, stretch in enumerate((5, 0, 5) if narrow else (4, 5, 5)):
            self._grid.setColumnStretch(place, stretch)

    def show_standing(self, found: Standing, first: str, second: str) -> None:
        """`first` and `second`: the models' names."""
        names = {found.first: first, found.second: second}
        if found.leader:
            self.chip.show_state(self.tr("{0} is better").format(names[found.leader]), "success", "trending-up")
        else:
            self.chip.show_state(self.tr("No clear winner yet"), "neutral", "equal")
        text = standing_text(found, first, second)
        rest = text.partition(". ")[2] if found.decided else self.tr("No vote has decided between the two yet.")
        self.sentence.setText(" ".join(filter(None, (rest, points_text(found, first)))))
        self._of.setText(self.tr("Share won by {0}").format(first))
        self.range.show_range(found.share, found.low, found.high, any_votes=bool(found.decided))
        for count, number, name in zip(
            self.counts,
            (found.won, found.lost, found.ties + found.wrong),
            (first, second, self.tr("Tie or both wrong")),
            strict=True,
        ):
            count.show_count(number, name)
        self.setAccessibleName(f"{self.chip.text()}. {self.sentence.text()}")


def _column(spacing: int) -> tuple[QWidget, QVBoxLayout]:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    return holder, column


class _Count(QWidget):
    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.number = Label("0", "title")
        self.name = Label("", "caption", "text2", wrap=True)
        for label in (self.number, self.name):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addStretch(1)

    def show_count(self, number: int, name: str) -> None:
        self.number.setText(str(number))
        self.name.setText(name)
        self.setAccessibleName(f"{name}: {number}")


class ShareRange(ThemedWidget):
    """From 0 to 100 %, with a draw in the middle; not mirrored where text runs from the right."""

    def __init__(self) -> None:
        super().__init__()
        self._value: tuple[float, float, float] | None = None
        self.setMinimumSize(QSize(160, theme().px(44)))

    def show_range(self, share: float, low: float, high: float, *, any_votes: bool) -> None:
        self._value = (share, low, high) if any_votes else None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, width, y = 6.0, self.width() - 12.0, theme().px(10)
        painter.setPen(QPen(theme().color("border"), 2))
        painter.drawLine(QPointF(left, y), QPointF(left + width, y))
        for edge in (left, left + width):
            painter.drawLine(QPointF(edge, y - 8), QPointF(edge, y + 8))
        painter.setPen(QPen(theme().color("text3"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(left + width / 2, y - 10), QPointF(left + width / 2, y + 10))
        if self._value is not None:
            share, low, high = self._value
            painter.setPen(QPen(theme().color("accent"), 3))
            painter.drawLine(QPointF(left + width * low, y), QPointF(left + width * high, y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("accent"))
            painter.drawEllipse(QPointF(left + width * share, y), 5, 5)
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("text2"))
        area = self.rect().adjusted(0, y + 12, 0, 0)
        top = int(Qt.AlignmentFlag.AlignTop)
        painter.drawText(area, top | int(Qt.AlignmentFlag.AlignLeft), "0%")
        painter.drawText(area, top | int(Qt.AlignmentFlag.AlignHCenter), self.tr("50%, a draw"))
        painter.drawText(area, top | int(Qt.AlignmentFlag.AlignRight), "100%")
