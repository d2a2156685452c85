"""How sure the model is of each word of an answer: doubtful ones are underlined, and say what it weighed beside."""

from __future__ import annotations

import html
import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.calls.chats import WeighWords, WordsWeighed
from app.errors import AppError
from app.gui.chat.shared_words import SharedWords
from app.gui.core_client import CoreClient
from app.gui.widgets import IconButton, Label
from app.workers.calls.engine import TokenLogprob

DOUBTFUL = 0.5
"""Below this share a word is underlined."""
NAMED = 3


class WordShares(QWidget):
    """Asks the core when it is shown. The share of a word is told where the mouse rests or the keyboard goes."""

    def __init__(self, core: CoreClient, answer_id: int) -> None:
        super().__init__()
        self._core, self._answer_id = core, answer_id
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        self.said = Label(self.tr("Weighing each word…"), "caption", "text2", wrap=True)
        self.text = SharedWords(DOUBTFUL)
        self.text.reached.connect(self._reached)
        self.text.hide()
        self.word = Label("", "uiStrong", "text", wrap=True)
        self.word.hide()
        self.closing = IconButton("x", self.tr("Hide how sure each word was"), size=14)
        self.closing.clicked.connect(self.deleteLater)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.said, 1)
        head.addWidget(self.closing, alignment=Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.text)
        column.addWidget(self.word)
        column.addLayout(head)

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
        self.text.show_words(data.words, [as_table(each) for each in data.words])
        self.text.show()
        doubtful = [each for each in data.words if share(each.logprob) < DOUBTFUL]
        doubtful.sort(key=lambda each: each.logprob)
        beside = self.tr("As {0} weighs it, with the cited passages before it.")
        head = beside.format(data.model) if data.passages else self.tr("As {0} weighs it.").format(data.model)
        head += " " + self.tr("Rest the mouse on a word, or go through them with the arrow keys.")
        if not doubtful:
            self.said.setText(f"{head} {self.tr('It is sure of every one.')}")
            return
        least = "; ".join(words_of(each) for each in doubtful[:NAMED])
        count = self.tr("{0} of {1} are doubtful, the least sure: {2}.").format(len(doubtful), len(data.words), least)
        self.said.setText(f"{head} {count}")

    def _reached(self, word: TokenLogprob | None) -> None:
        """The keyboard is on this one, or has left."""
        self.word.setText(words_of(word) if word is not None else "")
        self.word.setVisible(word is not None)

    def _failed(self, error: AppError) -> None:
        self.said.setText(str(error))


def words_of(word: TokenLogprob) -> str:
    """ "“Berlin” 31 % (“Munich” 40 %, “Bonn” 12 %)"."""
    rivals = ", ".join(_named(each.token, each.logprob) for each in word.top if each.token != word.token)
    return _named(word.token, word.logprob) + (f" ({rivals})" if rivals else "")


def as_table(word: TokenLogprob) -> str:
    """The word and what was weighed beside it, likeliest first, as rich text: a row each."""
    all_of = {each.token: each.logprob for each in word.top} | {word.token: word.logprob}
    rows = sorted(all_of.items(), key=lambda each: -each[1])
    cells = (
        (f"<b>{shown}</b>" if token == word.token else shown, f"{share(logprob):.0%}")
        for token, logprob in rows
        for shown in (html.escape(_word(token)),)
    )
    lines = "".join(f'<tr><td>{name}</td><td align="right">&nbsp;&nbsp;{part}</td></tr>' for name, part in cells)
    return f"<table>{lines}</table>"


def share(logprob: float) -> float:
    """From 0 to 1."""
    return min(math.exp(logprob), 1.0)


def _named(token: str, logprob: float) -> str:
    return f"“{_word(token)}” {share(logprob):.0%}"


def _word(token: str) -> str:
    """As people can see it: a line break has a name too."""
    return token.strip() or repr(token)
