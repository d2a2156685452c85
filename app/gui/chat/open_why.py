"""Which answer is explained beside the chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.gui.chat import parts
from app.gui.chat.side_panel import SidePanelHost

if TYPE_CHECKING:
    from app.gui.chat.answer_view import AnswerView
    from app.gui.chat.why_panel import WhyPanel


class OpenWhy(QObject):
    """Opens the panel "Why this answer?" for one answer at a time, and marks the button that it was asked by."""

    source_asked = Signal(object, int)
    """AnswerView, number: a passage that was used is to be opened."""

    def __init__(self, host: SidePanelHost, answers: Callable[[], list[AnswerView]], parent: QWidget) -> None:
        """`answers` are those that the transcript shows."""
        super().__init__(parent)
        self._host, self._answers = host, answers
        self._answer: AnswerView | None = None
        self._panel: WhyPanel | None = None
        host.panel_changed.connect(self._panel_changed)

    @property
    def panel(self) -> WhyPanel:
        """Built with the first answer that it explains."""
        if self._panel is None:
            panel = self._panel = parts.why_panel()()
            panel.closed.connect(self._host.leave)
            panel.source_opened.connect(self._open_source)
            panel.set_covering(self._host.is_narrow)
            self._host.covering_changed.connect(panel.set_covering)
        return self._panel

    @property
    def is_open(self) -> bool:
        return self._panel is not None and self._host.panel is self._panel

    def toggle(self, answer: AnswerView) -> None:
        """Explain this answer, or close what explains it."""
        if self.is_open and answer is self._answer:
            self._host.leave()
            return
        self._leave_answer()
        if answer.turn.answer is None or answer.turn.answer.trace is None:
            return
        self._answer = answer
        self.panel.show_answer(answer.turn.answer, answer.turn.answer.trace)
        self._host.open_panel(self.panel)
        answer.bar.why.setChecked(True)

    def _open_source(self, number: int) -> None:
        if self._answer is not None:
            self.source_asked.emit(self._answer, number)

    def _panel_changed(self) -> None:
        if not self.is_open:
            self._leave_answer()

    def _leave_answer(self) -> None:
        if self._answer is not None:
            answer, self._answer = self._answer, None
            if answer in self._answers():
                answer.bar.why.setChecked(False)
