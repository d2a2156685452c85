"""The last votes with the names: three of them, or all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.evaluation.arena import Vote
from app.gui.finetune.parts import Panel
from app.gui.theme import theme
from app.gui.widgets import Button, Label, empty_layout
from app.gui.widgets.page_frame import Separator

SHOWN, MOST = 3, 200


class VotesTable(QWidget):
    """A row a vote, the newest first."""

    clear_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._votes: Sequence[Vote] = ()
        self._all = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Your last votes"), "heading"))
        head.addStretch(1)
        clear = Button(self.tr("Delete the votes"), "quiet")
        clear.clicked.connect(self.clear_asked)
        head.addWidget(clear)
        self.more = Button("", "quiet", trailing="chevron-right")
        self.more.clicked.connect(self._turn)
        head.addWidget(self.more)
        column.addLayout(head)
        panel = Panel(flush=True)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(0)
        panel.column.addLayout(self.rows)
        column.addWidget(panel)

    def show_votes(self, votes: Sequence[Vote]) -> None:
        if votes == self._votes and self.rows.count():
            return
        self._votes = votes
        self._fill()

    def _turn(self) -> None:
        self._all = not self._all
        self._fill()

    def _fill(self) -> None:
        self.setVisible(bool(self._votes))
        empty_layout(self.rows)
        count = len(self._votes)
        self.more.setVisible(count > SHOWN)
        self.more.setText(
            self.tr("Show the last {0}").format(SHOWN) if self._all else self.tr("Show all {0}").format(count)
        )
        self.rows.addWidget(
            _row("", self.tr("Question"), self.tr("A was"), self.tr("B was"), self.tr("Your vote"), head=True)
        )
        for at, vote in enumerate(self._votes[: MOST if self._all else SHOWN]):
            self.rows.addWidget(Separator())
            said = self._words(vote)
            self.rows.addWidget(_row(str(count - at), vote.question, vote.left_name, vote.right_name, said))

    def _words(self, vote: Vote) -> str:
        return {
            "left": self.tr("A, {0}").format(vote.left_name),
            "right": self.tr("B, {0}").format(vote.right_name),
            "tie": self.tr("Tie"),
            "wrong": self.tr("Both wrong"),
        }[vote.choice]


def _row(number: str, question: str, left: str, right: str, said: str, *, head: bool = False) -> QWidget:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(16, 8, 16, 8)
    grid.setHorizontalSpacing(16)
    cells = (number, question, left, right, said)
    for column, (text, width, stretch) in enumerate(zip(cells, (24, 0, 0, 0, 0), (0, 5, 3, 3, 3), strict=True)):
        strong = head or column == 4
        label = Label(
            text,
            "caption" if head else "ui",
            "text" if column in (1, 4) and not head else "text2",
            wrap=column > 0,
            strong=strong,
        )
        label.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(label, 0, column)
        grid.setColumnStretch(column, stretch)
        grid.setColumnMinimumWidth(column, theme().px(width))
    holder.setAccessibleName("" if head else f"{question}: {said}")
    return holder
