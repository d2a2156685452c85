"""Says above the composer that the model ended, keeps the reason at hand, and offers the way back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.errors import AppError, WorkerGone
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, Label


class EngineBanner(QWidget):
    """Hidden while all is well."""

    restart_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 4)
        self._banner: Banner | None = None
        self._error: AppError | None = None
        self.hide()

    def show_state(self, state: str, error: AppError | None) -> None:
        """`failed` shows the error; `loading` after it says that the model comes back; `ready` goes quiet."""
        if state == "failed" and error is not None:
            self._error = error
            self._show(error)
        elif state == "ready":
            self._clear()

    def text(self) -> str:
        """What it says, "" while it is hidden."""
        return self._banner.accessibleName() if self._banner is not None else ""

    def _show(self, error: AppError) -> None:
        self._clear()
        gone = isinstance(error, WorkerGone)
        title = self.tr("The model stopped unexpectedly. Your message is kept.") if gone else error.message
        banner = Banner(
            "danger",
            title,
            error.hint,
            self.tr("Restart model") if gone else self.tr("Try again"),
            action_icon="rotate-cw",
            primary=True,
            closable=True,
            more=self.tr("Details") if error.detail else "",
        )
        banner.acted.connect(self.restart_asked)
        banner.detail_asked.connect(self._show_details)
        banner.closed.connect(self._clear)
        self._banner = banner
        self._column.addWidget(banner)
        self.show()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, title))

    def _clear(self) -> None:
        if self._banner is not None:
            self._column.removeWidget(self._banner)
            self._banner.hide()
            self._banner.deleteLater()
            self._banner = None
        self.hide()

    def _show_details(self) -> None:
        if self._error is not None:
            DetailsDialog(self._error, self.window()).open()


class DetailsDialog(QDialog):
    """Technical lines of an error, to copy."""

    def __init__(self, error: AppError, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Details"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(Label(error.message, "heading", wrap=True))
        lines = QPlainTextEdit(error.detail)
        lines.setReadOnly(True)
        lines.setProperty("field", "true")
        lines.setFont(theme().font("mono"))
        lines.setMinimumSize(520, 240)
        lines.setAccessibleName(self.tr("Details"))
        column.addWidget(lines)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        copy = Button(self.tr("Copy"), icon="copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(f"{error}\n\n{error.detail}"))
        close = Button(self.tr("Close"))
        close.clicked.connect(self.accept)
        row.addWidget(copy)
        row.addWidget(close)
        column.addLayout(row)
