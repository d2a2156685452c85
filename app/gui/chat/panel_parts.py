"""The head, the bar of pages, the warning and the foot of the source panel."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QIntValidator, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.cited import place_label
from app.formats import icon_of
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
from app.members import file_of, is_member
from app.places import MailPart, Member
from app.types import Passage
from app.viewers import may_run


class PanelHead(QWidget):
    """What is open, a way to open the file itself, and the way out."""

    closed = Signal()
    open_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(theme().size("topbar") - 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        self._back = Button(self.tr("Back"), icon="chevron-left")
        self._back.clicked.connect(self.closed)
        self._back.hide()
        self._icon = IconLabel("file-text", "text2", 16)
        self._name = ElidedLabel("", "uiStrong", mode=Qt.TextElideMode.ElideMiddle)
        self._open = Button(self.tr("Open file"), icon="external-link")
        self._open.clicked.connect(self.open_asked)
        self._close = IconButton("x", self.tr("Close source"), "Esc", side=32)
        self._close.clicked.connect(self.closed)
        row.addWidget(self._back)
        row.addWidget(self._icon)
        row.addWidget(self._name, 1)
        row.addWidget(self._open)
        row.addWidget(self._close)

    def show_document(self, passage: Passage, *, exists: bool) -> None:
        """Name the document; its file can be opened while it is there, and the button says what then happens."""
        self._icon.set_icon(icon_of(passage.document))
        self._name.set_text(passage.document)
        label, said = self._opening(passage)
        self._open.setText(label)
        self._open.setEnabled(exists)
        gone = self.tr("The file is no longer at {p}").format(p=passage.path)
        self._open.setToolTip(f"{said}\n{passage.path}\nCtrl Enter" if exists else gone)

    def _opening(self, passage: Passage) -> tuple[str, str]:
        """What the button says, and more of it."""
        file = file_of(passage.path)
        if may_run(file):
            return self.tr("Show in folder"), self.tr("It could run when it is opened, so its folder is shown.")
        if is_member(passage.path) or isinstance(passage.place, Member):
            name = passage.place.path if isinstance(passage.place, Member) else passage.document
            mail = icon_of(file) == "mail"
            label = self.tr("Open mail") if mail else self.tr("Open archive")
            return label, self.tr("{file} is inside of it.").format(file=name)
        if isinstance(passage.place, MailPart):
            inside = passage.place.attachment
            return self.tr("Open mail"), self.tr("{file} is inside of it.").format(file=inside) if inside else ""
        if passage.page is not None:
            return self.tr("Open file"), self.tr("At this page, where your program can be told so.")
        return self.tr("Open file"), ""

    def set_covering(self, covers: bool) -> None:
        """Whether closing the panel is going back."""
        self._back.setVisible(covers)
        self._close.setVisible(not covers)


class BarTools(QWidget):
    """What can be done with any document that is shown."""

    find_asked = Signal()
    copy_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        find = IconButton("search", self.tr("Find in this document"), "Ctrl F")
        find.clicked.connect(self.find_asked)
        copy = IconButton("copy", self.tr("Copy the passage with its source"))
        copy.clicked.connect(self.copy_asked)
        row.addWidget(find)
        row.addWidget(copy)


class PlaceBar(QWidget):
    """Where the passage stands in a document that has no pages: its cells, slide or headings."""

    def __init__(self) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(18, 5, 12, 5)
        row.setSpacing(4)
        self.words, self.under = ElidedLabel("", "ui", "text2"), ElidedLabel("", "caption", "text3")
        self.tools = BarTools()
        said = QVBoxLayout()
        said.setSpacing(0)
        said.addWidget(self.words)
        said.addWidget(self.under)
        row.addLayout(said, 1)
        row.addWidget(self.tools)
        self.note = Label("", "caption", "text3", wrap=True)
        self.note.setContentsMargins(18, 0, 12, 6)
        outer.addLayout(row)
        outer.addWidget(self.note)
        outer.addWidget(Separator())

    def say(self, text: str) -> None:
        """One quiet line about how the document is shown; "" for none."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def show_place(self, passage: Passage) -> None:
        """Its place with the headings below it, or the headings alone."""
        self.say("")
        place = place_label(passage)
        self.words.set_text(place or passage.heading)
        self.under.set_text(passage.heading if place else "")
        self.under.setVisible(bool(place and passage.heading))


