"""A dialog that shows pieces of a document and asks whether they count, with the decision that stands marked."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Button
from app.gui.widgets.dialogs import framed, head


class DecisionDialog(QDialog):
    """`build` fills it; a subclass says what is shown and how the two ways are called."""

    decided = Signal(bool)
    """Whether the pieces count, where that is another decision than before."""

    def __init__(self, chosen: bool, parent: QWidget | None = None) -> None:
        """`chosen` is the decision as it stands."""
        super().__init__(parent)
        self.chosen = chosen

    def build(self, icon: str, title: str, explanation: str, pieces: QWidget, ways: tuple[Button, Button]) -> None:
        """Lay it out. `ways` take the pieces, and keep them out."""
        outer = framed(self, title)
        outer.addLayout(head(icon, "warning", title, explanation))
        outer.addWidget(pieces, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button, counts in zip(ways, (True, False), strict=True):
            button.clicked.connect(lambda _=False, counts=counts: self._decide(counts))
            button.setDefault(counts == self.chosen)
            row.addWidget(button)
        outer.addLayout(row)
        self.setMinimumSize(theme().px(560), theme().px(420))

    def ways(self, take: str, keep_out: str) -> tuple[Button, Button]:
        """Buttons for the two decisions; the one that stands is the primary."""
        return Button(take, "primary" if self.chosen else "secondary"), Button(
            keep_out, "secondary" if self.chosen else "primary"
        )

    def _decide(self, counts: bool) -> None:
        if counts != self.chosen:
            self.decided.emit(counts)
        self.accept()
