"""Paragraphs in a text widget that is as high as its text, opens nothing by itself and copies as it reads."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from app.gui.chat.chips import (
    CARET,
    CHIP,
    CITE_SCHEME,
    FLAG,
    NUMBER,
    OBJECT,
    Citations,
    InlineObjects,
    chip_format,
    flag_text,
    object_format,
)
from app.gui.chat.markdown import Paragraph, Span
from app.gui.theme import FontRole, theme

INDENT = 24
BLINK_MS = 530
_HEADING_FONTS: dict[int, FontRole] = {1: "title", 2: "heading", 3: "heading"}


class SafeTextBrowser(QTextBrowser):
    """A text browser that never loads what a text names; a link is a signal, nothing more."""

    chip_clicked = Signal(int)
    link_clicked = Signal(str)

    def __init__(self, citations: Citations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._citations = citations
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.viewport().setAutoFillBackground(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        self.setAccessibleName(self.tr("Text"))
        document = self.document()
        document.setDocumentMargin(0)
        document.setIndentWidth(INDENT)
        self._objects = InlineObjects(citations, self._is_focused, self)
        for kind in (CHIP, FLAG, CARET):
            document.documentLayout().registerHandler(kind, self._objects)
        self.anchorClicked.connect(self._open)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing: a text from a model must not open files or network shares. None would not stop Qt."""
        return QImage(1, 1, QImage.Format.Format_ARGB32)

    def createMimeDataFromSelection(self) -> QMimeData:
        """The selection as plain text, chips as they were written."""
        mime = QMimeData()
        mime.setText(self.selected_text())
        return mime

    def selected_text(self) -> str:
        return self._plain(self.textCursor())

    def _plain(self, cursor: QTextCursor) -> str:
        text = cursor.selectedText().replace("\u2029", "\n").replace("\u2028", "\n")
        if OBJECT not in text:
            return text
        probe = QTextCursor(self.document())
        pieces = []
        for offset, char in enumerate(text):
            if char == OBJECT:
                probe.setPosition(cursor.selectionStart() + offset + 1)
                pieces.append(_spoken(probe.charFormat()))
            else:
                pieces.append(char)
        return "".join(pieces)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the transcript scrolls, and Ctrl with the wheel is the window's

    def fit(self) -> None:
        """Be as high as the text."""
        height = max(math.ceil(self.document().size().height()), 1)
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 1)

    def _is_focused(self, position: int) -> bool:
        cursor = self.textCursor()
        return self.hasFocus() and cursor.selectionStart() <= position < cursor.selectionEnd() <= position + 1

    def _open(self, url: QUrl) -> None:
        address = url.toString()
        if address.startswith(CITE_SCHEME):
            self.chip_clicked.emit(int(address.removeprefix(CITE_SCHEME)))
        else:
            self.link_clicked.emit(address)

    def _has_anchors(self) -> None:
        """Only a text with something to open stops the Tab key."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def _spoken(form: QTextCharFormat) -> str:
    if form.objectType() == CHIP:
        return f"[{form.property(NUMBER)}]"
    return f" ({flag_text()})" if form.objectType() == FLAG else ""


class SpanWriter(SafeTextBrowser):
    """Knows how a span of Markdown looks."""

    def write_span(self, cursor: QTextCursor, span: Span, base: QTextCharFormat) -> None:
        """Insert a span at the cursor."""
        if span.cite and span.cite not in self._citations.sources:
            return  # a mark of the model's own: what it stands for is checked when the answer is complete
        if span.cite:
            cursor.insertText(OBJECT, chip_format(span.cite, self._citations, base))
            self._has_anchors()
        elif span.flag:
            cursor.insertText(OBJECT, object_format(FLAG, base))
        else:
            cursor.insertText(span.text.replace("\n", "\u2028"), self._span_format(span, base))
            if span.link:
                self._has_anchors()

    def _span_format(self, span: Span, base: QTextCharFormat) -> QTextCharFormat:
        made = QTextCharFormat(base)
        if span.bold:
            made.setFontWeight(QFont.Weight.DemiBold)
        made.setFontItalic(span.italic)
        made.setFontStrikeOut(span.strike)
        if span.code:
            mono = theme().font("mono")
            made.setFontFamilies(mono.families())
            made.setProperty(QTextCharFormat.Property.FontPixelSize, round(13 * theme().scale))
            made.setBackground(theme().color("hover"))
        if span.link:
            made.setAnchor(True)
            made.setAnchorHref(span.link)
            made.setToolTip(span.link)
            made.setForeground(theme().color("accent"))
            made.setFontUnderline(True)
        if span.unsupported:
            made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DashUnderline)
            made.setUnderlineColor(theme().color("warning"))
        return made


class RichText(SpanWriter):
    """A run of paragraphs. Finished ones stay; the tail of a streaming answer is written anew each time."""

    def __init__(self, citations: Citations, parent: QWidget | None = None) -> None:
        super().__init__(citations, parent)
        self._paragraphs: list[tuple[Paragraph, bool]] = []  # and whether it continues the one before
        self._tail: list[tuple[Paragraph, bool]] = []
        self._tail_start: int | None = None
        self._tail_new_block = False
        self._blink = QTimer(self, interval=BLINK_MS)
        self._blink.timeout.connect(self._toggle_caret)

    def commit(self, paragraphs: Sequence[Paragraph], continues: bool = False) -> None:
        """Add finished paragraphs; the tail is dropped first."""
        self._drop_tail()
        for index, paragraph in enumerate(paragraphs):
            joined = continues and index == 0
            self._write(paragraph, joined)
            self._paragraphs.append((paragraph, joined))

    def set_tail(self, paragraphs: Sequence[Paragraph], caret: bool = False, continues: bool = False) -> None:
        """Write the unfinished end, with the caret behind it."""
        selected = self.textCursor()
        anchor, position = selected.anchor(), selected.position()
        self._drop_tail()
        self._tail = [(each, continues and index == 0) for index, each in enumerate(paragraphs)]
        end = self._end()
        self._tail_start = end.position()
        for paragraph, joined in self._tail:
            self._write(paragraph, joined)
        if caret:
            end = self._end()
            end.insertText(OBJECT, object_format(CARET, self._char_format("body")))
            self._start_blinking()
        else:
            self._blink.stop()
        if anchor != position and max(anchor, position) <= self._tail_start:
            self._select(anchor, position)

    def _select(self, anchor: int, position: int) -> None:
        """A selection that touches the tail must not grow with it."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(anchor)
        cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def clear_tail(self) -> None:
        self._drop_tail()
        self._blink.stop()

    def restyle(self) -> None:
        """Write everything again in the theme's present colours and sizes."""
        paragraphs, tail, caret = self._paragraphs, self._tail, self._blink.isActive()
        self._paragraphs, self._tail, self._tail_start = [], [], None
        self.clear()
        for paragraph, joined in paragraphs:
            self.commit([paragraph], joined)
        if tail or caret:
            self.set_tail([each for each, _ in tail], caret, bool(tail and tail[0][1]))
        self.fit()

    # --- writing ------------------------------------------------------------------------------------------------------

    def _end(self) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        return cursor

    def _drop_tail(self) -> None:
        if self._tail_start is None:
            return
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._tail_start)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        self._tail, self._tail_start = [], None

    def _write(self, paragraph: Paragraph, joined: bool) -> None:
        cursor = self._end()
        first = self.document().isEmpty()
        cursor.beginEditBlock()
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
        cursor.endEditBlock()

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

    def _start_blinking(self) -> None:
        if theme().reduced_motion or QGuiApplication.styleHints().cursorFlashTime() <= 0:
            self._objects.caret_visible = True
        elif not self._blink.isActive():
            self._blink.start()

    def _toggle_caret(self) -> None:
        self._objects.caret_visible = not self._objects.caret_visible
        self.viewport().update()
