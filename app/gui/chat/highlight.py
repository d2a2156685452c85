"""Colours for code: Pygments names the tokens, in slices so short that no key press waits for them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound
from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.gui.theme import theme

SLICE_S = 0.006
Run = tuple[int, int, str]  # start and length in a line, kind

_KINDS: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "comment"),
    (Keyword, "keyword"),
    (String, "string"),
    (Number, "number"),
    (Name.Function, "name"),
    (Name.Class, "name"),
    (Name.Tag, "keyword"),
    (Name.Attribute, "name"),
    (Name.Builtin, "name"),
    (Operator.Word, "keyword"),
)
_COLORS = {"comment": "text3", "keyword": "accent", "string": "success", "number": "chart2", "name": "citeText"}


def find_lexer(language: str) -> Lexer | None:
    """The lexer of a language as written after the fence, or None."""
    if not language:
        return None
    try:
        return get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def token_runs(lexer: Lexer, text: str) -> Iterator[tuple[int, Run]]:
    """(line, run) of every token that has a colour."""
    line, column = 0, 0
    for kind, value in lexer.get_tokens(text):
        name = _name(kind)
        for index, piece in enumerate(value.split("\n")):
            if index:
                line, column = line + 1, 0
            if piece and name:
                yield line, (column, len(piece), name)
            column += len(piece)


def _name(kind: _TokenType) -> str:
    return next((name for parent, name in _KINDS if kind in parent), "")


class CodeHighlighter(QSyntaxHighlighter):
    """Colours a document's lines as their tokens become known."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._runs: dict[int, list[Run]] = {}
        self._source: Iterator[tuple[int, Run] | None] = iter(())
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._step)
        self._formats: dict[str, QTextCharFormat] = {}
        self.recolor()

    def start(self, text: str, language: str) -> None:
        """Tokenize anew, in slices."""
        self._runs.clear()
        self._source = self._tokens(text, language)
        self._timer.start()

    @staticmethod
    def _tokens(text: str, language: str) -> Iterator[tuple[int, Run] | None]:
        lexer = find_lexer(language)
        yield None  # finding a lexer imports it: enough for one slice
        if lexer is not None:
            yield from token_runs(lexer, text)

    def recolor(self) -> None:
        """Take the theme's present colours."""
        for kind, token in _COLORS.items():
            made = QTextCharFormat()
            made.setForeground(theme().color(token))
            made.setFontItalic(kind == "comment")
            if kind == "keyword":
                made.setFontWeight(QFont.Weight.DemiBold)
            self._formats[kind] = made
        if self._runs:
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        for start, length, kind in self._runs.get(self.currentBlock().blockNumber(), ()):
            self.setFormat(start, length, self._formats[kind])

    def _step(self) -> None:
        end = time.perf_counter() + SLICE_S
        touched: set[int] = set()
        more = False
        for found in self._source:
            if found is not None:
                line, run = found
                self._runs.setdefault(line, []).append(run)
                touched.add(line)
            if found is None or time.perf_counter() > end:
                more = True
                break
        for line in touched:
            self.rehighlightBlock(self.document().findBlockByNumber(line))
        if more:
            self._timer.start()
        else:
            self._timer.stop()
