"""The source behind a citation of a blind answer, in the panel that the chat has."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.gui.arena.answers import CitedAnswer, CitedAnswers
from app.gui.chat.side_panel import SidePanelHost
from app.gui.chat.source_panel import SourcePanel
from app.gui.chat.sources import SourceReader


class PairSource(QObject):
    """Opens a passage beside the pair and marks the chip that it belongs to."""

    closed = Signal()
    """By the person: the pair takes the keyboard again."""

    def __init__(self, answers: CitedAnswers, content: QWidget, reader: SourceReader, parent: QWidget) -> None:
        super().__init__(parent)
        self._answers = answers
        self._answer: CitedAnswer | None = None
        self.panel = SourcePanel(reader)
        self.host = SidePanelHost(content, parent)
        self.panel.hide()
        self.panel.closed.connect(self.host.leave)
        self.panel.width_wanted.connect(self.host.offer_width)
        self.panel.source_changed.connect(self._mark)
        self.host.covering_changed.connect(self.panel.set_covering)
        self.host.closed.connect(self.closed)
        self.host.panel_changed.connect(self._panel_changed)
        answers.source_opened.connect(self._open)
        self.panel.setParent(parent)

    def close(self) -> None:
        """Another pair is shown."""
        self.host.close_panel()

    def _open(self, answer: CitedAnswer, number: int) -> None:
        self._mark(0)
        self._answer = answer
        self.host.open_panel(self.panel)
        self.panel.show_passages(answer.passages(), sorted(answer.citations.sources).index(number))

    def _mark(self, number: int) -> None:
        if self._answer is not None:
            self._answer.set_active(number)

    def _panel_changed(self) -> None:
        if not self.host.is_open:
            self._mark(0)
            self._answer = None
