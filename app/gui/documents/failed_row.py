"""What opens below a document that failed: the reason, and the next step right there."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.gui.documents.row import Row
from app.gui.icons import icon
from app.gui.theme import theme
from app.gui.widgets import Button, Label

LEADING = 44
"""Pixels to where the file's name starts."""
SPACE = 10
GAP = 6
"""So many pixels of the row's own line are free below its text."""


class FailedRow(QWidget):
    """Reason and buttons; for a locked file a password field, whose text goes nowhere but into the one request."""

    unlock_wanted = Signal(str)
    copy_wanted = Signal()
    again_wanted = Signal()
    skip_wanted = Signal()
    left = Signal()
    """Esc: back to the table."""

    def __init__(self, row: Row, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setBackgroundRole(QPalette.ColorRole.Window)  # inside a viewport labels would else take the text's colour
        column = QVBoxLayout(self)
        column.setContentsMargins(LEADING, 0, 16, 14)
        column.setSpacing(SPACE)
        reason = row.reason or self.tr("The file could not be read. Nothing was added to search.")
        self._reason = Label(reason, "ui", "text2", wrap=True)
        column.addWidget(self._reason)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        column.addLayout(buttons)
        self.password: QLineEdit | None = None
        if row.code == "password":
            self._add_password(buttons)
        elif not row.is_hopeless():
            self._add_retry(buttons, row)
        skip = Button(self.tr("Skip this file"), "secondary" if row.is_hopeless() else "quiet")
        skip.clicked.connect(self.skip_wanted)
        if row.is_hopeless():
            self.button = skip
        buttons.addWidget(skip)
        buttons.addStretch(1)

    def _add_password(self, buttons: QHBoxLayout) -> None:
        self.password = field = QLineEdit(self)
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setPlaceholderText(self.tr("Password"))
        field.setAccessibleName(self.tr("Password of this file"))
        field.addAction(icon("lock", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        field.setFixedWidth(theme().px(200))
        field.returnPressed.connect(self._unlock)
        buttons.addWidget(field)
        self.button = Button(self.tr("Unlock and index"))
        self.button.clicked.connect(self._unlock)
        buttons.addWidget(self.button)

    def _add_retry(self, buttons: QHBoxLayout, row: Row) -> None:
        copy = row.needs_copy()
        self.button = Button(self.tr("Choose another copy") if copy else self.tr("Try again"))
        self.button.clicked.connect(self.copy_wanted if copy else self.again_wanted)
        buttons.addWidget(self.button)
        if copy:
            again = Button(self.tr("Try again"))
            again.clicked.connect(self.again_wanted)
            buttons.addWidget(again)

    def needed(self, width: int) -> int:
        """Pixels of height below the row's own line, for a width of the table."""
        room = max(width - LEADING - 16, 80)
        metrics = QFontMetrics(theme().font("ui"))
        flags = int(Qt.TextFlag.TextWordWrap)
        text = metrics.boundingRect(0, 0, room, 1000, flags, self._reason.text()).height()
        return int(text) + SPACE + theme().px(theme().size("control")) + 14 - GAP + 1

    def sizeHint(self) -> QSize:
        return QSize(320, self.needed(320))

    def focus_first(self) -> None:
        (self.password or self.button).setFocus(Qt.FocusReason.TabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _unlock(self) -> None:
        if self.password is None:
            return
        if self.password.text():
            self.unlock_wanted.emit(self.password.text())
            self.password.clear()
        else:
            self.password.setFocus()
