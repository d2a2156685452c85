"""Finds words in the open document: each place of its stored text in turn, whatever view it is shown in."""

from __future__ import annotations

import bisect
import re

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.gui.widgets import IconButton, Label
from app.gui.widgets.page_frame import Separator
from app.text.parsed import page_at
from app.types import Passage
from app.workers.calls.documents import DocumentText

PAUSE_MS = 200
"""After the last key: a long text is searched once, not for each letter."""
MOST = 10_000
"""Places that are counted."""


def places_of(text: str, words: str) -> list[tuple[int, int]]:
    """Where these words stand, in any case and over line breaks; `MOST` at most."""
    parts = [re.escape(part) for part in words.split()]
    found: list[tuple[int, int]] = []
    if parts:
        for match in re.finditer(r"\s+".join(parts), text, re.IGNORECASE):
            found.append(match.span())
            if len(found) == MOST:
                break
    return found


class FindBar(QWidget):
    """A field and the way from one hit to the next; Esc leaves it, and the source is shown again."""

    hit_wanted = Signal(object)
    """The hit as a passage."""
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._passage: Passage | None = None
        self.document: DocumentText | None = None
        """The text that is searched, once it has come."""
        self._hits: list[tuple[int, int]] = []
        self._at = 0
        self._field = QLineEdit(clearButtonEnabled=False, placeholderText=self.tr("Find in this document"))
        self._field.setAccessibleName(self.tr("Find in this document"))
        self._field.installEventFilter(self)
        self._count = Label("", "caption", "text2")
        earlier = IconButton("chevron-left", self.tr("Previous hit"), "Shift Enter")
        later = IconButton("chevron-right", self.tr("Next hit"), "Enter")
        close = IconButton("x", self.tr("Close find"), "Esc")
        row = QHBoxLayout()
        row.setContentsMargins(12, 5, 12, 5)
        row.setSpacing(4)
        row.addWidget(self._field, 1)
        for widget in (self._count, earlier, later, close):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(Separator())
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._search)
        self._field.textEdited.connect(lambda: self._pause.start())
        earlier.clicked.connect(lambda: self.step(-1))
        later.clicked.connect(lambda: self.step(1))
        close.clicked.connect(self.leave)
        self.hide()

    def start(self, passage: Passage) -> None:
        """Take what is typed from now on as words of this passage's document."""
        if self._passage is None or self._passage.document_id != passage.document_id:
            self.document = None
        self._passage = passage
        self.show()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()
        self._pause.start()

    def take(self, document_id: int, document: DocumentText) -> None:
        """The text has come."""
        if self.isVisible() and self._passage is not None and self._passage.document_id == document_id:
            self.document = document
            self._search()

    def step(self, by: int) -> None:
        """The next hit (1) or the one before (-1), round at the ends."""
        if self._pause.isActive():
            self._search()
        elif self._hits:
            self._at = (self._at + by) % len(self._hits)
            self._show()

    def leave(self) -> None:
        """Close, if it is open."""
        if self.isVisible():
            self._pause.stop()
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            act = {Qt.Key.Key_Escape: self.leave}
            act |= dict.fromkeys((Qt.Key.Key_Return, Qt.Key.Key_Enter), lambda: self.step(-1 if shift else 1))
            if event.key() in act:
                event.accept()  # the panel's own Esc must not close it too
                if event.type() == QEvent.Type.KeyPress:
                    act[Qt.Key(event.key())]()
                return True
        return super().eventFilter(watched, event)

    def _search(self) -> None:
        self._pause.stop()
        words = self._field.text().strip()
        if self.document is None or self._passage is None or not words:
            self._hits = []
            self._count.setText("")
            return
        self._hits = places_of(self.document.text, words)
        self._at = bisect.bisect_left(self._hits, (self._passage.start, 0)) % max(1, len(self._hits))
        self._show()

    def _show(self) -> None:
        if not self._hits or self.document is None or self._passage is None:
            self._count.setText(self.tr("Not found"))
            return
        more = "+" if len(self._hits) == MOST else ""
        self._count.setText(self.tr("{n} of {all}").format(n=self._at + 1, all=f"{len(self._hits)}{more}"))
        start, end = self._hits[self._at]
        self.hit_wanted.emit(
            replace(
                self._passage, id=0, start=start, end=end, text=self.document.text[start:end], best=None, header="",
                page=page_at(self.document.pages, start), place=None, boxes=(), flagged=(), newer=None,
            )
        )  # fmt: skip
