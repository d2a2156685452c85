"""A document's text with the sentence or row that answers marked, and the rest of its passage faintly."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from app.gui.theme import theme
from app.text.plain import faint_of, is_markdown, mark_of, plain
from app.types import Passage

_Parts = tuple[str, str, str, str, str]
"""What is shown before the passage, in it before the mark, in the mark and after it, and after the passage."""

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
        self._parts: _Parts = ("", "", "", "", "")
        self._flagged: list[tuple[int, int]] = []

    def show_passage(self, passage: Passage) -> None:
        """Show the stored words of the passage."""
        self._show(passage, passage.text, 0)

    def show_document(self, passage: Passage, text: str, begin: int = 0) -> None:
        """Show the passage where it stands; the stored words stay if the document reads differently now.

        What comes before `begin` is left out, where the passage does not reach into it: it is shown elsewhere.
        """
        start = passage.start
        if not passage.text or text[passage.start : passage.end].strip() != passage.text.strip():
            start = text.find(passage.text) if passage.text else -1
            if start < 0:
                return
        first = max(start - AROUND, begin if begin <= start else 0)
        self._show(passage, text[first : start + len(passage.text) + AROUND], start - first)

    def restyle(self) -> None:
        if self._passage is not None:
            self._write()

    def marked_text(self) -> str:
        """The words that are marked, as they are shown."""
        return self._parts[2]

    def _show(self, passage: Passage, text: str, start: int) -> None:
        """Take `text` in, in which the passage begins at `start`."""
        self._passage = passage
        self._parts, self._flagged = _parts(passage, text, start)
        self._write()

    def _write(self) -> None:
        self.clear()
        block = QTextBlockFormat()
        block.setLineHeight(theme().line("body") - 2, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        plain = QTextCharFormat()
        plain.setFont(theme().font("ui"))
        plain.setForeground(theme().color("text"))
        faint = QTextCharFormat(plain)
        faint.setBackground(theme().color("cite"))
        mark = QTextCharFormat(plain)
        mark.setBackground(theme().color("mark"))
        mark.setForeground(theme().color("onMark"))
        if self._parts[1] or self._parts[3]:  # not by colour alone
            mark.setFontWeight(QFont.Weight.DemiBold)
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.setBlockFormat(block)
        begin = 0
        for piece, look in zip(self._parts, (plain, faint, mark, faint, plain), strict=True):
            begin = cursor.position() if look is mark else begin
            cursor.insertText(piece, look)
        self._strike(cursor)
        cursor.endEditBlock()
        self._scroll_to(begin)

    def _strike(self, cursor: QTextCursor) -> None:
        """What speaks to an assistant is no evidence, and does not look like any."""
        look = QTextCharFormat()
        look.setBackground(theme().color("warningSoft"))
        look.setForeground(theme().color("warning"))
        look.setFontStrikeOut(True)
        look.setToolTip(self.tr("This text speaks to an AI assistant. It was left out of the answer."))
        for start, end in self._flagged:
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(look)

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


def _parts(passage: Passage, text: str, start: int) -> tuple[_Parts, list[tuple[int, int]]]:
    """The text without marks, cut where the marking begins and ends; and where in it an assistant is addressed."""
    markdown = is_markdown(passage.document)
    end = start + len(passage.text)
    first, last = start, end
    if passage.header:  # its table goes on around it, under the same headers
        first = text.rfind("\n\n", 0, start) + 2 if "\n\n" in text[:start] else 0
        last = text.find("\n\n", end) if "\n\n" in text[end:] else len(text)
    table = plain(text[first:last], passage.header, markdown=markdown)
    outer = faint_of(passage)
    a, b, c, d = (table.place(start - first + place) for place in (outer[0], *mark_of(passage), outer[1]))
    before = plain(text[:first], markdown=markdown).text
    after = plain(text[last:], markdown=markdown).text
    flagged = [
        (len(before) + table.place(start - first + left), len(before) + table.place(start - first + right))
        for left, right in passage.flagged
    ]
    parts = before + table.text[:a], table.text[a:b], table.text[b:c], table.text[c:d], table.text[d:] + after
    return parts, flagged
