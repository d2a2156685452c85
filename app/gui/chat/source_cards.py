"""What an answer rests on, below it: a card a source, and the nearest passages where nothing was found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from PySide6.QtCore import QDate, QDateTime, QEvent, QLocale, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.assistant.notices import date_text
from app.cited import BY_MODEL, cited_as, is_by_model, place_label, recognised_words
from app.formats import icon_of
from app.gui.chat.chips import Citations, source_label
from app.gui.icons import paint_icon
from app.gui.theme import FontRole, theme
from app.gui.widgets import (
    CITE_SIZE,
    FOCUS_RING,
    EnterPresses,
    IconLabel,
    Label,
    ThemedWidget,
    citation_width,
    paint_box,
    paint_citation,
)
from app.gui.widgets.buttons import ShrinkingButton
from app.text.plain import shown
from app.types import Answer, Passage, Source

CARDS_A_ROW = 3
CARD_WIDTH = 180
"""The least width of a card: narrower chats have fewer a row."""
LINE_WIDTH = 480
"""From this width on a single source says all of it on one line."""


def snippet(passage: Passage) -> str:
    """The sentence or row that answers best, else how the passage begins, on one line."""
    return shown(passage, 240)


def day_words(modified: float) -> str:
    """ "12 January", with the year where it is not this one; "" where a file's date is not known."""
    if not modified:
        return ""
    day = QDateTime.fromSecsSinceEpoch(int(modified)).date()
    return QLocale().toString(day, "d MMMM" if day.year() == QDate.currentDate().year() else "d MMMM yyyy")


