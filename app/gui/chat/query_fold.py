"""How a figure was calculated, folded away: the query in words and as it ran."""

from __future__ import annotations

import re

from PySide6.QtWidgets import QWidget

from app.gui.chat.fold import Fold
from app.text.sheets.words import plain
from app.types import Calculation

_QUOTED = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')""")
_CLAUSE = re.compile(r" (FROM|WHERE|AND|GROUP BY|ORDER BY|LIMIT)(?= )")


class QueryFold(Fold):
    """ "How it was calculated"; a click shows the query. How many rows went in the answer's note says."""

    def __init__(self, calculation: Calculation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._calculation = calculation
        self.button.setText(self.tr("How it was calculated"))
        self.button.setToolTip(self.tr("Show the query"))

    def text(self) -> str:
        drafted = self.tr("The model drafted this query from your words. The figure is the query's.")
        return (f"{drafted}\n\n" if self._calculation.by_model else "") + _markdown(self._calculation)


def _markdown(calculation: Calculation) -> str:
    """The query; its fence is longer than any run of backticks in a name of the sheet."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", calculation.sql)), default=0))
    return f"{plain(calculation.words)}\n\n{fence}sql\n{_in_lines(calculation.sql)}\n{fence}"


def _in_lines(sql: str) -> str:
    """Each clause on a line of its own, so that no line is long; names and values in quotes stay as they are."""
    parts = _QUOTED.split(sql)  # quoted ones are at the odd places
    return "".join(part if n % 2 else _CLAUSE.sub(r"\n\1", part) for n, part in enumerate(parts))
