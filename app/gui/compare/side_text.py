"""One side of a comparison: the text with what is different in it, and the change under way marked as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QFrame, QTextEdit, QVBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import ElidedLabel
from app.text.compare.result import Place, Span
from app.text.plain import unmarked
from app.workers.calls.documents import DocumentText

AROUND = 20_000
"""Characters shown before and after a change: a book as one text document would take seconds."""
NOTHING = (0, -1)
"""The span of a text of which nothing is shown yet."""
_MARK_AT = 0.3  # of the height: where a marked place is scrolled to


class SideText(QWidget):
    """The document's name, where the change stands in it, and the text."""

    def __init__(self, tint: str, parent: QWidget | None = None) -> None:
        """`tint` is the colour of the changes that are not under way."""
        super().__init__(parent)
        self._tint = tint
        self._side = DocumentText(name="", format="", text="")
        self._others: Sequence[Span] = ()
        self._current: tuple[Place, tuple[Span, ...]] | None = None
        self._shown: Span = NOTHING
        self._plain = unmarked("", markdown=False)
        self._wide = False
        """Whether a character takes two of Qt's."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(20, 10, 16, 10)
        head.setSpacing(0)
        self.name = ElidedLabel("", "uiStrong", mode=Qt.TextElideMode.ElideMiddle)
        self.place = ElidedLabel("", "caption", "text2")
        head.addWidget(self.name)
        head.addWidget(self.place)
        column.addLayout(head)
        self.text = QTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setUndoRedoEnabled(False)
        self.text.setTabChangesFocus(True)
        self.text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text.viewport().setAutoFillBackground(False)
        self.text.document().setDocumentMargin(20)
        column.addWidget(self.text, 1)
        theme().changed.connect(self._wear)
        self._wear()

    def show_side(self, side: DocumentText, changed: Iterable[Span]) -> None:
        """Take another text, with the places of everything that is different in it."""
        self._side, self._others, self._current, self._shown = side, tuple(changed), None, NOTHING
        self.name.set_text(side.name)
        self.text.setAccessibleName(self.tr("Text of {0}").format(side.name))

    def show_change(self, place: Place, marks: Sequence[Span]) -> None:
        """Scroll to a place and mark in it; an empty place is where the other side has something more."""
        self._current = place, tuple(marks) or ((place.start, place.end),)
        page = self.tr("Page {0}").format(place.page) if place.page else ""
        missing = self.tr("Not in this version") if place.start == place.end else ""
        self.place.set_text(" · ".join(part for part in (missing, page, place.section) if part))
        first, last = self._shown
        if not (first <= place.start and place.end <= last):
            self._shown = max(0, place.start - AROUND), min(len(self._side.text), place.end + AROUND)
            self._plain = unmarked(self._side.text[slice(*self._shown)], markdown=self._side.format == "markdown")
            self._wide = not self._plain.text.isascii() and max(self._plain.text) > "\uffff"
            self.text.setPlainText(self._plain.text)
        self._mark()
        self._scroll(place.start)

    def marked(self) -> list[str]:
        """The words that are marked as evidence."""
        _, marks = self._current or (None, ())
        return [self._side.text[start:end] for start, end in marks if start < end]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._current is not None:
            self._scroll(self._current[0].start)

    def _mark(self) -> None:
        place, marks = self._current or (Place(0, 0), ())
        selections = [self._selection(span, self._tint, "text") for span in self._others]
        whole = (place.start, place.end)
        selections.append(self._selection(whole, "accentSoft", "text", whole_line=place.start == place.end))
        selections += [self._selection(span, "mark", "onMark") for span in marks]
        self.text.setExtraSelections([each for each in selections if each is not None])

    def _selection(
        self, span: Span, fill: str, ink: str, *, whole_line: bool = False
    ) -> QTextEdit.ExtraSelection | None:
        first, last = self._shown
        start, end = max(span[0], first), min(span[1], last)
        if start > end or (start == end and not whole_line):
            return None
        made = QTextEdit.ExtraSelection()
        cursor = self._cursor(start)
        cursor.setPosition(self._at(end), QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setBackground(theme().color(fill))
        look.setForeground(theme().color(ink))
        if whole_line:
            look.setProperty(QTextFormat.Property.FullWidthSelection, True)
        made.cursor, made.format = cursor, look
        return made

    def _cursor(self, place: int) -> QTextCursor:
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(self._at(place))
        return cursor

    def _at(self, place: int) -> int:
        """Qt counts UTF-16 units, a text code points."""
        at = self._plain.place(place - self._shown[0])
        return len(self._plain.text[:at].encode("utf-16-le")) // 2 if self._wide else at

    def _scroll(self, place: int) -> None:
        bar = self.text.verticalScrollBar()
        top = self.text.cursorRect(self._cursor(place)).top() + bar.value()
        bar.setValue(int(top - _MARK_AT * self.text.viewport().height()))

    def _wear(self) -> None:
        self.text.setFont(theme().font("body"))
        self._mark()
