"""Where a question is written: grows with its text, says what it will ask and how full the context is."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from app.gui.chat.context_meter import ContextMeter
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import (
    FOCUS_RING,
    Button,
    EnterPresses,
    IconButton,
    ThemedWidget,
    paint_box,
)
from app.gui.widgets.removable import ChipRow, RemovableChip

MOST_LINES = 8
NARROW = 480
"""Below this width “Only in…” is an icon, and the meter has no bar."""
SendState = Literal["send", "stop"]


class Composer(ThemedWidget):
    """The input box. It never loses what is typed; what to do with it others decide."""

    sent = Signal(str)
    stop_asked = Signal()
    text_changed = Signal(str)
    attach_asked = Signal()
    collection_removed = Signal()
    edit_last_asked = Signal()
    only_asked = Signal()
    """Which documents the question asks is to be chosen."""
    document_asked = Signal()
    """The same, by an “@” that was typed."""
    library_asked = Signal()
    """An assistant or a saved prompt is wanted, by a “/” at the beginning."""
    assistant_removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._collection = ""
        self._blocked = ""
        self._streaming = self._attached = False
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 12, 13, 9)
        column.setSpacing(8)
        self.edit = _Input()
        self.edit.entered.connect(self.send)
        self.edit.textChanged.connect(self._changed)
        self.edit.edit_last_asked.connect(self.edit_last_asked)
        self.edit.focus_moved.connect(self.update)
        self.edit.document_asked.connect(self._document_asked)
        self.edit.library_asked.connect(self.library_asked)
        self.filters = ChipRow(self.tr("Asks only"))
        column.addWidget(self.filters)
        column.addWidget(self.edit)
        column.addLayout(self._tools())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_collection("")
        self._show_state()

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.attach = IconButton("paperclip", self.tr("Attach or add files"), side=32, framed=True)
        self.attach.clicked.connect(self.attach_asked)
        self.chip = RemovableChip("", self.tr("Ask without documents"), "folder-open")
        self.chip.removed.connect(self.collection_removed)
        self.assistant = RemovableChip("", self.tr("Let nobody in particular answer"), "message-square")
        self.assistant.removed.connect(self.assistant_removed)
        self.only = Button(self.tr("Only in…"), "quiet", "sliders-horizontal")
        self.only.setAccessibleName(self.only.text())
        self.only.setToolTip(self.tr("Ask only some documents, a folder, a kind of file or a time"))
        self.only.clicked.connect(self.only_asked)
        self.meter = ContextMeter()
        self.button = SendButton()
        self.button.clicked.connect(self._press)
        row.addWidget(self.attach)
        row.addWidget(self.assistant)
        row.addWidget(self.chip)
        row.addWidget(self.only)
        row.addStretch(1)
        row.addWidget(self.meter)
        row.addWidget(self.button)
        return row

    # --- what is so -------------------------------------------------------------------------------------------------

    def text(self) -> str:
        return self.edit.toPlainText()

    def give_back(self, text: str) -> None:
        """A question that could not be stored comes back, before what was typed since."""
        typed = self.text().strip()
        self.set_text(f"{text}\n{typed}" if typed else text)

    def set_text(self, text: str) -> None:
        """Show a draft, the cursor at its end."""
        if text != self.text():
            self.edit.set_text(text)

    def set_collection(self, name: str) -> None:
        """Name the collection that will be asked, "" for none."""
        self._collection = name
        self.chip.show_name(name)
        self.only.setVisible(bool(name))
        self.filters.setEnabled(bool(name))
        self._show_state()

    def set_attached(self, attached: bool) -> None:
        """Whether there are files that are only in this chat."""
        self._attached = attached
        self._show_state()

    def set_blocked(self, reason: str) -> None:
        """Why nothing can be sent now, "" where it can. Typing goes on."""
        self._blocked = reason
        self._show_state()

    def set_streaming(self, streaming: bool) -> None:
        """While an answer streams the button stops it, and the next question can be typed."""
        self._streaming = streaming
        self._show_state()

    def show_meter(self, tokens: int, context: int) -> None:
        self.meter.show_use(tokens, context)
        self._show_state()

    def send(self) -> None:
        """Send what is typed, unless there is nothing or it cannot be."""
        text = self.text().strip()
        if text and not self._streaming and not self._blocked:
            self.sent.emit(text)

    def clear(self) -> None:
        self.edit.set_text("")

    def take_back(self, mark: str) -> None:
        """The “@” or “/” before the cursor has done its work."""
        cursor = self.edit.textCursor()
        if self.text()[: cursor.position()].endswith(mark):
            cursor.deletePreviousChar()

    def insert(self, text: str) -> None:
        """Put a text where the cursor is, to go on with; undo takes it back."""
        self.edit.textCursor().insertText(text)
        self.edit.setFocus()

    # --- inside -----------------------------------------------------------------------------------------------------

    def _document_asked(self) -> None:
        if self._collection:
            self.document_asked.emit()

    def _press(self) -> None:
        if self._streaming:
            self.stop_asked.emit()
        else:
            self.send()

    def _changed(self) -> None:
        self.text_changed.emit(self.text())
        self._show_state()

    def _show_state(self) -> None:
        if self._streaming:
            self.button.show_state("stop", self.tr("Stop the answer"), enabled=True)
        else:
            empty = not self.text().strip()
            reason = self._blocked or (self.tr("Type a question first") if empty else "")
            self.button.show_state("send", reason or self.tr("Send"), enabled=not reason)
        self.edit.set_hint(self._hint())

    def _hint(self) -> str:
        if self._streaming:
            return self.tr("You can type the next question")
        if self.meter.is_nearly_full:
            return self.tr("Older messages will be shortened for the next answer")
        if self._attached:
            return self.tr("Ask about the attached files, or anything else")
        if self._collection:
            return self.tr("Ask about {name}, or anything else").format(name=self._collection)
        return self.tr("Ask anything")

    def paintEvent(self, event: QPaintEvent) -> None:
        focused = self.edit.hasFocus()
        edge = theme().color("focus" if focused else "borderStrong")
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("surface"), edge=edge, radius=12, width=2 if focused else 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < theme().px(NARROW)
        self.only.setText("" if narrow else self.only.accessibleName())
        self.meter.set_short(narrow)

    def mousePressEvent(self, event: object) -> None:
        self.edit.setFocus()


class _Input(QTextEdit):
    """Plain text that grows to eight lines. Enter sends, Shift Enter starts a line."""

    entered = Signal()
    edit_last_asked = Signal()
    document_asked = Signal()
    library_asked = Signal()
    focus_moved = Signal()
    files_pasted = Signal(list)
    """Paths"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptRichText(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.viewport().setAutoFillBackground(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document().setDocumentMargin(0)
        self.setViewportMargins(4, 0, 4, 0)
        self.setAccessibleName(self.tr("Question"))
        self._hint = ""
        self._wear()
        self.document().clearUndoRedoStacks()
        theme().changed.connect(self._wear)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def set_text(self, text: str) -> None:
        self.setPlainText(text)
        self._wear()
        self.document().clearUndoRedoStacks()  # the look of the line was a step too
        self.moveCursor(QTextCursor.MoveOperation.End)

    def set_hint(self, hint: str) -> None:
        if hint != self._hint:
            self._hint = hint
            self.setAccessibleDescription(hint)
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.document().isEmpty() and not self.document().firstBlock().layout().preeditAreaText():
            painter = QPainter(self.viewport())
            painter.setFont(theme().font("body"))
            painter.setPen(theme().color("text3"))
            area = self.viewport().rect()
            area.setHeight(theme().line("body"))
            shown = painter.fontMetrics().elidedText(self._hint, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), shown)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo = event.matches(QKeySequence.StandardKey.Undo)
            if undo and not self.document().isUndoAvailable():
                event.ignore()  # nothing was typed: the window may bring a chat back instead
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.entered.emit()
        elif (
            event.key() == Qt.Key.Key_Up
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
            and self.document().isEmpty()
        ):
            self.edit_last_asked.emit()
        else:
            super().keyPressEvent(event)
            before = self.toPlainText()[: self.textCursor().position()]
            if event.text() == "@" and not before[-2:-1].strip():
                self.document_asked.emit()  # of an address the “@” is no word's first character
            elif event.text() == "/" and before == "/":
                self.library_asked.emit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasUrls() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Files are not pasted as text: they are attached."""
        if paths := [url.toLocalFile() for url in source.urls() if url.isLocalFile()]:
            self.files_pasted.emit(paths)
        else:
            super().insertFromMimeData(source)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_moved.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_moved.emit()

    def _wear(self) -> None:
        self.setFont(theme().font("body"))
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        block = QTextBlockFormat()
        block.setLineHeight(theme().line("body"), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        cursor.mergeBlockFormat(block)
        self._fit()

    def _fit(self, *_: object) -> None:
        line = theme().line("body")
        needed = round(self.document().size().height())
        height = min(max(needed, line), MOST_LINES * line)
        bars = Qt.ScrollBarPolicy.ScrollBarAsNeeded if needed > height else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if bars != self.verticalScrollBarPolicy():
            self.setVerticalScrollBarPolicy(bars)
        if height != self.minimumHeight():
            self.setFixedHeight(height)


class SendButton(EnterPresses, QAbstractButton):
    """Send, or Stop while an answer streams."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: SendState = "send"
        self.setProperty(FOCUS_RING, 8)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_state(self, state: SendState, tooltip: str, *, enabled: bool) -> None:
        self._state = state
        self.setEnabled(enabled)
        self.setToolTip(tooltip)
        self.setAccessibleName(self.tr("Stop") if state == "stop" else self.tr("Send"))
        self.setAccessibleDescription(tooltip)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(36, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        hover, down = self.underMouse(), self.isDown()
        if self._state == "stop":
            fill = "pressed" if down else "hover" if hover else "surface"
            paint_box(painter, box, fill=theme().color(fill), edge=theme().color("borderStrong"), radius=8)
            side = 11.0
            square = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
            paint_box(painter, square, fill=theme().color("text"), radius=2)
            return
        if not self.isEnabled():
            fill, ink = "track", "text3"
        else:
            fill, ink = ("accentPressed" if down else "accentHover" if hover else "accent"), "onAccent"
        paint_box(painter, box, fill=theme().color(fill), radius=8)
        icon = self.rect().adjusted(8, 8, -8, -8)
        paint_icon(painter, "arrow-up", ink, icon)
