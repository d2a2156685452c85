"""The conversation: bubbles and answers in one scrolling column that keeps only its last part as widgets."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.chats.records import Turn
from app.gui.chat.answer_view import AnswerView
from app.gui.chat.earlier_fold import SummedUp, no_summary
from app.gui.chat.known_documents import KnownDocuments
from app.gui.chat.question_view import QuestionView
from app.gui.theme import theme
from app.gui.widgets import IconButton
from app.gui.widgets.base import grow_only

FIRST = 12
"""Turns that are built when a chat opens: some screens full."""
AT_ONCE = 2
"""Of these, so many before the chat is seen; the others follow above them, a few at a time."""
SLICE_S = 0.015
"""So long turns are built before keys and clicks are served again."""
MORE = 20
"""Turns that are built when the reader scrolls to the top."""
ALIVE = 100
"""Turns kept as widgets; older ones come back on scrolling up."""
NEAR_BOTTOM = 32
NEAR_TOP = 160
SPACE = 16
SETTLE_MS = 120

TurnView = QuestionView | AnswerView
LoadTurns = Callable[[int, int | None], list[Turn]]
"""(limit, before turn id) → turns, oldest first."""


class Transcript(QScrollArea):
    """Shows turns; follows the end of a streaming answer while the reader is there."""

    source_opened = Signal(object, int)
    """AnswerView, number."""
    passage_opened = Signal(object)
    why_asked, shares_asked = Signal(object), Signal(object)
    link_clicked = Signal(str)
    regenerate_asked = Signal(int)
    search_all_asked = Signal(int)
    model_asked = Signal(int)
    version_asked = Signal(int, int)
    branch_asked = Signal(int)
    rated = Signal(int, object, str)
    question_edited = Signal(int, str)
    editing_left = Signal()
    """A question, or a correction, is no longer being written; the keyboard is free."""

    def __init__(self, load: LoadTurns, documents: KnownDocuments | None = None, summed: SummedUp = no_summary) -> None:
        """`documents` names those that a question was asked of."""
        super().__init__()
        self._load, self._documents, self._summed_up = load, documents, summed
        self._views: list[TurnView] = []
        self._follow = True
        self._has_older = False
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName(self.tr("Conversation"))
        self.setWidget(self._make_column())
        self.latest = IconButton("arrow-down", self.tr("Jump to latest"), side=32, framed=True, parent=self)
        self.latest.clicked.connect(self.jump_to_latest)
        self.latest.hide()
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._range_changed)
        bar.valueChanged.connect(self._moved)
        theme().changed.connect(self._restyle)
        self._older_timer = QTimer(self, singleShot=True, interval=0)
        self._older_timer.timeout.connect(self._add_older)
        self._anchor: tuple[TurnView, int] | None = None
        """What is read while older turns come above it, and where in the viewport it stands."""
        self._anchor_timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._anchor_timer.timeout.connect(self._let_go)
        self._waiting: list[Turn] = []
        """Turns above the first view that are still to be built, the last of them next."""
        self._build_timer = QTimer(self, singleShot=True, interval=0)
        self._build_timer.timeout.connect(self._build_some)

    def _make_column(self) -> QWidget:
        inner = self._inner = _Sheet()
        row = self._margins = QHBoxLayout(inner)
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(0)
        self._column_widget = QWidget()
        self._column_widget.setMaximumWidth(theme().px(theme().size("column")))
        self._column = QVBoxLayout(self._column_widget)
        self._column.setContentsMargins(0, 24, 0, 24)
        self._column.setSpacing(SPACE)
        grow_only(self._column_widget, self._column)
        self._column.addStretch(1)
        row.addStretch(1)
        row.addWidget(self._column_widget, 1000)
        row.addStretch(1)
        return inner

    # --- turns ------------------------------------------------------------------------------------------------------

    def show_chat(self) -> None:
        """Build the last turns of the open chat, from the bottom up as far as the reader can see."""
        self.clear()
        turns = self._load(FIRST, None)
        self._has_older = len(turns) == FIRST
        for turn in turns[-AT_ONCE:]:
            self._add(self._make(turn))
        self._waiting = turns[:-AT_ONCE]
        self._build_timer.start()
        self.jump_to_latest()

    def clear(self) -> None:
        for view in self._views:
            self._drop(view)
        self._views = []
        self._waiting = []
        self._has_older = False
        self._follow = True
        self._anchor = None
        self.latest.hide()

    def add_turns(self, turns: Sequence[Turn]) -> None:
        """New turns at the end; the reader is taken there."""
        for turn in turns:
            self._add(self._make(turn))
        if self._follow:
            while len(self._views) > ALIVE:
                self._drop(self._views.pop(0))
                self._has_older = True
        self.jump_to_latest()

    def replace_answer(self, turn: Turn) -> AnswerView:
        """Another version takes the place of the last answer."""
        if self._views and isinstance(self._views[-1], AnswerView):
            self._drop(self._views.pop())
        view = self._make(turn)
        assert isinstance(view, AnswerView)
        self._add(view)
        self.jump_to_latest()
        return view

    def answer(self, turn_id: int) -> AnswerView | None:
        """The answer with this id, if it is built."""
        found = next((view for view in reversed(self._views) if view.turn.id == turn_id), None)
        return found if isinstance(found, AnswerView) else None

    def views(self) -> list[TurnView]:
        """What is built, from top to bottom."""
        return list(self._views)

    def answers(self) -> list[AnswerView]:
        return [view for view in self._views if isinstance(view, AnswerView)]

    def questions(self) -> list[QuestionView]:
        return [view for view in self._views if isinstance(view, QuestionView)]

    @property
    def has_turns(self) -> bool:
        return bool(self._views)

    def set_editable(self, editable: bool) -> None:
        """False while an answer is under way."""
        for view in self.questions():
            view.set_editable(editable)

    def leave_editing(self) -> bool:
        """Close the field that has the keyboard; → whether there was one."""
        return any(view.leave_editing() for view in self._views)

    def jump_to_latest(self) -> None:
        self._follow = True
        self.latest.hide()
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    @property
    def is_following(self) -> bool:
        return self._follow

    def _make(self, turn: Turn) -> TurnView:
        if turn.role == "question":
            question = QuestionView(turn, self._documents)
            question.edited.connect(lambda text, i=turn.id: self.question_edited.emit(i, text))
            question.left.connect(self.editing_left)
            question.version_asked.connect(lambda n, i=turn.id: self.version_asked.emit(i, n))
            return question
        view = AnswerView(turn, self._summed_up)
        _connect(self, view, turn.id)
        return view

    def _add(self, view: TurnView, at: int | None = None) -> None:
        index = len(self._views) if at is None else at
        self._views.insert(index, view)
        self._column.insertWidget(index, view)
        if index == 0:
            view.lower()  # a screen reader reads children in their own order, and this one was made last
        view.show()  # a layout passes over what is not shown yet, and its height is needed now

    def _drop(self, view: TurnView) -> None:
        self._column.removeWidget(view)
        view.hide()
        view.deleteLater()

    def _restyle(self) -> None:
        self._column_widget.setMaximumWidth(theme().px(theme().size("column")))
        for view in self._views:
            view.restyle()

    # --- scrolling --------------------------------------------------------------------------------------------------

    def _range_changed(self, _: int, maximum: int) -> None:
        if self._follow:
            self.verticalScrollBar().setValue(maximum)
        elif self._anchor is not None:
            self._hold()

    def _hold(self) -> None:
        """Keep the anchor where it was in the viewport while what is above it finds its height."""
        if self._anchor is not None:
            view, y = self._anchor
            self.verticalScrollBar().setValue(view.mapTo(self._inner, QPoint(0, 0)).y() - y)

    def _moved(self, value: int) -> None:
        bar = self.verticalScrollBar()
        self._follow = value >= bar.maximum() - NEAR_BOTTOM
        self.latest.setVisible(not self._follow and value < bar.maximum() - NEAR_TOP)
        if value < NEAR_TOP and self._has_older and bar.maximum() > 0 and self._anchor is None:
            self._older_timer.start()

    def _add_older(self) -> None:
        """Build the turns before the first, and keep what is read where it is."""
        if not self._views or self._waiting:
            return
        turns = self._load(MORE, self._views[0].turn.id)
        self._has_older = len(turns) == MORE
        if not turns:
            return
        first = self._views[0]
        self._anchor = (first, first.mapTo(self.viewport(), QPoint(0, 0)).y())
        self._follow = False
        self._waiting = turns
        self._build_some()

    def _build_some(self) -> None:
        """Build waiting turns for a moment; the rest when the window has nothing else to do."""
        end = time.perf_counter() + SLICE_S
        while self._waiting and time.perf_counter() < end:
            self._add(self._make(self._waiting.pop()), 0)
        if self._waiting:
            self._build_timer.start()
        elif self._anchor is not None:
            self._anchor_timer.start()

    def _let_go(self) -> None:
        self._hold()
        self._anchor = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # The column stays in line with the composer when the scroll bar comes and goes.
        bar = self.width() - self.viewport().width()
        self._margins.setContentsMargins(24, 0, max(24 - bar, 0), 0)
        side = self.latest.width()
        right = (self.width() + min(self.width() - 48, self._column_widget.maximumWidth())) // 2
        self.latest.move(right - side - 8, self.height() - side - 8)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_End:
            self.jump_to_latest()
        elif event.key() == Qt.Key.Key_Home:
            self.verticalScrollBar().setValue(0)
        else:
            super().keyPressEvent(event)


def _connect(transcript: Transcript, view: AnswerView, turn_id: int) -> None:
    """What is asked at an answer is asked of the transcript, with the answer's id."""
    view.source_opened.connect(lambda n: transcript.source_opened.emit(view, n))
    view.passage_opened.connect(transcript.passage_opened)
    view.why_asked.connect(lambda: transcript.why_asked.emit(view))
    view.bar.shares_asked.connect(lambda: transcript.shares_asked.emit(view))
    view.link_clicked.connect(transcript.link_clicked)
    view.regenerate_asked.connect(lambda: transcript.regenerate_asked.emit(turn_id))
    view.search_all_asked.connect(lambda: transcript.search_all_asked.emit(turn_id))
    view.model_asked.connect(lambda: transcript.model_asked.emit(turn_id))
    view.version_asked.connect(lambda n: transcript.version_asked.emit(turn_id, n))
    view.bar.branch_asked.connect(lambda: transcript.branch_asked.emit(turn_id))
    view.left.connect(transcript.editing_left)
    view.rated.connect(lambda rating, text: transcript.rated.emit(turn_id, rating, text))


class _Sheet(QWidget):
    """What the turns lie on. It is opaque, so that scrolling moves what is painted and paints only what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), theme().color("surface"))
