"""A text of which each word can be pointed at, by mouse and by keyboard, to be told its share."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocumentFragment,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QToolTip

from app.gui.theme import theme
from app.workers.calls.engine import TokenLogprob

UNLIKELY = 0.2
"""Below this share a word is underlined plainly."""
REST_MS = 300
"""How long the mouse rests on a word before it is told: who only passes by is not disturbed."""


class SharedWords(QTextEdit):
    """The words of an answer as the model has them, as high as they need."""

    reached = Signal(object)
    """The TokenLogprob that the keyboard is on; None when it leaves."""

    def __init__(self, doubtful: float) -> None:
        super().__init__()
        self._doubtful = doubtful
        self._words: Sequence[TokenLogprob] = ()
        self._told: Sequence[str] = ()
        self._starts: list[int] = []
        self.at = -1
        """The word that the keyboard is on; -1: none."""
        self._pointed = -1
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(lambda: self._tell(self._pointed))
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The answer, word by word: the arrow keys say how sure each one was"))
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def show_words(self, words: Sequence[TokenLogprob], told: Sequence[str]) -> None:
        """`told` is what is said of each, as rich text."""
        self.clear()
        self._words, self._told, self._starts = words, told, []
        cursor = QTextCursor(self.document())
        for each in words:
            self._starts.append(cursor.position())
            cursor.insertText(each.token, self._look(each))

    def word_at(self, place: QPoint) -> int:
        """The word below a point of the viewport; -1: none."""
        position = self.document().documentLayout().hitTest(place.toPointF(), Qt.HitTestAccuracy.ExactHit)
        return bisect.bisect_right(self._starts, position) - 1 if position >= 0 else -1

    def sizeHint(self) -> QSize:
        return QSize(200, round(self.document().size().height()))

    # --- the mouse ----------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        pointed = self.word_at(event.position().toPoint())
        if pointed != self._pointed:
            self._pointed = pointed
            QToolTip.hideText()
            if pointed >= 0:
                self._rest.start()
            else:
                self._rest.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointed = -1
        self._rest.stop()
        super().leaveEvent(event)

    def _tell(self, word: int) -> None:
        if 0 <= word < len(self._told):
            place = self._place(word)
            corner = self.viewport().mapToGlobal(place.bottomLeft() + QPoint(0, 4))
            QToolTip.showText(corner, self._told[word], self.viewport(), place)

    # --- the keyboard -------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """From word to word, and with Ctrl to the next doubtful one; Tab leaves."""
        key, last = event.key(), len(self._words) - 1
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}.get(Qt.Key(key))
        if step is not None and last >= 0:
            doubtful = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._go(self._next(step, doubtful=doubtful))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and last >= 0:
            self._go(0 if key == Qt.Key.Key_Home else last)
        elif key == Qt.Key.Key_Escape and QToolTip.isVisible():
            QToolTip.hideText()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason and self._words:
            self._go(max(self.at, 0))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setExtraSelections([])
        self.reached.emit(None)

    def _next(self, step: int, *, doubtful: bool) -> int:
        at = self.at + step
        while doubtful and 0 <= at < len(self._words) and math.exp(self._words[at].logprob) >= self._doubtful:
            at += step
        return at if 0 <= at < len(self._words) else max(self.at, 0)

    def _go(self, word: int) -> None:
        self.at = word
        selection = QTextEdit.ExtraSelection()
        cursor = self._cursor(word)
        selection.cursor = cursor
        selection.format.setBackground(theme().color("selected"))
        self.setExtraSelections([selection])
        self._tell(word)
        self.reached.emit(self._words[word])
        said = self._told[word]
        self.setAccessibleDescription(plain(said))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, plain(said)))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _cursor(self, word: int) -> QTextCursor:
        end = self._starts[word + 1] if word + 1 < len(self._starts) else self.document().characterCount() - 1
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._starts[word])
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _place(self, word: int) -> QRect:
        """Where it is on the viewport."""
        cursor = self._cursor(word)
        end = self.cursorRect(cursor)
        cursor.setPosition(self._starts[word])
        start = self.cursorRect(cursor)
        return start.united(end) if start.top() == end.top() else start.adjusted(0, 0, 24, 0)

    def _fit(self, *_: object) -> None:
        self.setFixedHeight(max(round(self.document().size().height()) + 2, theme().line("body")))

    def _look(self, word: TokenLogprob) -> QTextCharFormat:
        look = QTextCharFormat()
        look.setFont(theme().font("body"))
        look.setForeground(theme().color("text"))
        share = math.exp(word.logprob)
        if share < self._doubtful:
            style = QTextCharFormat.UnderlineStyle
            look.setUnderlineStyle(style.SingleUnderline if share < UNLIKELY else style.DotLine)
            look.setUnderlineColor(theme().color("warning"))
        return look


def plain(told: str) -> str:
    """Rich text as a screen reader says it."""
    return " ".join(QTextDocumentFragment.fromHtml(told).toPlainText().split())
