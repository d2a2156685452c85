"""The paragraphs of an answer. While it streams, what is new is added behind what stands there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import (
    QFontMetricsF,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QWidget

from app.gui.chat.blocks import Paragraph, Span
from app.gui.chat.chips import Citations
from app.gui.chat.text_browser import SpanWriter
from app.gui.theme import FontRole, theme

BLINK_MS = 530
_HEADING_FONTS: dict[int, FontRole] = {1: "title", 2: "heading", 3: "heading"}
Line = tuple[Paragraph, bool]
"""A paragraph, and whether it continues the one before it."""


class RichText(SpanWriter):
    """A run of paragraphs. Finished ones stay; of the tail only what changed is written again."""

    def __init__(self, citations: Citations, parent: QWidget | None = None) -> None:
        super().__init__(citations, parent)
        self._paragraphs: list[Line] = []
        self._tail: list[Line] = []
        self._tail_start = 0
        self._caret = self._caret_shown = False
        self._caret_rect = QRect()
        self._blink = QTimer(self, interval=BLINK_MS)
        self._blink.timeout.connect(self._toggle_caret)
        self.document().setDefaultFont(theme().font("body"))

    def commit(self, paragraphs: Sequence[Paragraph], continues: bool = False) -> None:
        """Add finished paragraphs in the place of the tail, which may be their beginning."""
        lines = _lines(paragraphs, continues)
        self._write_tail(lines)
        self._paragraphs += lines
        self._tail = []

    def set_tail(self, paragraphs: Sequence[Paragraph], caret: bool = False, continues: bool = False) -> None:
        """Show the unfinished end, with the caret behind it."""
        self._write_tail(_lines(paragraphs, continues))
        self._show_caret(caret)

    def clear_tail(self) -> None:
        """Nothing unfinished is left."""
        self._write_tail([])
        self._show_caret(False)

    def restyle(self) -> None:
        """Write everything again in the theme's present colours and sizes."""
        paragraphs, tail = self._paragraphs, self._tail
        self._paragraphs, self._tail, self._tail_start = [], [], 0
        self.clear()
        self.document().setDefaultFont(theme().font("body"))
        self._write_tail(paragraphs)
        self._paragraphs, self._tail = paragraphs, []
        self._write_tail(tail)
        self.fit()

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write_tail(self, lines: list[Line]) -> None:
        """Put these in the place of the tail: added behind it where they go on from it, else written anew."""
        if lines == self._tail:
            self._tail_start = self._tail_start if lines else self._length()
            return
        selected = self.textCursor()
        anchor, position, words = selected.anchor(), selected.position(), selected.selectedText()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()  # one layout for all of it
        cursor.movePosition(QTextCursor.MoveOperation.End)
        more = _growth(self._tail, lines)
        if more is None:
            if not self._tail:
                self._tail_start = cursor.position()
            cursor.setPosition(self._tail_start, QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
            self._tail = []
        else:
            kept = len(self._tail)
            for span in more:
                self.write_span(cursor, span, self._base_format(lines[kept - 1][0]))
            self._tail = lines[:kept]
        for line in lines[len(self._tail) :]:
            self._write(cursor, *line)
            self._tail.append(line)
        cursor.endEditBlock()
        if words:
            self._select_again(anchor, position, words)

    def _select_again(self, anchor: int, position: int, words: str) -> None:
        """What was selected stays so where it still stands there, and does not grow with the tail."""
        cursor = QTextCursor(self.document())
        if max(anchor, position) > self._length():
            return
        cursor.setPosition(anchor)
        cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
        if cursor.selectedText() == words:
            self.setTextCursor(cursor)

    def _length(self) -> int:
        return self.document().characterCount() - 1

    def _write(self, cursor: QTextCursor, paragraph: Paragraph, joined: bool) -> None:
        first = self.document().isEmpty()
        if not joined or first:
            block = self._block_format(paragraph, first)
            if first:
                cursor.setBlockFormat(block)
            else:
                cursor.insertBlock(block)
        base = self._base_format(paragraph)
        if paragraph.kind == "item" and paragraph.marker:
            cursor.insertText(f"{paragraph.marker}\t", base)
        if joined:
            cursor.insertText(" ", base)
        for span in paragraph.spans:
            self.write_span(cursor, span, base)

    def _base_format(self, paragraph: Paragraph) -> QTextCharFormat:
        if paragraph.kind == "heading":
            return self._char_format(_HEADING_FONTS.get(paragraph.level, "body"), strong=True)
        return self._char_format("body", "text2" if paragraph.quote else "text")

    def _char_format(self, role: FontRole, color: str = "text", strong: bool | None = None) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setFont(theme().font(role, strong=strong))
        made.setForeground(theme().color(color))
        return made

    def _block_format(self, paragraph: Paragraph, first: bool) -> QTextBlockFormat:
        made = QTextBlockFormat()
        role: FontRole = _HEADING_FONTS.get(paragraph.level, "body") if paragraph.kind == "heading" else "body"
        made.setLineHeight(theme().line(role), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        made.setTopMargin(0 if first else self._space_above(paragraph))
        indent = paragraph.level if paragraph.kind == "item" else 0
        made.setIndent(indent + paragraph.quote)
        if paragraph.kind == "item" and paragraph.marker:
            hang = self._hang(paragraph.marker)
            made.setTextIndent(-hang)
            made.setTabPositions([QTextOption.Tab(hang, QTextOption.TabType.LeftTab)])
        if paragraph.kind == "rule":
            made.setProperty(QTextBlockFormat.Property.BlockTrailingHorizontalRulerWidth, 1)
        if paragraph.kind == "heading":
            made.setHeadingLevel(paragraph.level)
        return made

    def _hang(self, marker: str) -> float:
        """How far a marker stands out to the left of its item: at least 20 pixels, more for "100."."""
        width = QFontMetricsF(theme().font("body")).horizontalAdvance(marker)
        return max(20.0, width + 6)

    def _space_above(self, paragraph: Paragraph) -> float:
        if paragraph.kind == "heading":
            return 14.0
        before = (self._tail or self._paragraphs)[-1:]
        listed = bool(before) and before[0][0].kind in ("item", "heading")
        return 4.0 if paragraph.kind == "item" and listed else 8.0

    # --- the caret ----------------------------------------------------------------------------------------------------

    def _show_caret(self, shown: bool) -> None:
        """It is painted and not written, so that it costs no layout."""
        self._caret = self._caret_shown = shown
        still = theme().reduced_motion or QGuiApplication.styleHints().cursorFlashTime() <= 0
        if shown and not still and not self._blink.isActive():
            self._blink.start()
        elif not shown:
            self._blink.stop()
        self.viewport().update(*([self._caret_rect] if self._caret_rect.isValid() else []))

    def _toggle_caret(self) -> None:
        self._caret_shown = not self._caret_shown
        self.viewport().update(self._caret_rect)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._caret:
            return
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        scale = theme().scale
        end = self.cursorRect(cursor)
        width, height = round(8 * scale), round(16 * scale)
        left = end.left() - 2 - width if self.isRightToLeft() else end.left() + 2
        top = end.bottom() - height
        self._caret_rect = QRect(min(max(left, 0), self.viewport().width() - width), top, width, height)
        if self._caret_shown:
            QPainter(self.viewport()).fillRect(self._caret_rect, theme().color("accent"))


def _lines(paragraphs: Sequence[Paragraph], continues: bool) -> list[Line]:
    return [(paragraph, continues and index == 0) for index, paragraph in enumerate(paragraphs)]


def _growth(old: list[Line], new: list[Line]) -> list[Span] | None:
    """The spans that turn the last of the old lines into its successor, or None where more than its end differs."""
    at = len(old) - 1
    if at < 0 or len(new) <= at or new[:at] != old[:at] or new[at][1] != old[at][1]:
        return None
    before, after = old[at][0], new[at][0]
    if replace(before, spans=()) != replace(after, spans=()):
        return None
    count = len(before.spans)
    if after.spans[:count] == before.spans:
        return list(after.spans[count:])
    last, grown = before.spans[-1], after.spans[count - 1] if len(after.spans) >= count else Span()
    same = after.spans[: count - 1] == before.spans[:-1] and replace(grown, text=last.text) == last
    if not same or not last.text or not grown.text.startswith(last.text):
        return None
    return [replace(grown, text=grown.text[len(last.text) :]), *after.spans[count:]]
