"""The open passage beside the chat: the page it stands on, or its text, with the words that were used marked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from app.assistant.notices import flagged_texts, shortened
from app.cited import cited_as, recognised_words
from app.errors import AppError
from app.formats import came_along, is_paged, is_slides
from app.gui.chat.find_bar import FindBar
from app.gui.chat.mail_head import MailHead
from app.gui.chat.page_desk import PageDesk
from app.gui.chat.page_image import PageView, decode_page
from app.gui.chat.panel_parts import PageBar, PanelFoot, PanelHead, PlaceBar, Strip
from app.gui.chat.passage_text import PassageText
from app.gui.chat.sheet_view import SheetView
from app.gui.chat.sources import SourceReader, changed_since, has_original
from app.gui.hidden_text import open_hidden_text
from app.gui.open_file import FileOpener
from app.gui.theme import theme
from app.gui.widgets.page_frame import Separator
from app.members import is_member
from app.places import cells_of, slide_of
from app.text.personal.kinds import holds_mark
from app.text.plain import shown
from app.types import Passage
from app.workers.calls.documents import DocumentText, PageImage
from app.workers.calls.grid import Grid

OPEN_KEYS = QKeySequence("Ctrl+Return")


class SourcePanel(QWidget):
    """Shows one source at a time; Previous and Next go through the sources of the answer."""

    closed = Signal()
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
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._head, self.bar, self._strip, self._foot = PanelHead(), PageBar(), Strip(), PanelFoot()
        self.place, self.finder, self.mail = PlaceBar(), FindBar(), MailHead()
        self._stack = QStackedWidget()
        self.desk = PageDesk()
        self.text, self.sheet = PassageText(), SheetView()
        for view in (self.desk, self.text, self.sheet):
            self._stack.addWidget(view)
        for part in (self._head, Separator(), self.bar, self.place, self.finder, self.mail, self._strip):
            column.addWidget(part)
        column.addWidget(self._stack, 1)
        column.addWidget(Separator())
        column.addWidget(self._foot)
        self.setMinimumWidth(0)
        self.setAccessibleName(self.tr("Source"))
        self._opener = FileOpener(self)
        self._opener.failed.connect(lambda error: self._strip.say(str(error)))
        self._connect()

    def _connect(self) -> None:
        self._head.closed.connect(self.closed)
        self._head.open_asked.connect(self.open_file)
        self.bar.page_wanted.connect(self.show_page)
        self.bar.zoom_wanted.connect(self.zoom)
        self._foot.step_wanted.connect(self.step)
        self._strip.more_asked.connect(self._show_hidden)
        self._reader.page_rendered.connect(self._page_rendered)
        self._reader.text_read.connect(self._text_read)
        self._reader.grid_read.connect(self._grid_read)
        self.finder.hit_wanted.connect(self._show_hit)
        self.finder.closed.connect(self._leave_find)
        for tools in (self.bar.tools, self.place.tools):
            tools.find_asked.connect(self.start_find)
            tools.copy_asked.connect(self.copy_passage)
        for keys, act in ((QKeySequence(QKeySequence.StandardKey.Find), self.start_find), (OPEN_KEYS, self.open_file)):
            shortcut = QShortcut(keys, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        self._reader.failed.connect(self._original_failed)
        theme().changed.connect(self.text.restyle)

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
        """Larger (1) or smaller (-1)."""
        self.desk.zoom(direction)
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

    def open_file(self) -> None:
        """Open the original in the system's program, at the page that is shown where that program can be told so."""
        if (passage := self.passage) is not None:
            self._opener.open(passage.path, self._page if self._stack.currentWidget() is self.desk else passage.page)

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
        return self.desk.view

    # --- showing ------------------------------------------------------------------------------------------------------

    def _go(self, at: int) -> None:
        self.finder.hide()
        self.mail.hide()
        self._at = at
        passage = self._passages[at]
        exists = has_original(passage)
        self._head.show_document(passage, exists=exists)
        self._foot.show_place(at, len(self._passages), numbered=self._numbered)
        self._show_strip(passage, exists)
        if passage.page is not None and is_paged(passage.document) and exists:
            self._page = self._pages = passage.page or 1
            self._show_desk()
            self._reader.want_page(passage, self._page)
        else:
            self._show_text(passage)
            if (slide := drawn_slide(passage)) is not None and exists:
                self._page = slide  # its text, until it is drawn
                self.place.say(self.tr("Drawing the slide…"))
                self._reader.want_page(passage, slide)
        self.source_changed.emit(self.number)

    def _show_desk(self) -> None:
        self.bar.show()
        self.place.hide()
        self._stack.setCurrentWidget(self.desk)
        self.page_view.clear()  # another document's page, or another passage's marks
        self._show_page_state()

    def _show_strip(self, passage: Passage, exists: bool) -> None:
        said = [state_of(passage, exists=exists), *warnings_of(passage)]
        self._strip.say(" ".join(filter(None, said)), self.tr("Show it") if passage.hidden else "")

    def _show_text(self, passage: Passage) -> None:
        self.bar.hide()
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
        if self._stack.currentWidget() is self.text:
            if self.finder.isVisible():
                return  # a hit is shown in the text
            self._show_desk()
        words = (
            self.tr("{document}, slide {page}") if is_slides(passage.document) else self.tr("{document}, page {page}")
        )
        self.page_view.show_page(image, decode_page(image), words.format(document=passage.document, page=page))
        self.width_wanted.emit(self.desk.wanted_width(self.width()))
        self.desk.fit()
        self._show_page_state()
        self.desk.show_marks()

    def _text_read(self, document_id: int, text: DocumentText) -> None:
        passage = self.passage
        if passage is None or passage.document_id != document_id:
            return
        if self.finder.isVisible():
            self.finder.take(document_id, text)
        elif self._stack.currentWidget() is self.text:
            self.text.show_document(passage, text.text, self.mail.show_mail(passage, text))

    def _grid_read(self, passage: Passage, grid: Grid) -> None:
        if self.passage is not None and self.passage.document_id == passage.document_id:
            self.sheet.show_grid(grid)
            self._stack.setCurrentWidget(self.sheet)

    def _show_hit(self, hit: Passage) -> None:
        """Show a place that was searched for in the view that the source is shown in."""
        shows = self._stack.currentWidget()
        if shows is self.desk and hit.page is not None:
            self._page = hit.page
            self._reader.want_page(hit, hit.page)
            self._show_page_state()
        elif shows is self.sheet:
            self._reader.want_grid(hit)
        elif self.finder.document is not None:
            if shows is self.desk:  # a slide, which has no text of its own
                self._stack.setCurrentWidget(self.text)
            self.text.show_document(hit, self.finder.document.text)

    def _leave_find(self) -> None:
        self._go(self._at)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _original_failed(self, document_id: int, error: AppError) -> None:
        """Fall back to the text that was stored with the answer."""
        passage = self.passage
        if passage is None or passage.document_id != document_id:
            return
        if drawn_slide(passage) is not None:
            self._show_text(passage)
            self.place.say(error.message)
            return
        if self._stack.currentWidget() is self.desk:
            self._show_text(passage)
        words = self.tr("The original cannot be shown: {reason} This is the passage as it was indexed.")
        self._strip.say(words.format(reason=error.message))

    def _show_page_state(self) -> None:
        self.bar.show_state(self._page, self._pages, self.desk.scale())

    def _show_hidden(self) -> None:
        if self.passage is not None:
            open_hidden_text(
                self._reader.core, self.passage.document_id, self, lambda error: self._strip.say(str(error))
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.desk.fit()
        if self._passages:
            self._show_page_state()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def drawn_slide(passage: Passage) -> int | None:
    """The slide that can be drawn of a presentation; what stands inside an archive is in no file of its own."""
    return slide_of(passage.place) if is_slides(passage.document) and not is_member(passage.path) else None


def state_of(passage: Passage, *, exists: bool) -> str:
    """What became of the original since it was read; "" where it is as it was."""
    if came_along(passage.path):
        return tr("The file itself is not on this computer. This is the text that came with it.")
    if not exists:
        return tr("The original is no longer there. This is the text as it was indexed.")
    if changed_since(passage):
        return tr("The file changed after it was indexed. The passage may read differently now.")
    return ""


def warnings_of(passage: Passage) -> list[str]:
    """What a reader should know of the document, and of text in it that is no evidence."""
    said = []
    if passage.newer is not None:
        said.append(tr("There is a newer version: {document}.").format(document=passage.newer.document))
    if passage.sure is not None:
        said.append(tr("{0}.").format(recognised_words(passage).capitalize()))
    if passage.by_model:
        said.append(tr("A model wrote text in this passage: it is no evidence of its own."))
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
