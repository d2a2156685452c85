"""What a search in a collection found: passages, or every document that fits, with the sentence that says it marked."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QListView, QStyleOptionViewItem, QVBoxLayout, QWidget

from app.cited import place_label
from app.formats import icon_of
from app.gui.documents.passages_model import ABOUT_ROLE, PASSAGE_ROLE, PassagesModel
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import Button, Label
from app.gui.widgets.file_dialogs import ask_where_to_save
from app.gui.widgets.list_rows import Index, RowPainter
from app.gui.widgets.removable import ChipRow
from app.text.find.plan import Plan, conditions, leave_out
from app.text.find.result import Findings
from app.text.find.words import details, nothing
from app.text.plain import is_markdown, plain
from app.types import Passage, SearchResult

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


class _Delegate(RowPainter):
    marked = True
    """Off where the passages are only the nearest ones: yellow is evidence."""
    ring = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, theme().line("ui") * (LINES + 1) + 28)

    def paint_content(self, painter: QPainter, rect: QRect, index: Index, content: Passage, *, selected: bool) -> None:
        area = rect.adjusted(16, 12, -16, -12)
        title = QRectF(area.adjusted(0, 0, 0, theme().line("ui") - area.height()))
        self._paint_title(painter, title, content, str(index.data(ABOUT_ROLE) or ""))
        self._paint_snippet(painter, QRectF(area.adjusted(28, theme().line("ui") + 4, 0, 0)), content)

    def _paint_title(self, painter: QPainter, box: QRectF, passage: Passage, about: str) -> None:
        side = theme().size("icon")
        middle = int(box.center().y())
        paint_icon(
            painter, icon_of(passage.document), "text2", QRectF(box.left(), middle - side // 2, side, side).toRect()
        )
        painter.setFont(theme().font("uiStrong"))
        painter.setPen(theme().color("text"))
        metrics = painter.fontMetrics()
        place = place_label(passage)
        title = "" if passage.heading == PurePath(passage.document).stem else passage.heading
        heading = " · ".join(part for part in (about, place, title) if part)
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
        self.look = _Delegate(Passage, PASSAGE_ROLE, self)
        self.setModel(model)
        self.setItemDelegate(self.look)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Passages found"))
        self.clicked.connect(self._choose)
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def _choose(self, index: Index) -> None:
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
    every_wanted = Signal()
    """Every document that mentions what was searched, instead of the best passages."""
    plan_wanted = Signal(object)
    """Plan: the one that is shown, without a condition."""
    export_wanted = Signal(str)
    """Where the list of documents is to be saved."""
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
        self.every = Button(self.tr("List every document"), icon="files")
        self.every.setToolTip(self.tr("Every document that mentions this, with exact counts"))
        self.every.clicked.connect(self.every_wanted)
        row.addWidget(self.every)
        self.everywhere = Button(self.tr("Search all collections"))
        self.everywhere.clicked.connect(self.everywhere_wanted)
        row.addWidget(self.everywhere)
        back = Button(self.tr("Back to the documents"), icon="x")
        back.clicked.connect(self.left)
        row.addWidget(back)
        column.addLayout(row)
        column.addWidget(self._tools())
        self.list = _List(model, self)
        self.list.chosen.connect(self.chosen)
        column.addWidget(self.list, 1)

    def _tools(self) -> QWidget:
        """What documents are looked for, and what can be done with the list; away where passages are shown."""
        self.tools = QWidget()
        row = QHBoxLayout(self.tools)
        row.setContentsMargins(16, 0, 16, 12)
        row.setSpacing(8)
        self.conditions = ChipRow(self.tr("What is looked for"))
        self.export = Button(self.tr("Export"), icon="share-2")
        self.export.setToolTip(self.tr("Save this list as a table"))
        self.export.clicked.connect(self._ask_where_to_save)
        row.addWidget(self.conditions, 1)
        row.addWidget(self.export, alignment=Qt.AlignmentFlag.AlignTop)
        return self.tools

    def _ask_where_to_save(self) -> None:
        kinds = self.tr("Excel (*.xlsx);;Word (*.docx);;Markdown (*.md)")
        path = ask_where_to_save(self, self.tr("Save the list"), self.tr("Documents.xlsx"), kinds)
        if path is not None:
            self.export_wanted.emit(str(path if path.suffix else path.with_suffix(".xlsx")))

    def show_searching(self, query: str) -> None:
        self.title.setText(self.tr("Searching for “{0}”").format(query))
        self.detail.setText("")

    def show_result(self, result: SearchResult, where: str) -> None:
        """Say how many passages were found. `where` is the collection, "" for all."""
        self._show_plan(None)
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

    def show_found(self, found: Findings, where: str) -> None:
        """Say how many documents fit, what was understood and what was left out. `where` is the collection, or ""."""
        self._show_plan(found.plan)
        self.export.setVisible(bool(found.hits))
        self.list.look.marked = True
        place = where or self.tr("your documents")
        self.title.setText(self.tr("{0} of {1} documents in {2}").format(len(found.hits), found.searched, place))
        self.detail.setText(" ".join(part for part in ("" if found.hits else nothing(found), details(found)) if part))
        self.detail.setVisible(bool(self.detail.text()))
        self.everywhere.setVisible(bool(where))
        self.list.viewport().update()

    def _show_plan(self, plan: Plan | None) -> None:
        """The conditions of a list of documents, each with its cross; none for passages."""
        listed = conditions(plan) if plan is not None else ()
        chips = [(each.words, partial(self.plan_wanted.emit, leave_out(plan, each))) for each in listed if plan]
        self.conditions.show_chips(chips, self.tr("Without “{0}”"))
        self.every.setVisible(plan is None)
        self.tools.setVisible(plan is not None)
        self.export.hide()
        self.list.setAccessibleName(self.tr("Documents found") if plan is not None else self.tr("Passages found"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)
