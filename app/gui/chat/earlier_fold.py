"""That the model was given a summary of the earlier messages, and below it the summary itself, folded away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.chats.records import Turn
from app.gui.chat.fold import Fold

SummedUp = Callable[[Turn], str]
"""What a model was told of messages that were too many for it when it gave this answer."""


def no_summary(turn: Turn) -> str:
    """Where nobody knows of one."""
    return ""


class EarlierFold(Fold):
    """The notice is the button; a click shows what stood in the place of the messages."""

    def __init__(self, summary: Callable[[], str], parent: QWidget | None = None) -> None:
        """`summary` is asked for when it is opened: most are not."""
        super().__init__(parent)
        self._summary = summary
        self.button.setText(self.tr("Earlier messages are summed up for the model; you still see all of them"))
        self.button.setToolTip(self.tr("Show the summary"))

    def text(self) -> str:
        return self._summary() or self.tr("The messages have changed since.")
