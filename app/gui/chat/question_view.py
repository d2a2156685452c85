"""A question in the transcript: a bubble at the trailing side that can be copied and edited."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from app.chats.records import Turn
from app.gui.chat.answer_actions import VersionSwitch
from app.gui.chat.blocks import Paragraph, Span
from app.gui.chat.chips import Citations
from app.gui.chat.known_documents import KnownDocuments
from app.gui.chat.picture_row import PictureRow
from app.gui.chat.rich_text import RichText
from app.gui.theme import theme
from app.gui.widgets import Button, IconButton, Label, ThemedWidget, paint_box
from app.text.find.plan import Plan, conditions

LONGEST = 6000
SPOKEN = 200
"""Characters of a question that name it for a screen reader; its text says the rest."""
SHARE = 0.72
"""The most of the column's width that a bubble takes."""
PADDING = 16


class QuestionView(QWidget):
    """Shows a question; *Edit* turns the bubble into a field."""

    edited = Signal(str)
    version_asked = Signal(int)
    left = Signal()
    """The field is closed without asking."""

    def __init__(self, turn: Turn, documents: KnownDocuments | None = None, parent: QWidget | None = None) -> None:
        """`documents` names those that it was asked of."""
        super().__init__(parent)
        self.turn, self._documents = turn, documents
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch(1)
        self.versions = VersionSwitch()
        self.versions.chosen.connect(self.version_asked)
        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(0)
        self.copy = IconButton("copy", self.tr("Copy question"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(turn.text))
        self.edit = IconButton("pencil", self.tr("Edit question"))
        self.edit.clicked.connect(self.start_edit)
        tools.addWidget(self.copy)
        tools.addWidget(self.edit)
        keep = self._tools.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._tools.setSizePolicy(keep)
        self._tools.hide()
        for widget in (self.versions, self._tools):
            row.addWidget(widget, alignment=Qt.AlignmentFlag.AlignVCenter)
        self.bubble = _Bubble(turn.text)
        row.addWidget(self.bubble)
        self.versions.show_version(turn.version, turn.versions)
        self._column.addWidget(self._row)
        self.narrowed = Label("", "caption", "text2", wrap=True)
        self.narrowed.setAlignment(Qt.AlignmentFlag.AlignTrailing)
        self._column.addWidget(self.narrowed)
        self.pictures: PictureRow | None = None
        if documents is not None and turn.pictures:
            self.pictures = PictureRow(documents.core, turn.pictures)
            self._column.insertWidget(0, self.pictures)
        self._show_filter()
        if documents is not None and turn.filter.documents:
            documents.changed.connect(self._show_filter)
        self.editor: _QuestionEditor | None = None
        self._editable = True
        self.setAccessibleName(self.tr("Question: {0}").format(turn.text[:SPOKEN]))

    def _show_filter(self) -> None:
        """Which documents it was asked of, where its asker said so."""
        chosen = self.turn.filter
        known = self._documents
        listed = known.conditions(chosen) if known is not None else conditions(Plan(filter=chosen))
        self.narrowed.setText(" · ".join(each.words for each in listed))
        self.narrowed.setVisible(bool(listed))

    def set_editable(self, editable: bool) -> None:
        """False while an answer is under way."""
        self._editable = editable
        self._tools.setVisible(editable and self.underMouse())

    def start_edit(self) -> None:
        """Turn the bubble into a field with the text."""
        if not self._editable or self.editor is not None:
            return
        self.editor = _QuestionEditor(self.turn.text)
        self.editor.accepted.connect(self.edited)  # where it is taken the turn is drawn anew; else it stays to be tried
        self.editor.rejected.connect(self._close_editor)
        self._row.hide()
        self._column.addWidget(self.editor)
        self.editor.text.setFocus()

    def leave_editing(self) -> bool:
        """Close the field if the keyboard is in it; → whether it was."""
        if self.editor is None or not self.editor.isAncestorOf(QApplication.focusWidget() or self):
            return False
        self._close_editor()
        return True

    def restyle(self) -> None:
        self.bubble.restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.bubble.fit_into(round(event.size().width() * SHARE))

    def enterEvent(self, event: QEvent) -> None:
        self._tools.setVisible(self._editable)

    def leaveEvent(self, event: QEvent) -> None:
        self._tools.hide()

    def _close_editor(self) -> None:
        if self.editor is not None:
            self.editor.hide()
            self.editor.deleteLater()
            self.editor = None
            self._row.show()
            self.left.emit()


class _Bubble(ThemedWidget):
    """The words as they were typed, no wider than they need."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = RichText(Citations(), self)
        self._text.commit([Paragraph((Span(line),)) for line in _shown(text).split("\n")])
        self._text.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._limit = 0

    def fit_into(self, limit: int) -> None:
        """Take what the text needs, `limit` pixels at most."""
        self._limit = limit
        document = self._text.document()
        document.setTextWidth(max(limit - 2 * PADDING, 40))
        width = min(round(document.idealWidth()) + 2, limit - 2 * PADDING)
        self._text.resize(max(width, 8), 10)
        self._text.fit()
        self._text.move(PADDING, 8)  # the extra height of a line lies above its letters
        self.setFixedSize(self._text.width() + 2 * PADDING, self._text.height() + 20)

    def restyle(self) -> None:
        self._text.restyle()
        if self._limit:
            self.fit_into(self._limit)

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = theme().color("text") if theme().high_contrast else None
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color("bubble"), edge=edge, radius=12)


def _shown(text: str) -> str:
    """A pasted book would take the window seconds to lay out: its beginning stands for it; *Copy* gives all."""
    if len(text) <= LONGEST:
        return text
    more = QCoreApplication.translate("QuestionView", "… and {n} more characters").format(n=f"{len(text) - LONGEST:,}")
    return f"{text[:LONGEST]}\n{more}"


class _QuestionEditor(QWidget):
    """The question in a field, with the way back."""

    accepted = Signal(str)
    rejected = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.text = _Field(text)
        self.text.sent.connect(self._send)
        column.addWidget(self.text)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.rejected)
        ask = Button(self.tr("Ask again"))
        ask.clicked.connect(self._send)
        row.addWidget(cancel)
        row.addWidget(ask)
        column.addLayout(row)

    def _send(self) -> None:
        text = self.text.toPlainText().strip()
        if text:
            self.accepted.emit(text)


class _Field(QPlainTextEdit):
    sent = Signal()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("field", "true")
        self.setTabChangesFocus(True)
        self.setFont(theme().font("body"))
        self.setFixedHeight(min(max(theme().line("body") * (self.blockCount() + 1) + 16, 72), 220))
        self.setAccessibleName(self.tr("Question"))
        self.moveCursor(QTextCursor.MoveOperation.End)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.sent.emit()
        else:
            super().keyPressEvent(event)
