"""The open passage beside the chat: the page it stands on, or its text, with the words that were used marked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.assistant.notices import flagged_texts, shortened
from app.cited import cited_as, recognised_words
from app.errors import AppError
from app.formats import came_along, is_paged
from app.gui.chat.find_bar import FindBar
from app.gui.chat.page_image import PageView, decode_page
from app.gui.chat.panel_parts import PageBar, PanelFoot, PanelHead, PlaceBar, Strip
from app.gui.chat.passage_text import PassageText
from app.gui.chat.sheet_view import SheetView
from app.gui.chat.sources import SourceReader, changed_since, has_original
from app.gui.hidden_text import open_hidden_text
from app.gui.theme import theme
from app.gui.widgets.page_frame import Separator
from app.places import cells_of
from app.text.personal.kinds import holds_mark
from app.text.plain import shown
from app.types import Passage
from app.workers.calls.documents import DocumentText, PageImage
from app.workers.calls.grid import Grid

ZOOMS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
MARGIN = 17
READABLE = 0.75
"""Of its size on paper: a page that is drawn smaller asks for more room."""
MARK_GAP = 96
"""Pixels above the passage that stay in view, so that its context can be read."""


class SourcePanel(QWidget):
    """Shows one source at a time; Previous and Next go through the sources of the answer."""

    closed = Signal()
    open_file_asked = Signal(str)
    source_changed = Signal(int)
    """The number that is shown now."""
    width_wanted = Signal(int)
    """Pixels across that the page's text needs to be read."""

    def __init__(self, reader: SourceReader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._passages: list[Passage] = []
        self._numbered = True
        self._at = 0
        self._page = 1
        self._pages = 1
        self._zoom = 1.0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._head, self._bar, self._strip, self._foot = PanelHead(), PageBar(), Strip(), PanelFoot()
        self.place, self.finder = PlaceBar(), FindBar()
        self._stack = QStackedWidget()
        self._page_view = PageView()
        self._scroll = _Desk(self._page_view)
        self.text, self.sheet = PassageText(), SheetView()
        for view in (self._scroll, self.text, self.sheet):
            self._stack.addWidget(view)
        for part in (self._head, Separator(), self._bar, self.place, self.finder, self._strip):
            column.addWidget(part)
        column.addWidget(self._stack, 1)
        column.addWidget(Separator())
        column.addWidget(self._foot)
        self.setMinimumWidth(0)
        self.setAccessibleName(self.tr("Source"))
        self._connect()

    def _connect(self) -> None:
        self._head.closed.connect(self.closed)
        self._head.open_asked.connect(self._open_file)
        self._bar.page_wanted.connect(self.show_page)
        self._bar.zoom_wanted.connect(self.zoom)
        self._foot.step_wanted.connect(self.step)
        self._strip.more_asked.connect(self._show_hidden)
        self._reader.page_rendered.connect(self._page_rendered)
        self._reader.text_read.connect(self._text_read)
        self._reader.grid_read.connect(self._grid_read)
        self.finder.hit_wanted.connect(self._show_hit)
        self.finder.closed.connect(self._leave_find)
        for tools in (self._bar.tools, self.place.tools):
            tools.find_asked.connect(self.start_find)
            tools.copy_asked.connect(self.copy_passage)
        keys = QShortcut(QKeySequence.StandardKey.Find, self)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(self.start_find)
        self._reader.failed.connect(self._original_failed)
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
        if not self._passages:
            return
        self._page = min(max(page, 1), self._pages)
        self._reader.want_page(self._passages[self._at], self._page)
        self._show_page_state()

    def zoom(self, direction: int) -> None:
        """Larger (1) or smaller (-1); what stood in the middle stays there, and what is wider scrolls."""
        at = min(range(len(ZOOMS)), key=lambda i: abs(ZOOMS[i] - self._zoom))
        self._zoom = ZOOMS[min(max(at + direction, 0), len(ZOOMS) - 1)]
        middle = self._scroll.middle()
        self._fit()
        self._scroll.centre_on(middle)
        self._show_page_state()

    def start_find(self) -> None:
        """Open the field that finds words in this document."""
        if self.passage is not None:
            self.finder.start(self.passage)
            self._reader.want_text(self.passage.document_id)

    def copy_passage(self) -> None:
        """Put the evidence on the clipboard, with its document and place below it."""
        if self.passage is not None:
            QApplication.clipboard().setText(f"{shown(self.passage)}\n({cited_as(self.passage)})")

    def set_covering(self, covers: bool) -> None:
        """Whether the panel takes the chat's place, and closing it is going back."""
        self._head.set_covering(covers)

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
        self.finder.hide()
        self._at = at
        passage = self._passages[at]
        exists = has_original(passage)
        self._head.show_document(passage.document, passage.path, exists=exists)
        self._foot.show_place(at, len(self._passages), numbered=self._numbered)
        self._show_strip(passage, exists)
        if passage.page is not None and is_paged(passage.document) and exists:
            self._page = self._pages = passage.page or 1
            self._bar.show()
            self.place.hide()
            self._stack.setCurrentWidget(self._scroll)
            self._page_view.clear()  # another document's page, or another passage's marks
            self._show_page_state()
            self._reader.want_page(passage, self._page)
        else:
            self._show_text(passage)
        self.source_changed.emit(self.number)

    def _show_strip(self, passage: Passage, exists: bool) -> None:
        said = warnings_of(passage)
        if came_along(passage.path):
            said.insert(0, self.tr("The file itself is not on this computer. This is the text that came with it."))
        elif not exists:
            said.insert(0, self.tr("The original is no longer there. This is the text as it was indexed."))
        elif changed_since(passage):
            said.insert(0, self.tr("The file changed after it was indexed. The passage may read differently now."))
        self._strip.say(" ".join(said), self.tr("Show it") if passage.hidden else "")

    def _show_text(self, passage: Passage) -> None:
        self._bar.hide()
        self.place.show()
        self.place.show_place(passage)
        self._stack.setCurrentWidget(self.text)
        self.text.show_passage(passage)
        if cells_of(passage.place) is not None:
            self._reader.want_grid(passage)
        else:
            self._reader.want_text(passage.document_id)

    def _page_rendered(self, document_id: int, page: int, image: PageImage) -> None:
        passage = self.passage
        if passage is None or passage.document_id != document_id or page != self._page:
            return
        self._pages = image.pages
        name = self.tr("{document}, page {page}").format(document=passage.document, page=page)
        self._page_view.show_page(image, decode_page(image), name)
        beside = self.width() - self._scroll.room() + 2 * MARGIN
        self.width_wanted.emit(self._page_view.width_at(READABLE) + beside)
        self._fit()
        self._show_page_state()
        self._scroll.show_from(max(round(self._page_view.mark_top()) - MARK_GAP, 0))

    def _text_read(self, document_id: int, text: DocumentText) -> None:
        passage = self.passage
        if passage is None or passage.document_id != document_id:
            return
        if self.finder.isVisible():
            self.finder.take(document_id, text)
        elif self._stack.currentWidget() is self.text:
            self.text.show_document(passage, text.text)

    def _grid_read(self, passage: Passage, grid: Grid) -> None:
        if self.passage is not None and self.passage.document_id == passage.document_id:
            self.sheet.show_grid(grid)
            self._stack.setCurrentWidget(self.sheet)

    def _show_hit(self, hit: Passage) -> None:
        """Show a place that was searched for in the view that the source is shown in."""
        shows = self._stack.currentWidget()
        if shows is self._scroll and hit.page is not None:
            self._page = hit.page
            self._reader.want_page(hit, hit.page)
            self._show_page_state()
        elif shows is self.sheet:
            self._reader.want_grid(hit)
        elif self.finder.document is not None:
            self.text.show_document(hit, self.finder.document.text)

    def _leave_find(self) -> None:
        self._go(self._at)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

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
        scale = self._page_view.scale_on_paper()
        self._bar.show_state(self._page, self._pages, scale if scale is not None else self._zoom)

    def _fit(self) -> None:
        """The page's text as wide as the panel, times the zoom."""
        width = self._scroll.room() - 2 * MARGIN
        self._page_view.fit_width(max(round(width * self._zoom), 80))

    def _restyle(self) -> None:
        if self._stack.currentWidget() is self.text:
            self.text.restyle()

    def _show_hidden(self) -> None:
        if self.passage is not None:
            open_hidden_text(
                self._reader.core, self.passage.document_id, self, lambda error: self._strip.say(str(error))
            )

    def _open_file(self) -> None:
        if self.passage is not None:
            self.open_file_asked.emit(self.passage.path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        if self._passages:
            self._show_page_state()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def warnings_of(passage: Passage) -> list[str]:
    """What a reader should know of the document, and of text in it that is no evidence."""
    said = []
    if passage.newer is not None:
        said.append(tr("There is a newer version: {document}.").format(document=passage.newer.document))
    if passage.sure is not None:
        said.append(tr("{0}.").format(recognised_words(passage).capitalize()))
    if passage.hidden:
        said.append(tr("Hidden text was found in this document and left out."))
    if holds_mark(passage.text):
        said.append(tr("Personal data is masked in what is searched. A picture of the page shows the file as it is."))
    if passage.flagged:
        words = tr("Text that speaks to an AI assistant was left out: “{text}”")
        said.append(words.format(text=shortened(" … ".join(flagged_texts(passage)))))
    return said


def tr(text: str) -> str:
    return QCoreApplication.translate("SourcePanel", text)


class _Desk(QScrollArea):
    """What a page lies on; a page that is wider or longer scrolls."""

    def __init__(self, view: PageView) -> None:
        super().__init__()
        self._view = view
        self.setAccessibleName(self.tr("Page"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._inner = QWidget()
        self._inner.setObjectName("scrollBody")
        self._column = QVBoxLayout(self._inner)
        self._column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self._column.addWidget(view, alignment=Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setWidget(self._inner)
        self.setWidgetResizable(True)

    def room(self) -> int:
        """Pixels across, beside the bar that a long page has: it must not come and go with the zoom."""
        return self.width() - self.verticalScrollBar().sizeHint().width()

    def middle(self) -> tuple[float, float]:
        """Which point of the page is in the middle, as shares of its size."""
        at = self._view.mapFrom(self.viewport(), self.viewport().rect().center())
        return at.x() / max(self._view.width(), 1), at.y() / max(self._view.height(), 1)

    def centre_on(self, point: tuple[float, float]) -> None:
        """Bring this point into the middle, as far as the page goes."""
        self._settle()
        x, y = point[0] * self._view.width() + MARGIN, point[1] * self._view.height() + MARGIN
        self.horizontalScrollBar().setValue(round(x - self.viewport().width() / 2))
        self.verticalScrollBar().setValue(round(y - self.viewport().height() / 2))

    def show_from(self, top: int) -> None:
        """Scroll to so many pixels from the page's top, its lines from their beginning."""
        self._settle()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.maximum() if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 0)
        self.verticalScrollBar().setValue(top)

    def _settle(self) -> None:
        """The page has another size: the bars must know before they are set."""
        self._column.activate()
        self._inner.resize(self._column.minimumSize().expandedTo(self.viewport().size()))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self.viewport()).fillRect(self.viewport().rect(), theme().color("hover"))
