"""The middle of the chat: the start page of an empty one, or the transcript, kept as the controller says."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from app.chats.forget import documents_of
from app.chats.records import Turn
from app.gui.chat import parts
from app.gui.chat.controller import ChatController
from app.gui.chat.known_documents import KnownDocuments
from app.gui.chat.start_page import StartPage
from app.gui.chat.writing import Progress
from app.gui.widgets.base import follow_layout

if TYPE_CHECKING:
    from app.gui.chat.answer_view import AnswerView
    from app.gui.chat.transcript import Transcript


class Conversation(QStackedWidget):
    """Shows the open chat. The transcript is built with the first turn that it shows."""

    leaving = Signal()
    """The answers that were shown go, and what belongs to them with them."""
    streaming_changed = Signal(bool)
    """Whether an answer of this chat is under way."""
    input_wanted = Signal()
    """The keyboard belongs to the input again."""
    source_opened = Signal(object, int)
    """AnswerView, number"""
    passage_opened = Signal(object)
    why_asked = Signal(object)
    """AnswerView"""
    link_clicked = Signal(str)

    def __init__(self, controller: ChatController, start_page: StartPage) -> None:
        super().__init__()
        self._controller = controller
        self._start_page = start_page
        self._transcript: Transcript | None = None
        self._documents: KnownDocuments | None = None
        self.addWidget(start_page)
        controller.turns_changed.connect(self.show_turns)
        controller.documents_removed.connect(self._documents_removed)
        controller.question_added.connect(self._question_added)
        controller.answer_restarted.connect(self._answer_restarted)
        controller.progressed.connect(self._progressed)
        controller.token_arrived.connect(self._token_arrived)
        controller.answer_finished.connect(self._answer_finished)
        controller.turn_changed.connect(self._turn_changed)

    @property
    def transcript(self) -> Transcript:
        """The turns, built with the first that is shown."""
        if self._transcript is None:
            controller = self._controller
            transcript = self._transcript = parts.transcript()(controller.turns, self._documents, controller.summed_up)
            transcript.source_opened.connect(self.source_opened)
            transcript.passage_opened.connect(self.passage_opened)
            transcript.why_asked.connect(self.why_asked)
            transcript.shares_asked.connect(self._show_shares)
            transcript.link_clicked.connect(self.link_clicked)
            transcript.regenerate_asked.connect(controller.regenerate)
            transcript.search_all_asked.connect(controller.search_all)
            transcript.model_asked.connect(controller.ask_without_documents)
            transcript.version_asked.connect(controller.choose_version)
            transcript.branch_asked.connect(controller.branch)
            transcript.rated.connect(controller.rate)
            transcript.question_edited.connect(controller.edit)
            transcript.editing_left.connect(self.input_wanted)
            self.addWidget(transcript)
        return self._transcript

    def name_filter(self, documents: KnownDocuments) -> None:
        """What names the documents that a question was asked of."""
        self._documents = documents

    @property
    def is_blank(self) -> bool:
        """Whether no turn was ever shown, so that there is no transcript to bring up to date."""
        return self._controller.chat is None and self._transcript is None

    @property
    def body(self) -> QWidget:
        """The transcript, or the start page where there is none yet."""
        return self._start_page if self.is_blank else self.transcript

    def answers(self) -> list[AnswerView]:
        """What is shown, from top to bottom."""
        return self._transcript.answers() if self._transcript is not None else []

    def show_turns(self) -> None:
        """Build the open chat anew, with the answer under way if there is one."""
        self._leave()
        if not self.is_blank:
            self.transcript.show_chat()
        self._show_one()
        writing = self._controller.writing()
        if writing is not None:
            view = self.transcript.answer(writing.turn.id)
            if view is not None:
                view.catch_up(writing.progress, writing.thinking, writing.text)
                self._progressed(writing.turn.id, writing.progress)
        self._show_streaming()

    def _documents_removed(self, ids: Collection[int]) -> None:
        """Cards and quotations of them go from the screen too."""
        answers = [view.turn.answer for view in self.answers() if view.turn.answer is not None]
        if any(documents_of(answer) & set(ids) for answer in answers):
            self.show_turns()

    def _show_one(self) -> None:
        empty = self.is_blank or not self.transcript.has_turns
        if empty:
            self._start_page.refresh()
        self.setCurrentWidget(self._start_page if empty else self.transcript)

    def _question_added(self, question: Turn, answer: Turn) -> None:
        self.transcript.add_turns([question, answer])
        self._show_one()
        self._show_streaming()

    def _answer_restarted(self, turn: Turn) -> None:
        self._leave()
        self.transcript.replace_answer(turn)
        self._show_streaming()

    def leave_editing(self) -> bool:
        """Close the field in a turn that has the keyboard; → whether there was one."""
        return self._transcript is not None and self._transcript.leave_editing()

    def _leave(self) -> None:
        """The keyboard does not stay with what goes: Qt would give it to the sidebar."""
        self.leaving.emit()
        focused = QApplication.focusWidget()
        if self._transcript is not None and focused is not None and self._transcript.isAncestorOf(focused):
            self.input_wanted.emit()

    def _progressed(self, turn_id: int, progress: Progress) -> None:
        view = self.transcript.answer(turn_id)
        if view is not None:
            view.show_progress(progress, self._controller.model_name or self.tr("the model"))
        self._show_streaming()

    def _token_arrived(self, turn_id: int, piece: str, thinking: bool) -> None:
        view = self.transcript.answer(turn_id)
        if view is not None:
            view.feed(piece, thinking)

    def _show_shares(self, view: AnswerView) -> None:
        if (there := view.findChild(parts.word_shares())) is not None:  # asked for twice
            there.text.setFocus()
            return
        shares = parts.word_shares()(self._controller.core, view.turn.id)
        view.evidence.addWidget(shares)
        if (column := view.layout()) is not None:
            follow_layout(column)
        shares.show()
        shares.ask()

    def _answer_finished(self, turn: Turn) -> None:
        view = self.transcript.answer(turn.id)
        if view is not None:
            view.finish(turn)
        self._show_streaming()

    def _turn_changed(self, turn: Turn) -> None:
        view = self.transcript.answer(turn.id)
        if view is not None:
            view.update_turn(turn)

    def _show_streaming(self) -> None:
        streaming = self._controller.writing() is not None
        self.streaming_changed.emit(streaming)
        if not self.is_blank:
            self.transcript.set_editable(not streaming)
