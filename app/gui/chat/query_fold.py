"""How a figure was calculated, folded away: the query in words and as it ran."""

from __future__ import annotations

import re

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.chat.answer_body import AnswerBody
from app.gui.chat.chips import Citations
from app.gui.widgets import Button
from app.text.sheets.words import plain
from app.types import Calculation

_QUOTED = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')""")
_CLAUSE = re.compile(r" (FROM|WHERE|AND|GROUP BY|ORDER BY|LIMIT)(?= )")


class QueryFold(QWidget):
    """ "How it was calculated"; a click shows the query. How many rows went in the answer's note says."""

    def __init__(self, calculation: Calculation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._calculation = calculation
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.button = Button(self.tr("How it was calculated"), "quiet", "chevron-right")
        self.button.setToolTip(self.tr("Show the query"))
        self.button.clicked.connect(self._toggle)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        column.addLayout(row)
        self.body = AnswerBody(Citations())
        self.body.hide()
        self.body.setContentsMargins(16, 4, 0, 8)
        column.addWidget(self.body)

    def _toggle(self) -> None:
        shown = not self.body.isVisible()
        self.button.set_icon("chevron-down" if shown else "chevron-right")
        if shown:
            self.body.show_text(_markdown(self._calculation))
        self.body.setVisible(shown)


def _markdown(calculation: Calculation) -> str:
    """The query; its fence is longer than any run of backticks in a name of the sheet."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", calculation.sql)), default=0))
    return f"{plain(calculation.words)}\n\n{fence}sql\n{_in_lines(calculation.sql)}\n{fence}"


def _in_lines(sql: str) -> str:
    """Each clause on a line of its own, so that no line is long; names and values in quotes stay as they are."""
    parts = _QUOTED.split(sql)  # quoted ones are at the odd places
    return "".join(part if n % 2 else _CLAUSE.sub(r"\n\1", part) for n, part in enumerate(parts))