class Hovering(EnterPresses, QAbstractButton):
    """A painted button that knows the mouse is over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setProperty(FOCUS_RING, 8)
        theme().changed.connect(self._wear)

    def _wear(self) -> None:
        self.updateGeometry()
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def write(
        self, painter: QPainter, area: QRect, text: str, role: FontRole, color: str,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:  # fmt: skip
        """Draw one line of text, shortened to the area."""
        font = theme().font(role)
        painter.setFont(font)
        painter.setPen(theme().color(color))
        shown = QFontMetrics(font).elidedText(text, mode, area.width())
        start = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, int(start), shown)


class SourceCard(Hovering):
    """One source: number, document, page, and the sentence that counts."""

    def __init__(self, source: Source, citations: Citations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = source
        self._citations = citations
        self._alone = False
        passage = source.passage
        name = PurePath(passage.document).stem  # where it heads the passage it says nothing new
        heading = "" if passage.heading == name else passage.heading.removeprefix(f"{name} › ")
        self._where = place_label(passage) or heading
        if passage.sure is not None:
            self._where = self.tr("{0}, recognised").format(self._where)
        self._evidence = not is_by_model(passage)
        if not self._evidence:
            self._where = ", ".join(filter(None, (self._where, self.tr(BY_MODEL))))
        own = date_text(passage) if passage.document and passage.date else ""
        self._day = own or (day_words(passage.modified) if passage.document else "")
        self._version = own or (self.tr("Version of {day}").format(day=self._day) if self._day else "")
        self._snippet = snippet(passage) or self.tr("This document was removed.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(source_label(source))
        self.setAccessibleDescription(" ".join(part for part in (snippet(passage), self._version) if part))
        made = self.tr("Written by a model: no evidence of its own") if not self._evidence else ""
        said = (passage.document, recognised_words(passage), made, self._version, snippet(passage))
        self.setToolTip("\n".join(part for part in said if part))

    def set_alone(self, alone: bool) -> None:
        """Whether it has a row of its own, and says all of it on one line."""
        self._alone = alone
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        lines = theme().line("ui") + (0 if self._alone else 2 * theme().line("caption") + 6)
        return QSize(CARD_WIDTH, lines + (18 if self._alone else 26))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        active = self.source.n == self._citations.active
        fill = theme().color("hover" if self.underMouse() else "surface")
        paint_box(
            painter, QRectF(self.rect()), fill=fill, edge=theme().color("citeActive" if active else "border"), radius=8
        )
        left, width = 13, self.width() - 26
        line, small = theme().line("ui"), theme().line("caption")
        side = citation_width(str(self.source.n))
        height = theme().px(CITE_SIZE)
        top = (self.height() - line) // 2 if self._alone else 12
        chip = QRectF(left, top + (line - height) / 2, side, height)
        paint_citation(painter, chip, str(self.source.n), active=active, evidence=self._evidence)
        if self._alone:
            self._paint_line(painter, QRect(left + side + 8, top, width - side - 8, line))
            return
        passage = self.source.passage
        name = QRect(left + side + 8, 12, width - side - 8, line)
        self.write(painter, name, passage.document, "uiStrong", "text", Qt.TextElideMode.ElideMiddle)
        where = " · ".join(part for part in (self._where, self._day) if part)
        self.write(painter, QRect(left, 14 + line, width, small), where, "caption", "text3")
        self.write(painter, QRect(left, 18 + line + small, width, small), self._snippet, "caption", "text2")

    def _paint_line(self, painter: QPainter, area: QRect) -> None:
        """Name, page, sentence, and the version at the end."""
        small, strong = QFontMetrics(theme().font("caption")), QFontMetrics(theme().font("uiStrong"))
        end = small.horizontalAdvance(self._version) + 2
        version = QRect(area.right() - end, area.top(), end + 1, area.height())
        self.write(painter, version, self._version, "caption", "text2")
        left, room = area.left(), area.width() - end - 12
        texts: list[tuple[str, FontRole, str, QFontMetrics, float]] = [
            (self.source.passage.document, "uiStrong", "text", strong, 0.5),
            (self._where, "caption", "text2", small, 0.25),
            (self._snippet, "caption", "text2", small, 1.0),
        ]
        for text, role, color, metrics, most in texts:
            width = min(metrics.horizontalAdvance(text) + 2, round(room * most), area.left() + room - left)
            if text and width > 0:
                mode = Qt.TextElideMode.ElideMiddle if role == "uiStrong" else Qt.TextElideMode.ElideRight
                self.write(painter, QRect(left, area.top(), width, area.height()), text, role, color, mode)
                left += width + (8 if role == "uiStrong" else 16)


class SourceCards(QWidget):
    """The cards of an answer, three a row where there is room."""

    opened = Signal(int)

    def __init__(self, sources: Sequence[Source], citations: Citations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        self._columns = 0
        self.cards = [SourceCard(source, citations, self) for source in sources]
        for card in self.cards:
            card.clicked.connect(lambda _=False, n=card.source.n: self.opened.emit(n))
        self._arrange(CARDS_A_ROW)
        self.setAccessibleName(self.tr("Sources"))

    def _arrange(self, columns: int) -> None:
        columns = min(columns, 1) if len(self.cards) == 1 else columns
        if columns == self._columns:
            return
        self._columns = columns
        for index, card in enumerate(self.cards):
            self._grid.addWidget(card, index // columns, index % columns)
        for column in range(CARDS_A_ROW):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        if len(self.cards) == 1:
            self.cards[0].set_alone(width >= theme().px(LINE_WIDTH))
        self._arrange(min(max(width // (theme().px(CARD_WIDTH) + 8), 1), CARDS_A_ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, super().minimumSizeHint().height())


class _NearRow(Hovering):
    """A passage that came near: no number and no yellow, since it is no evidence."""

    def __init__(self, passage: Passage, name_width: int, last: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._passage, self._name_width, self._last = passage, name_width, last
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        named = cited_as(passage)
        self.setAccessibleName(f"{named}: {snippet(passage)}")
        self.setToolTip(f"{named}\n{snippet(passage)}")

    def sizeHint(self) -> QSize:
        return QSize(200, theme().line("ui") + 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect().adjusted(1, 1, -1, -1), theme().color("hover"))
        if not self._last:
            painter.fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))
        middle = (self.height() - 16) // 2
        paint_icon(painter, icon_of(self._passage.document), "text2", QRect(12, middle, 16, 16))
        paint_icon(painter, "chevron-right", "text2", QRect(self.width() - 28, middle, 16, 16))
        name = QRect(36, 0, self._name_width, self.height())
        self.write(painter, name, self._passage.document, "uiStrong", "text", Qt.TextElideMode.ElideMiddle)
        left = name.right() + 15
        stands = place_label(self._passage)
        if stands:
            width = min(QFontMetrics(theme().font("caption")).horizontalAdvance(stands) + 2, self.width() // 4)
            self.write(painter, QRect(left, 0, width, self.height()), stands, "caption", "text3")
            left += max(width, theme().px(52)) + 12
        area = QRect(left, 0, self.width() - left - 40, self.height())
        self.write(painter, area, snippet(self._passage), "ui", "text2")


class NotFoundCard(ThemedWidget):
    """ "Not found in your documents", with what came nearest and the two ways on."""

    passage_opened = Signal(object)
    search_all_asked = Signal()
    model_asked = Signal()

    def __init__(self, answer: Answer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        nearest = answer.nearest
        column = QVBoxLayout(self)
        column.setContentsMargins(17, 13, 17, 16)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(IconLabel("search", "text2", 20, tile=36), alignment=Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(self.tr("Not found in your documents"), "heading"))
        words.addWidget(Label(self._sentence(answer), "ui", "text2", wrap=True))
        head.addLayout(words, 1)
        column.addLayout(head)
        if nearest:
            column.addSpacing(12)
            column.addWidget(self._rows(nearest))
        column.addSpacing(12)
        self._ways = self._buttons()
        column.addLayout(self._ways)

    def _sentence(self, answer: Answer) -> str:
        name, count = answer.searched or self.tr("your documents"), len(answer.nearest)
        documents = answer.trace.documents if answer.trace else 0
        words = self.tr("None of the {n} documents in {name} answers this.") if documents > 1 else ""
        place = (words or self.tr("No passage in {name} answers this.")).format(n=documents, name=name)
        if count == 0:
            return place + " " + self.tr("Try other words or another collection.")
        near = self.tr("This passage comes nearest:") if count == 1 else self.tr("These {n} passages come nearest:")
        return place + " " + near.format(n=count)

    def _rows(self, nearest: Sequence[Passage]) -> QWidget:
        box = _Outline(self)
        rows = QVBoxLayout(box)
        rows.setContentsMargins(1, 1, 1, 1)
        rows.setSpacing(0)
        metrics = QFontMetrics(theme().font("uiStrong"))
        width = min(max(metrics.horizontalAdvance(each.document) for each in nearest) + 2, theme().px(210))
        for index, passage in enumerate(nearest):
            row = _NearRow(passage, width, index == len(nearest) - 1, box)
            row.clicked.connect(lambda _=False, p=passage: self.passage_opened.emit(p))
            rows.addWidget(row)
        return box

    def _buttons(self) -> QBoxLayout:
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.setSpacing(8)
        self.everywhere = ShrinkingButton(self.tr("Search all collections"), icon="folder-open")
        self.everywhere.clicked.connect(self.search_all_asked)
        self._alone_text = self.tr("Ask the model without documents (may be wrong)")
        self.alone = ShrinkingButton(self._alone_text, icon="box")
        self.alone.clicked.connect(self.model_asked)
        self._wide = self.everywhere.sizeHint().width() + 8 + self.alone.sizeHint().width()
        row.addWidget(self.everywhere)
        row.addWidget(self.alone)
        row.addStretch(1)
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the chat is narrow the buttons stand below each other, and the longer one says it shorter."""
        super().resizeEvent(event)
        narrow = event.size().width() < self._wide + 34
        across = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if self._ways.direction() != across:
            self._ways.setDirection(across)
            short, long = self.tr("Ask the model alone (may be wrong)"), self._alone_text
            self.alone.setText(short if narrow else long)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(QPainter(self), QRectF(self.rect()), edge=theme().color("border"), radius=8)


class _Outline(ThemedWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(QPainter(self), QRectF(self.rect()), edge=theme().color("border"), radius=6)
