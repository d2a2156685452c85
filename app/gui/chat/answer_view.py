"""One answer in the transcript: its text, what it rests on, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from app.assistant.notices import notices
from app.chats.records import Turn
from app.gui.chat.answer_actions import AnswerActions, CorrectionEditor
from app.gui.chat.answer_body import AnswerBody
from app.gui.chat.answer_words import announcement, found_line, notes, progress_line, spoken_name
from app.gui.chat.chips import Citations
from app.gui.chat.earlier_fold import EarlierFold, SummedUp, no_summary
from app.gui.chat.notice_rows import NoticeRows
from app.gui.chat.pace import Pace
from app.gui.chat.query_fold import QueryFold
from app.gui.chat.source_cards import NotFoundCard, SourceCards
from app.gui.chat.thinking_fold import ThinkingFold
from app.gui.chat.writing import Progress
from app.gui.widgets import IconLabel, Label
from app.gui.widgets.base import empty_layout, follow_layout, grow_only
from app.types import Answer, Passage

SLICE = 2000
"""Characters of a finished answer that are drawn at once; a longer one is drawn in steps, out of sight."""


class AnswerView(QWidget):
    """Shows a turn, streaming or finished."""

    source_opened = Signal(int)
    passage_opened = Signal(object)
    why_asked = Signal()
    link_clicked = Signal(str)
    regenerate_asked = Signal()
    search_all_asked = Signal()
    model_asked = Signal()
    version_asked = Signal(int)
    rated = Signal(object, str)
    left = Signal()
    """A correction is no longer being written."""

    def __init__(self, turn: Turn, summed_up: SummedUp = no_summary) -> None:
        super().__init__()
        self.turn, self._summed_up = turn, summed_up
        self.citations = Citations()
        self._thinking = ""
        self._name = self.tr("Answer")
        self._cited = False  # passages were given, so marks like [1] are the model's own guesses
        self._swap: AnswerBody | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        grow_only(self, self._column)
        self._pace = Pace(lambda text: self.body.feed(text), self)
        self._searched = _Line("folder-open", "text3")
        self._column.addWidget(self._searched)
        self._column.addSpacing(4)
        self.fold = ThinkingFold()
        self._column.addWidget(self.fold)
        self.body = self._make_body()
        self._column.addWidget(self.body)
        self._stopped = _Line("circle-alert", "danger")
        self._note = _Line("info", "text3")
        self.evidence = _stack()
        for line in (self._stopped, self._note):
            self._column.addSpacing(4)
            self._column.addWidget(line)
        self._column.addLayout(self.evidence)
        self.cards: SourceCards | None = None
        self.not_found: NotFoundCard | None = None
        self.notices: NoticeRows | None = None
        self.query: QueryFold | None = None
        self.earlier: EarlierFold | None = None
        self.bar = AnswerActions()
        self.bar.copy_asked.connect(self.copy)
        self.bar.regenerate_asked.connect(self.regenerate_asked)
        self.bar.version_asked.connect(self.version_asked)
        self.bar.rating_chosen.connect(self._rate)
        self.bar.why_asked.connect(self.why_asked)
        self._column.addSpacing(8)
        self._column.addWidget(self.bar)
        self.correction: CorrectionEditor | None = None
        for hidden in (self._searched, self.fold, self._stopped, self._note, self.bar):
            hidden.hide()
        if turn.answer is not None:
            self.finish(turn, announce=False)
        else:
            self.start()

    # --- while it streams ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """The answer is under way."""
        self.setAccessibleName(self.tr("Answer, being written"))
        self.body.start()

    def catch_up(self, progress: Progress, thinking: str, text: str) -> None:
        """The chat was opened while its answer is written: show what has come."""
        self.show_progress(progress)
        if thinking:
            self.feed(thinking, True)
        if text:
            self.body.start(cited=progress.passages > 0)
            self.feed(text, False)
            self.draw_now()

    def show_progress(self, progress: Progress, waits_for: str = "") -> None:
        """Say what is being done; `waits_for` is the model that still loads."""
        if progress.stage == "reading" and progress.passages and not self._cited:
            self._cited = True
            self.body.start(cited=True)
        self._searched.say(progress_line(progress, waits_for))

    def feed(self, piece: str, thinking: bool) -> None:
        """Add what has arrived; it is drawn soon."""
        if thinking:
            self._thinking += piece
            self.fold.grow(piece)
        else:
            self._pace.add(piece)

    def draw_now(self) -> None:
        """Draw what has arrived, without waiting."""
        self._pace.draw_now()

    # --- when it is complete ------------------------------------------------------------------------------------------

    def finish(self, turn: Turn, *, announce: bool = True) -> None:
        """Show the answer as it is stored, with its evidence."""
        answer = turn.answer or Answer(text=turn.text)
        self.turn = turn
        self._pace.draw_now()
        self.citations.sources = {source.n: source for source in answer.sources}
        self._show_body(answer)
        self._searched.say(found_line(answer.searched, len(answer.sources)) if not answer.not_found else "")
        self.fold.complete(answer)
        self._stopped.say(self.tr("Stopped before the answer was complete") if answer.stopped else "")
        self._note.say(notes(answer))
        self._show_evidence(answer)
        self.bar.show_turn(turn)
        self.bar.setVisible(not answer.not_found or turn.versions > 1 or answer.trace is not None)
        self._name = spoken_name(answer)
        self.setAccessibleName(self._name)
        self.body.set_spoken_name(self._name)
        follow_layout(self._column)
        if announce:  # once, at the end, never at each word
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, announcement(answer)))

    def update_turn(self, turn: Turn) -> None:
        """The rating changed."""
        self.turn = turn
        self.bar.show_turn(turn)

    def set_active(self, number: int) -> None:
        """Mark the chips and the card of the open source, 0 for none."""
        if number == self.citations.active:
            return
        self.citations.active = number
        self.body.refresh_citations()
        if self.cards is not None:
            for card in self.cards.cards:
                card.update()

    def restyle(self) -> None:
        """The theme changed."""
        self.body.restyle()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.turn.answer.text if self.turn.answer else self.turn.text)
        self.bar.show_copied()

    # --- parts --------------------------------------------------------------------------------------------------------

    def _make_body(self) -> AnswerBody:
        body = AnswerBody(self.citations)
        body.chip_clicked.connect(self.source_opened)
        body.link_clicked.connect(self.link_clicked)
        return body

    def _show_body(self, answer: Answer) -> None:
        self.body.setVisible(not answer.not_found and bool(answer.text))
        if answer.not_found:
            return
        self.body.end()
        if len(answer.text) <= SLICE or not self.body.views():
            self.body.show_text(answer.text, answer.unsupported)
        else:
            self._redraw_in_steps(answer)

    def _redraw_in_steps(self, answer: Answer) -> None:
        """Draw the checked text beside the streamed one, a little at a time, then trade places."""
        fresh = self._make_body()
        fresh.setParent(self)
        fresh.hide()
        fresh.resize(self.body.size())
        self._swap = fresh
        steps = fresh.draw_in_steps(answer.text, answer.unsupported, SLICE)
        timer = QTimer(fresh, interval=0)

        def step() -> None:
            if next(steps, None) is not None:
                return
            timer.stop()
            if self._swap is fresh:
                self._replace_body(fresh)

        timer.timeout.connect(step)
        timer.start()

    def _replace_body(self, fresh: AnswerBody) -> None:
        old, self.body, self._swap = self.body, fresh, None
        self._column.replaceWidget(old, fresh)
        fresh.set_spoken_name(self._name)
        follow_layout(self._column)
        fresh.show()
        old.hide()
        old.deleteLater()

    def _show_evidence(self, answer: Answer) -> None:
        empty_layout(self.evidence)
        self.cards, self.not_found, self.notices, self.query, self.earlier = None, None, None, None, None
        self.evidence.setContentsMargins(0, 0, 0, 0)
        if answer.not_found:
            self.not_found = _not_found_card(self, answer)
            self.evidence.addWidget(self.not_found)
        if answer.budget is not None and answer.budget.summary_words:
            self.earlier = EarlierFold(lambda: self._summed_up(self.turn))
            self.evidence.addWidget(self.earlier)
        if answer.calculation is not None and answer.calculation.sql:
            self.query = QueryFold(answer.calculation)
            self.evidence.addWidget(self.query)
        if answer.sources and not answer.not_found:
            self.cards = SourceCards(answer.sources, self.citations)
            self.cards.opened.connect(self.source_opened)
            self.evidence.setContentsMargins(0, 12, 0, 0)
            self.evidence.addWidget(self.cards)
        if said := notices(answer):
            self.notices = NoticeRows(said)
            self.notices.opened.connect(self.passage_opened)
            self.evidence.addWidget(self.notices)

    def _rate(self, rating: object) -> None:
        self.rated.emit(rating, self.turn.corrected if rating == "down" else "")
        if self.correction is not None:
            self.correction.deleteLater()
            self.correction = None
        if rating == "down":
            self.correction = CorrectionEditor(self.turn.corrected)
            self.correction.saved.connect(lambda text: self.rated.emit("down", text))
            self.correction.saved.connect(self._close_correction)
            self.correction.closed.connect(self._close_correction)
            self._column.addWidget(self.correction)
            self.correction.focus_text()

    def _close_correction(self, *_: object) -> None:
        if self.correction is not None:
            self.correction.hide()
            self.correction.deleteLater()
            self.correction = None
            self.left.emit()

    def leave_editing(self) -> bool:
        """Close the correction if the keyboard is in it; → whether it was."""
        if self.correction is None or not self.correction.isAncestorOf(QApplication.focusWidget() or self):
            return False
        self._close_correction()
        return True

    def passages(self) -> list[Passage]:
        """The passages behind the numbers, in order."""
        return [self.citations.sources[n].passage for n in sorted(self.citations.sources)]


def _stack() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    return column


def _not_found_card(view: AnswerView, answer: Answer) -> NotFoundCard:
    card = NotFoundCard(answer)
    card.passage_opened.connect(view.passage_opened)
    card.search_all_asked.connect(view.search_all_asked)
    card.model_asked.connect(view.model_asked)
    return card


class _Line(QWidget):
    """An icon and a caption; hidden while it has nothing to say."""

    def __init__(self, icon: str, color: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel(icon, color, 14))
        self.label = Label("", "caption", color, wrap=True)
        row.addWidget(self.label, 1)

    def say(self, text: str) -> None:
        self.label.setText(text)
        self.setVisible(bool(text))