class PageBar(QWidget):
    """Turns pages and zooms."""

    page_wanted = Signal(int)
    """Counted from 1"""
    zoom_wanted = Signal(int)
    """1 is larger, -1 smaller"""
    ask_wanted = Signal(int)
    """About this page, which the model is to be shown"""

    def __init__(self) -> None:
        super().__init__()
        self._page = 1
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(12, 5, 12, 5)
        row.setSpacing(4)
        self._earlier = IconButton("chevron-left", self.tr("Previous page"))
        self._earlier.clicked.connect(lambda: self.page_wanted.emit(self._page - 1))
        self._field = QLineEdit()
        self._field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._field.setFixedWidth(theme().px(40))
        self._field.setAccessibleName(self.tr("Page"))
        self._field.editingFinished.connect(self._typed)
        self._of = Label("", "ui", "text2")
        self._later = IconButton("chevron-right", self.tr("Next page"))
        self._later.clicked.connect(lambda: self.page_wanted.emit(self._page + 1))
        smaller = IconButton("zoom-out", self.tr("Smaller"))
        smaller.clicked.connect(lambda: self.zoom_wanted.emit(-1))
        self._percent = Label("", "caption", "text2")
        self._percent.setMinimumWidth(theme().px(40))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        larger = IconButton("zoom-in", self.tr("Larger"))
        larger.clicked.connect(lambda: self.zoom_wanted.emit(1))
        for widget in (self._earlier, self._field, self._of, self._later):
            row.addWidget(widget)
        row.addStretch(1)
        self.tools = BarTools()
        self.ask = IconButton("message-square", self.tr("Ask about this page: the model is shown its picture"))
        self.ask.clicked.connect(lambda: self.ask_wanted.emit(self._page))
        self.ask.hide()  # shown beside a chat
        for widget in (smaller, self._percent, larger, self.ask):
            row.addWidget(widget)
        row.addWidget(self.tools)
        outer.addLayout(row)
        outer.addWidget(Separator())

    def show_state(self, page: int, pages: int, scale: float) -> None:
        """`scale` is 1.0 for the page's size on paper."""
        self._page = page
        self._field.setText(str(page))
        self._field.setValidator(QIntValidator(1, pages, self._field))
        self._of.setText(self.tr("of {n}").format(n=pages))
        self._earlier.setEnabled(page > 1)
        self._later.setEnabled(page < pages)
        self._percent.setText(f"{round(scale * 100)}%")

    def _typed(self) -> None:
        if self._field.text() and int(self._field.text()) != self._page:
            self.page_wanted.emit(int(self._field.text()))


class PanelFoot(QWidget):
    """Which of the answer's sources it is, and the way to the others."""

    step_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(56)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 12, 0)
        row.setSpacing(8)
        self._chip = _NumberChip()
        self._where = Label("", "ui", "text2")
        self._previous = Button(self.tr("Previous"), icon="chevron-left")
        self._previous.setToolTip("Ctrl [")
        self._previous.clicked.connect(lambda: self.step_wanted.emit(-1))
        self._next = Button(self.tr("Next"), trailing="chevron-right")
        self._next.setToolTip("Ctrl ]")
        self._next.clicked.connect(lambda: self.step_wanted.emit(1))
        row.addWidget(self._chip)
        row.addWidget(self._where)
        row.addStretch(1)
        row.addWidget(self._previous)
        row.addWidget(self._next)

    def show_place(self, at: int, count: int, *, numbered: bool) -> None:
        """Passage `at` (from 0) of so many; without numbers they are no evidence."""
        self.setVisible(numbered or count > 1)
        self._chip.show_number(at + 1 if numbered else 0)
        words = self.tr("Source {n} of {all}") if numbered else self.tr("Passage {n} of {all}")
        self._where.setText(words.format(n=at + 1, all=count))
        self._previous.setEnabled(at > 0)
        self._next.setEnabled(at + 1 < count)


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


class Strip(QWidget):
    """A warning across the panel, with a link where there is more to see; hidden while it has nothing to say."""

    more_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(IconLabel("triangle-alert", "warning", 16), alignment=Qt.AlignmentFlag.AlignTop)
        self._label = Label("", "caption", "text", wrap=True)
        row.addWidget(self._label, 1)
        self._more = Button(self.tr("Show it"), "link")
        self._more.clicked.connect(self.more_asked)
        row.addWidget(self._more, alignment=Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, text: str, more: str = "") -> None:
        """`more` labels the link; none without it."""
        self._label.setText(text)
        self._more.setText(more or self._more.text())  # what is not shown has a name too
        self._more.setVisible(bool(more))
        self.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("warningSoft"))
