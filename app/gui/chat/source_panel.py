"""The open passage beside the chat: the page it stands on, or its text, with the words that were used marked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QIntValidator, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.chat.page_image import PageView, decode_page
from app.gui.chat.passage_text import PassageText
from app.gui.chat.source_cards import file_icon
from app.gui.chat.sources import SourceReader, changed_since, has_original
from app.gui.theme import theme
from app.gui.widgets import (
    CITE_SIZE,
    Button,
    ElidedLabel,
    IconButton,
    IconLabel,
    Label,
    ThemedWidget,
    citation_width,
    paint_citation,
)
from app.gui.widgets.page_frame import Separator
from app.types import Passage
from app.workers.protocol import DocumentText, PageImage

ZOOMS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
MARGIN = 17
MARK_GAP = 96
"""Pixels above the passage that stay in view, so that its context can be read."""


class SourcePanel(QWidget):
    """Shows one source at a time; Previous and Next go through the sources of the answer."""

    closed = Signal()
    open_file_asked = Signal(str)
    source_changed = Signal(int)
    """The number that is shown now."""

    def __init__(self, reader: SourceReader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._passages: list[Passage] = []
        self._numbered = True
        self._at = 0
        self._page = 1
        self._pages = 1
        self._zoom = 1.0
        self._covers = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_head())
        column.addWidget(Separator())
        self._bar = self._make_page_bar()
        column.addWidget(self._bar)
        self._strip = _Strip()
        column.addWidget(self._strip)
        self._stack = QStackedWidget()
        self._page_view = PageView()
        self._scroll = self._make_scroll(self._page_view)
        self.text = PassageText()
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self.text)
        column.addWidget(self._stack, 1)
        column.addWidget(Separator())
        column.addWidget(self._make_foot())
        self.setMinimumWidth(0)
        self.setAccessibleName(self.tr("Source"))
        reader.page_rendered.connect(self._page_rendered)
        reader.text_read.connect(self._text_read)
        reader.failed.connect(self._original_failed)
        theme().changed.connect(self._restyle)

    # --- what a person does -------------------------------------------------------------------------------------------

    def show_passages(self, passages: Sequence[Passage], at: int, *, numbered: bool = True) -> None:
        """Show passage `at` (from 0) of these; without numbers they are no evidence."""
        self._passages, self._numbered = list(passages), numbered
        self._go(at)

    def step(self, by: int) -> None:
        """The next source (1) or the one before (-1)."""
        if 0 <= self._at + by < len(self._passages):
            self._go(self._at + by)

    def turn_page(self, by: int) -> None:
        self.show_page(self._page + by)

    def show_page(self, page: int) -> None:
        """Turn to a page, counted from 1."""
        page = min(max(page, 1), self._pages)
        self._page = page
        self._reader.want_page(self._passages[self._at], page)
        self._show_page_state()

    def zoom(self, direction: int) -> None:
        at = min(range(len(ZOOMS)), key=lambda i: abs(ZOOMS[i] - self._zoom))
        self._zoom = ZOOMS[min(max(at + direction, 0), len(ZOOMS) - 1)]
        self._fit()
        self._show_page_state()

    def set_covering(self, covers: bool) -> None:
        """Whether the panel takes the chat's place, and closing it is going back."""
        self._covers = covers
        self._back.setVisible(covers)
        self._close.setVisible(not covers)

    @property
    def passage(self) -> Passage | None:
        """What is shown."""
        return self._passages[self._at] if self._passages else None

    @property
    def number(self) -> int:
        """The source's number, 0 where passages have none."""
        return self._at + 1 if self._numbered and self._passages else 0

    @property
    def page_view(self) -> PageView:
        return self._page_view

    # --- showing ------------------------------------------------------------------------------------------------------

    def _go(self, at: int) -> None:
        self._at = at
        passage = self._passages[at]
        self._icon.set_icon(file_icon(passage.document))
        self._name.set_text(passage.document)
        self._chip.show_number(self.number)
        count = len(self._passages)
        words = self.tr("Source {n} of {all}") if self._numbered else self.tr("Passage {n} of {all}")
        self._where.setText(words.format(n=at + 1, all=count))
        self._previous.setEnabled(at > 0)
        self._next.setEnabled(at + 1 < count)
        self._show_strip(passage)
        is_pdf = passage.page is not None and passage.document.lower().endswith(".pdf")
        if is_pdf and has_original(passage):
            self._page = self._pages = passage.page or 1
            self._bar.show()
            self._stack.setCurrentWidget(self._scroll)
            self._show_page_state()
            self._reader.want_page(passage, self._page)
        else:
            self._show_text(passage)
        self.source_changed.emit(self.number)

    def _show_strip(self, passage: Passage) -> None:
        exists = has_original(passage)
        self._open.setEnabled(exists)
        self._open.setToolTip(
            passage.path if exists else self.tr("The file is no longer at {p}").format(p=passage.path)
        )
        if not exists:
            self._strip.say(self.tr("The original is no longer there. This is the text as it was indexed."))
        elif changed_since(passage):
            self._strip.say(self.tr("The file changed after it was indexed. The passage may read differently now."))
        else:
            self._strip.say("")

    def _show_text(self, passage: Passage) -> None:
        self._bar.hide()
        self._stack.setCurrentWidget(self.text)
        self.text.show_passage(passage)
        self._reader.want_text(passage.document_id)

    def _page_rendered(self, document_id: int, page: int, image: PageImage) -> None:
        passage = self.passage
        if passage is None or passage.document_id != document_id or page != self._page:
            return
        self._pages = image.pages
        name = self.tr("{document}, page {page}").format(document=passage.document, page=page)
        self._page_view.show_page(image, decode_page(image), name)
        self._fit()
        self._show_page_state()
        self._scroll.verticalScrollBar().setValue(max(round(self._page_view.mark_top()) - MARK_GAP, 0))

    def _text_read(self, document_id: int, text: DocumentText) -> None:
        passage = self.passage
        if passage is not None and passage.document_id == document_id:
            self.text.show_document(passage, text.text)

    def _original_failed(self, document_id: int, error: AppError) -> None:
        """Fall back to the text that was stored with the answer."""
        passage = self.passage
        if passage is None or passage.document_id != document_id:
            return
        if self._stack.currentWidget() is self._scroll:
            self._show_text(passage)
        words = self.tr("The original cannot be shown: {reason} This is the passage as it was indexed.")
        self._strip.say(words.format(reason=error.message))

    def _show_page_state(self) -> None:
        self._field.setText(str(self._page))
        self._field.setValidator(QIntValidator(1, self._pages, self._field))
        self._of.setText(self.tr("of {n}").format(n=self._pages))
        self._earlier.setEnabled(self._page > 1)
        self._later.setEnabled(self._page < self._pages)
        self._percent.setText(f"{round(self._scale() * 100)}%")

    def _scale(self) -> float:
        """How large the page is drawn, 1.0 for its size on paper at 96 pixels an inch."""
        image = self._page_view.image
        if image is None:
            return self._zoom
        return self._page_view.width() / (image.width / image.scale * 96 / 72)

    def _fit(self) -> None:
        width = self._scroll.viewport().width() - 2 * MARGIN
        self._page_view.fit_width(max(round(width * self._zoom), 80))

    def _restyle(self) -> None:
        if self._stack.currentWidget() is self.text:
            self.text.restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        if self._passages:
            self._show_page_state()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("surface"))

    # --- parts --------------------------------------------------------------------------------------------------------

    def _make_head(self) -> QWidget:
        head = QWidget()
        head.setMinimumHeight(theme().size("topbar") - 1)
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        self._back = Button(self.tr("Back"), icon="chevron-left")
        self._back.clicked.connect(self.closed)
        self._back.hide()
        self._icon = IconLabel("file-text", "text2", 16)
        self._name = ElidedLabel("", "uiStrong", mode=Qt.TextElideMode.ElideMiddle)
        self._open = Button(self.tr("Open file"), icon="external-link")
        self._open.clicked.connect(self._open_file)
        self._close = IconButton("x", self.tr("Close source"), "Esc", side=32)
        self._close.clicked.connect(self.closed)
        row.addWidget(self._back)
        row.addWidget(self._icon)
        row.addWidget(self._name, 1)
        row.addWidget(self._open)
        row.addWidget(self._close)
        return head

    def _open_file(self) -> None:
        if self.passage is not None:
            self.open_file_asked.emit(self.passage.path)

    def _make_page_bar(self) -> QWidget:
        bar = QWidget()
        outer = QVBoxLayout(bar)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(12, 5, 12, 5)
        row.setSpacing(4)
        self._earlier = IconButton("chevron-left", self.tr("Previous page"))
        self._earlier.clicked.connect(lambda: self.turn_page(-1))
        self._field = QLineEdit()
        self._field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._field.setFixedWidth(theme().px(40))
        self._field.setAccessibleName(self.tr("Page"))
        self._field.editingFinished.connect(self._page_typed)
        self._of = Label("", "ui", "text2")
        self._later = IconButton("chevron-right", self.tr("Next page"))
        self._later.clicked.connect(lambda: self.turn_page(1))
        smaller = IconButton("zoom-out", self.tr("Smaller"))
        smaller.clicked.connect(lambda: self.zoom(-1))
        self._percent = Label("", "caption", "text2")
        self._percent.setMinimumWidth(theme().px(40))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        larger = IconButton("zoom-in", self.tr("Larger"))
        larger.clicked.connect(lambda: self.zoom(1))
        for widget in (self._earlier, self._field, self._of, self._later):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (smaller, self._percent, larger):
            row.addWidget(widget)
        outer.addLayout(row)
        outer.addWidget(Separator())
        return bar

    def _page_typed(self) -> None:
        if self._passages and self._field.text() and int(self._field.text()) != self._page:
            self.show_page(int(self._field.text()))

    def _make_scroll(self, view: PageView) -> QScrollArea:
        area = _Desk()
        area.setFrameShape(QFrame.Shape.NoFrame)
        inner = QWidget()
        inner.setObjectName("scrollBody")
        column = QVBoxLayout(inner)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(view, alignment=Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        area.setWidget(inner)
        area.setWidgetResizable(True)
        return area

    def _make_foot(self) -> QWidget:
        foot = QWidget()
        foot.setMinimumHeight(56)
        row = QHBoxLayout(foot)
        row.setContentsMargins(18, 0, 12, 0)
        row.setSpacing(8)
        self._chip = _NumberChip()
        self._where = Label("", "ui", "text2")
        self._previous = Button(self.tr("Previous"), icon="chevron-left")
        self._previous.setToolTip("Ctrl [")
        self._previous.clicked.connect(lambda: self.step(-1))
        self._next = Button(self.tr("Next"), trailing="chevron-right")
        self._next.setToolTip("Ctrl ]")
        self._next.clicked.connect(lambda: self.step(1))
        row.addWidget(self._chip)
        row.addWidget(self._where)
        row.addStretch(1)
        row.addWidget(self._previous)
        row.addWidget(self._next)
        return foot


class _Desk(QScrollArea):
    """What a page lies on."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Page"))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self.viewport()).fillRect(self.viewport().rect(), theme().color("hover"))


class _NumberChip(ThemedWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = 0

    def show_number(self, number: int) -> None:
        self._number = number
        self.setVisible(number > 0)
        self.setFixedSize(citation_width(str(number)), theme().px(CITE_SIZE))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_citation(QPainter(self), QRectF(self.rect()), str(self._number), active=True)


class _Strip(QWidget):
    """A warning across the panel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(IconLabel("triangle-alert", "warning", 16), alignment=Qt.AlignmentFlag.AlignTop)
        self._label = Label("", "caption", "text", wrap=True)
        row.addWidget(self._label, 1)
        self.hide()

    def say(self, text: str) -> None:
        self._label.setText(text)
        self.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("warningSoft"))
