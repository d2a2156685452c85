"""A document's text with the passage marked and the sentence that answers best made stronger."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from app.gui.theme import theme
from app.types import Passage

AROUND = 20_000
"""Characters shown before and after the passage: a book as one text document would take seconds."""
MARK_GAP = 72


class PassageText(QTextEdit):
    """Read-only text. Until the document's text has come, the passage as it was stored stands alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(20)
        self.setAccessibleName(self.tr("Text of the document"))
        self._passage: Passage | None = None
        self._text = ""
        self._start = 0

    def show_passage(self, passage: Passage) -> None:
        """Show the stored words of the passage."""
        self._passage, self._text, self._start = passage, passage.text, 0
        self._write()

    def show_document(self, passage: Passage, text: str) -> None:
        """Show the passage where it stands; the stored words stay if the document reads differently now."""
        if not passage.text or text[passage.start : passage.end].strip() != passage.text.strip():
            found = text.find(passage.text) if passage.text else -1
            if found < 0:
                return
            start = found
        else:
            start = passage.start
        first = max(start - AROUND, 0)
        self._text = text[first : start + len(passage.text) + AROUND]
        self._passage, self._start = passage, start - first
        self._write()

    def restyle(self) -> None:
        if self._passage is not None:
            self._write()

    def marked_text(self) -> str:
        """The words that are marked."""
        length = len(self._passage.text) if self._passage else 0
        return self._text[self._start : self._start + length]

    def _write(self) -> None:
        assert self._passage is not None
        # Qt counts UTF-16 units, we count code points.
        self.clear()
        block = QTextBlockFormat()
        block.setLineHeight(theme().line("body") - 2, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        plain = QTextCharFormat()
        plain.setFont(theme().font("ui"))
        plain.setForeground(theme().color("text"))
        mark = QTextCharFormat(plain)
        mark.setBackground(theme().color("mark"))
        mark.setForeground(theme().color("onMark"))
        strong = QTextCharFormat(mark)
        strong.setFontWeight(QFont.Weight.DemiBold)
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.setBlockFormat(block)
        at = self._start
        end = at + len(self._passage.text)
        best_start, best_end = self._passage.best or (0, 0)
        cursor.insertText(self._text[:at], plain)
        begin = cursor.position()
        for piece, look in (
            (self._text[at : at + best_start], mark),
            (self._text[at + best_start : at + best_end], strong),
            (self._text[at + best_end : end], mark),
        ):
            cursor.insertText(piece, look)
        cursor.insertText(self._text[end:], plain)
        cursor.endEditBlock()
        self._scroll_to(begin)

    def _scroll_to(self, position: int) -> None:
        cursor = QTextCursor(self.document())
        cursor.setPosition(position)
        top = self.cursorRect(cursor).top() + self.verticalScrollBar().value()
        self.verticalScrollBar().setValue(max(top - MARK_GAP, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme().color("surface"))
        painter.end()
        super().paintEvent(event)
