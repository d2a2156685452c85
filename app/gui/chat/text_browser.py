"""A text widget that is as high as its text, opens nothing by itself and copies as it reads."""

from __future__ import annotations

import math

from PySide6.QtCore import QMimeData, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QFont,
    QImage,
    QMouseEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from app.gui.chat.blocks import Span
from app.gui.chat.chips import (
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
from app.gui.theme import theme

INDENT = 24


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
        for part in (self, self.viewport()):  # a line more: only that line is painted, not all that stands above it
            part.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
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
        for kind in (CHIP, FLAG):
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

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A chip that was clicked shows no ring: that is the keyboard's."""
        super().mouseReleaseEvent(event)
        cursor = self.textCursor()
        if cursor.selectedText() == OBJECT:
            cursor.clearSelection()
            self.setTextCursor(cursor)

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
