"""Which source is open beside the chat: the panel, and the answer whose citations it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.gui.chat import parts
from app.gui.chat.side_panel import SidePanelHost
from app.gui.chat.sources import SourceReader
from app.types import Passage

if TYPE_CHECKING:
    from app.gui.chat.answer_view import AnswerView
    from app.gui.chat.source_panel import SourcePanel


class OpenSource(QObject):
    """Opens passages in the panel, one at a time, and marks the chip and the card that they belong to."""

    def __init__(
        self,
        host: SidePanelHost,
        reader: SourceReader,
        answers: Callable[[], list[AnswerView]],
        parent: QWidget,
        show_page: Callable[[str, int], bool],
    ) -> None:
        """`answers` are those that the transcript shows, from top to bottom; `show_page` puts a page of a document into
        the input, and says whether it could."""
        super().__init__(parent)
        self._show_page = show_page
        self._host, self._reader, self._answers = host, reader, answers
        self._answer: AnswerView | None = None
        self._panel: SourcePanel | None = None
        host.panel_changed.connect(self._panel_changed)

    @property
    def panel(self) -> SourcePanel:
        """The source panel; it is built with the first source that it shows."""
        if self._panel is None:
            panel = self._panel = parts.source_panel()(self._reader)
            panel.closed.connect(self._host.leave)
            panel.source_changed.connect(self._source_changed)
            panel.width_wanted.connect(self._host.offer_width)
            panel.bar.ask.show()
            panel.bar.ask_wanted.connect(self._ask_about)
            panel.set_covering(self._host.is_narrow)
            self._host.covering_changed.connect(panel.set_covering)
        return self._panel

    @property
    def is_open(self) -> bool:
        return self._panel is not None and self._host.panel is self._panel

    def open(self, answer: AnswerView, number: int) -> None:
        """Show the passage behind a citation."""
        if number not in answer.citations.sources:
            return
        self.leave_answer()
        self._answer = answer
        at = sorted(answer.citations.sources).index(number)
        self._host.open_panel(self.panel)
        self.panel.show_passages(answer.passages(), at)

    def open_nth(self, number: int) -> None:
        """Source n of the answer whose sources are open, else of the last one."""
        answers = self._answers()
        answer = self._answer if self._answer in answers else (answers[-1] if answers else None)
        if answer is not None and number in answer.citations.sources:
            self.open(answer, number)

    def open_passage(self, passage: Passage) -> None:
        """Show a passage that no number stands for."""
        self.leave_answer()
        self._host.open_panel(self.panel)
        self.panel.show_passages([passage], 0, numbered=False)

    def step(self, by: int) -> None:
        """The next source (1) or the one before (-1)."""
        if self.is_open:
            self.panel.step(by)

    def _ask_about(self, page: int) -> None:
        passage = self.panel.passage
        if passage is not None and self._show_page(passage.path, page) and self._host.covers:
            self._host.leave()

    def leave_answer(self) -> None:
        """No citation is marked any more."""
        if self._answer is not None:
            answer, self._answer = self._answer, None
            if answer in self._answers():
                answer.set_active(0)

    def _panel_changed(self) -> None:
        if not self.is_open:
            self.leave_answer()

    def _source_changed(self, number: int) -> None:
        if self._answer is not None:
            self._answer.set_active(number)
