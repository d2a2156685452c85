"""Passages that a search in a collection found: document, page, and the sentence that answers best, marked."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.documents.passages_model import PASSAGE_ROLE, PassagesModel, place_of
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import Button, Label, paint_box
from app.text.plain import is_markdown, plain
from app.types import Passage, SearchResult

Index = QModelIndex | QPersistentModelIndex
SNIPPET = 320
"""Characters of a passage that are shown."""
BEFORE = 60
"""Characters kept before the marked sentence."""
LINES = 3


def snippet(passage: Passage) -> tuple[str, int, int]:
    """A stretch of the passage round its best sentence or row, on one line; the mark's start and length in it."""
    whole = plain(passage.text, passage.header, markdown=is_markdown(passage.document))
    text = whole.text
    first, last = (whole.place(place) for place in passage.best or (0, 0))
    start = 0
    if first > BEFORE:
        start = text.find(" ", first - BEFORE) + 1
        start = start if 0 < start <= first else first
    end = min(len(text), start + SNIPPET)
    if end < len(text):
        end = max(text.rfind(" ", last, end), last, start + SNIPPET // 2)
    lead, tail = ("… " if start else ""), (" …" if end < len(text) else "")
    shown = "".join(" " if char.isspace() else char for char in text[start:end])
    return f"{lead}{shown}{tail}", len(lead) + first - start, max(min(last, end) - first, 0)


class _Delegate(QStyledItemDelegate):
    marked = True
    """Off where the passages are only the nearest ones: yellow is evidence."""
    ring = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, theme().line("ui") * (LINES + 1) + 28)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        passage = index.data(PASSAGE_ROLE)
        if not isinstance(passage, Passage):
            return
        painter.save()
        rect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme().color("selected" if selected else "hover"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme().color("border"))
        area = rect.adjusted(16, 12, -16, -12)
        self._paint_title(painter, QRectF(area.adjusted(0, 0, 0, theme().line("ui") - area.height())), passage)
        self._paint_snippet(painter, QRectF(area.adjusted(28, theme().line("ui") + 4, 0, 0)), passage)
        view = self.parent()
        if self.ring and selected and isinstance(view, QWidget) and view.hasFocus():
            paint_box(painter, QRectF(rect).adjusted(1, 1, -1, -2), edge=theme().color("focus"), width=2)
        painter.restore()

    def _paint_title(self, painter: QPainter, box: QRectF, passage: Passage) -> None:
        side = theme().size("icon")
        middle = int(box.center().y())
        paint_icon(painter, "file-text", "text2", QRectF(box.left(), middle - side // 2, side, side).toRect())
        painter.setFont(theme().font("uiStrong"))
        painter.setPen(theme().color("text"))
        metrics = painter.fontMetrics()
        place = place_of(passage).removeprefix(", ")
        place = place[:1].upper() + place[1:]
        title = "" if passage.heading == PurePath(passage.document).stem else passage.heading
        heading = " · ".join(part for part in (place, title) if part)
        room = int(box.width()) - 28
        name = metrics.elidedText(passage.document, Qt.TextElideMode.ElideMiddle, room * 2 // 3)
        start = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(box.adjusted(28, 0, 0, 0), start, name)
        used = metrics.horizontalAdvance(name) + 12
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("text3"))
        rest = painter.fontMetrics().elidedText(heading, Qt.TextElideMode.ElideRight, room - used)
        painter.drawText(box.adjusted(28 + used, 0, 0, 0), start, rest)

    def _paint_snippet(self, painter: QPainter, area: QRectF, passage: Passage) -> None:
        text, start, length = snippet(passage)
        layout = QTextLayout(text, theme().font("ui"))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        if self.marked and length:
            mark = QTextLayout.FormatRange()
            mark.start, mark.length = start, length
            look = QTextCharFormat()
            look.setBackground(theme().color("mark"))
            look.setForeground(theme().color("onMark"))
            mark.format = look
            layout.setFormats([mark])
        layout.beginLayout()
        for number in range(LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(area.width())
            line.setPosition(QPointF(0, number * theme().line("ui")))
        layout.endLayout()
        painter.setPen(theme().color("text2"))
        painter.setClipRect(area)
        layout.draw(painter, area.topLeft())
        painter.setClipping(False)


class _List(QListView):
    chosen = Signal(object)

    def __init__(self, model: PassagesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = _Delegate(self)
        self.setModel(model)
        self.setItemDelegate(self.look)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Passages found"))
        self.clicked.connect(self._choose)
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def _choose(self, index: QModelIndex) -> None:
        passage = index.data(PASSAGE_ROLE)
        if isinstance(passage, Passage):
            self.chosen.emit(passage)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.look.ring = True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)
        self.viewport().update()


class SearchResults(QWidget):
    """The list under a line that says what was found, with a way to look everywhere."""

    chosen = Signal(object)
    """Passage"""
    everywhere_wanted = Signal()
    left = Signal()

    def __init__(self, model: PassagesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = Label("", "uiStrong", wrap=True)
        self.detail = Label("", "caption", "text2", wrap=True)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        row.addLayout(words, 1)
        self.everywhere = Button(self.tr("Search all collections"))
        self.everywhere.clicked.connect(self.everywhere_wanted)
        row.addWidget(self.everywhere)
        back = Button(self.tr("Back to the documents"), icon="x")
        back.clicked.connect(self.left)
        row.addWidget(back)
        column.addLayout(row)
        self.list = _List(model, self)
        self.list.chosen.connect(self.chosen)
        column.addWidget(self.list, 1)

    def show_searching(self, query: str) -> None:
        self.title.setText(self.tr("Searching for “{0}”").format(query))
        self.detail.setText("")

    def show_result(self, result: SearchResult, where: str) -> None:
        """Say how many were found. `where` is the collection, "" for all."""
        place = where or self.tr("your documents")
        count = len(result.passages)
        self.list.look.marked = result.found
        if result.found:
            plural = "" if count == 1 else "s"
            self.title.setText(self.tr("{0} passage{1} in {2}, best first").format(count, plural, place))
            self.detail.setText(result.note)
        else:
            self.title.setText(self.tr("Not found in {0}").format(place))
            near = self.tr("These passages are the nearest, but they may not answer.") if count else ""
            other = self.tr("Try other words or another collection.")
            self.detail.setText(f"{near or other} {result.note}".strip())
        self.detail.setVisible(bool(self.detail.text()))
        self.everywhere.setVisible(bool(where))
        self.list.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)
