"""How sure the model is of each word of an answer: doubtful ones are underlined, and say what it weighed beside."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from app.core.calls.chats import WeighWords, WordsWeighed
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.theme import theme
from app.gui.widgets import Label
from app.workers.calls.engine import TokenLogprob

DOUBTFUL, UNLIKELY = 0.5, 0.2
"""Below these shares a word is underlined, and underlined twice as plainly."""
NAMED = 3


class WordShares(QWidget):
    """Asks the core when it is shown; a screen reader and the keyboard have the list of the least sure words."""

    def __init__(self, core: CoreClient, answer_id: int) -> None:
        super().__init__()
        self._core, self._answer_id = core, answer_id
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        self.said = Label(self.tr("Weighing each word…"), "caption", "text2", wrap=True)
        self.text = _Words()
        self.text.hide()
        column.addWidget(self.text)
        column.addWidget(self.said)

    def ask(self) -> None:
        """Have the model weigh them; what comes is shown."""
        wanted = [True]  # not a field: what is asked outlives the widget
        job = self._core.request(
            WeighWords(answer_id=self._answer_id),
            done=lambda data: self._weighed(data) if wanted else None,
            failed=lambda error: self._failed(error) if wanted else None,
        )
        self.destroyed.connect(lambda: wanted.clear())
        self.destroyed.connect(lambda: job.cancel(insist=False))

    def _weighed(self, data: WordsWeighed) -> None:
        self.text.show_words(data.words)
        self.text.show()
        doubtful = [each for each in data.words if share(each.logprob) < DOUBTFUL]
        doubtful.sort(key=lambda each: each.logprob)
        head = self.tr("As {0} weighs it: the share of each word is in its tooltip.").format(data.model)
        if not doubtful:
            self.said.setText(f"{head} {self.tr('It is sure of every one.')}")
            return
        least = "; ".join(words_of(each) for each in doubtful[:NAMED])
        count = self.tr("{0} of {1} are doubtful, the least sure: {2}.").format(len(doubtful), len(data.words), least)
        self.said.setText(f"{head} {count}")

    def _failed(self, error: AppError) -> None:
        self.said.setText(str(error))


class _Words(QTextEdit):
    """The words of the answer as the model has them, as high as they need."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.viewport().setAutoFillBackground(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The answer, word by word"))
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def show_words(self, words: Sequence[TokenLogprob]) -> None:
        self.clear()
        cursor = QTextCursor(self.document())
        for each in words:
            cursor.insertText(each.token, _look(each))

    def sizeHint(self) -> QSize:
        return QSize(200, round(self.document().size().height()))

    def _fit(self, *_: object) -> None:
        self.setFixedHeight(max(round(self.document().size().height()) + 2, theme().line("body")))


def _look(word: TokenLogprob) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setFont(theme().font("body"))
    look.setForeground(theme().color("text"))
    look.setToolTip(html.escape(words_of(word)).replace("; ", "<br>"))
    if share(word.logprob) < DOUBTFUL:
        style = QTextCharFormat.UnderlineStyle
        look.setUnderlineStyle(style.SingleUnderline if share(word.logprob) < UNLIKELY else style.DotLine)
        look.setUnderlineColor(theme().color("warning"))
    return look


def words_of(word: TokenLogprob) -> str:
    """ "“Berlin” 31 % (“Munich” 40 %, “Bonn” 12 %)"."""
    rivals = ", ".join(_named(each.token, each.logprob) for each in word.top if each.token != word.token)
    return _named(word.token, word.logprob) + (f" ({rivals})" if rivals else "")


def share(logprob: float) -> float:
    """From 0 to 1."""
    return min(math.exp(logprob), 1.0)


def _named(token: str, logprob: float) -> str:
    return f"“{token.strip() or repr(token)}” {share(logprob):.0%}"
