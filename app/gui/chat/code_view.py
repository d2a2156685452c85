"""A block of code in an answer: language, copy button, colours, and its own sideways scrolling."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPaintEvent, QResizeEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from app.gui.chat.blocks import Code
from app.gui.chat.chips import Citations
from app.gui.chat.highlight import CodeHighlighter
from app.gui.theme import theme
from app.gui.widgets import IconButton, Label, paint_box

COPIED_MS = 1500
PADDING = 12
BAR = 12


class CodeView(QWidget):
    """Shows one fenced block; grows by what is new while it is written."""

    def __init__(self, citations: Citations | None = None, parent: QWidget | None = None) -> None:
        """`citations` is what every kind of block takes; code has none."""
        super().__init__(parent)
        self.code = Code("")
        self._edit = _CodeEdit(self)
        self._highlighter = CodeHighlighter(self._edit.document())
        self._language = Label("", "caption", "text2")
        self._copy = IconButton("copy", self.tr("Copy code"))
        self._copy.clicked.connect(self.copy)
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._copied.timeout.connect(lambda: self._copy.set_icon("copy"))
        head = QHBoxLayout()
        head.setContentsMargins(PADDING, 4, 4, 0)
        head.addWidget(self._language, 1)
        head.addWidget(self._copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 8)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._edit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_code(self, code: Code) -> None:
        """Show this code. Colours come when it is complete: until then a line may still change its meaning."""
        text = code.text.rstrip("\n")
        shown = self.code.text.rstrip("\n")
        if text.startswith(shown) and shown:
            self._edit.append_text(text[len(shown) :])
        elif text != shown:
            self._edit.setPlainText(text)
        self._language.setText(code.language or self.tr("Code"))
        self.setAccessibleName(self.tr("Code, {language}").format(language=code.language or self.tr("plain")))
        closed = not code.open and (self.code.open or text != shown)
        self.code = code
        if closed:
            self._highlighter.start(text, code.language)
        self._edit.fit()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code.text.rstrip("\n") + "\n")
        self._copy.set_icon("check")
        self._copied.start()

    def restyle(self) -> None:
        self._edit.setFont(theme().font("mono"))
        self._highlighter.recolor()
        self._edit.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("subtle"), edge=theme().color("border"), radius=8)


class _CodeEdit(QPlainTextEdit):
    """As high as its lines; scrolls sideways only."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.setViewportMargins(PADDING, 4, PADDING, 0)
        self.setFont(theme().font("mono"))
        self._widest = 0

    def append_text(self, text: str) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)

    def fit(self) -> None:
        metrics = QFontMetrics(self.font())
        self.setTabStopDistance(4 * metrics.horizontalAdvance(" "))
        wide = self.horizontalScrollBar().maximum() > 0
        height = self.blockCount() * metrics.lineSpacing() + 6 + (BAR if wide else 0)
        if height != self.minimumHeight():
            self.setFixedHeight(height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().x() and not event.angleDelta().y():
            super().wheelEvent(event)
        else:
            event.ignore()
