"""What happens with errors that nobody expected: the log, and a window that says so with details to copy."""

from __future__ import annotations

import logging
import platform
import sys
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QWidget

from app.crashes import note_crash
from app.errors import AppError
from app.gui.theme import Theme, theme
from app.gui.widgets import Button, ConfirmDialog
from app.paths import Home

log = logging.getLogger(__name__)
LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class ErrorDialog(ConfirmDialog):
    """An error with its details behind a button, and a way to copy them."""

    def __init__(self, title: str, detail: str, more: str, parent: QWidget | None = None) -> None:
        super().__init__(title, detail, "", parent=parent, danger=True)
        self._more = more
        self.cancel_button.setText(self.tr("Close"))
        self.action_button.hide()
        self.details = QPlainTextEdit(more, self)
        self.details.setProperty("field", "true")
        self.details.setReadOnly(True)
        self.details.setFont(theme().font("mono"))
        self.details.setMinimumSize(theme().px(460), theme().px(160))
        self.details.setAccessibleName(self.tr("Details"))
        self.details.hide()
        self.body.insertWidget(2, self.details)
        tools = QHBoxLayout()
        show = Button(self.tr("Details"), "quiet", "chevron-right")
        show.clicked.connect(lambda: self._toggle(show))
        copy = Button(self.tr("Copy details"), "quiet", "copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(f"{title}\n{detail}\n\n{more}"))
        tools.addWidget(show)
        tools.addWidget(copy)
        tools.addStretch(1)
        self.body.insertLayout(2, tools)

    def _toggle(self, button: Button) -> None:
        self.details.setVisible(self.details.isHidden())
        button.set_icon("chevron-right" if self.details.isHidden() else "chevron-down")
        self.adjustSize()


def install_excepthook(home: Home) -> None:
    """Log what nobody caught and tell the user once at a time; the program goes on."""
    shown: list[ErrorDialog] = []

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        log.error("Not expected", exc_info=(kind, error, trace))
        note_crash(home, "window", error)
        if shown or QApplication.instance() is None:
            return
        try:
            dialog = _describe(error, text, home)
            shown.append(dialog)
            dialog.finished.connect(lambda _: (shown.clear(), dialog.deleteLater()))  # type: ignore[func-returns-value]
            dialog.open()
        except Exception:  # noqa: BLE001 - the last line of defence: what fails here may only be written down
            sys.__excepthook__(*sys.exc_info())

    sys.excepthook = hook


def _describe(error: BaseException, text: str, home: Home) -> ErrorDialog:
    versions = f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}"
    more = f"{text}\n{versions}"
    parent = QApplication.activeWindow()
    if isinstance(error, AppError):
        return ErrorDialog(error.message, error.hint, f"{error.detail}\n{more}".strip(), parent)
    title = QApplication.translate("Crash", "Something went wrong that Inhouse did not expect")
    detail = QApplication.translate("Crash", "Your chats and documents are kept. The log is in {0}.")
    return ErrorDialog(title, detail.format(home.logs), more, parent)


def install_message_handler() -> None:
    """Qt's own messages go to the log instead of a console that nobody sees."""
    qt_log = logging.getLogger("qt")

    def handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        qt_log.log(
            LEVELS.get(kind, logging.WARNING), f"{context.category}: {message}"
        )  # without arguments: not taken for contents

    qInstallMessageHandler(handle)


def show_crash(report: Path, parent: QWidget) -> None:
    """Say once that Inhouse ended hard the last time, with the report that stays on the disk."""
    title = QApplication.translate("Crash", "Inhouse ended unexpectedly the last time")
    detail = QApplication.translate(
        "Crash", "Your chats and documents are kept. A report without contents is in {0}; nobody was sent it."
    )
    try:
        text = report.read_text(encoding="utf-8")
    except OSError:
        return
    dialog = ErrorDialog(title, detail.format(report.parent), text, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def show_start_error(app: QApplication, error: AppError) -> None:
    """The window cannot open: say why, and leave."""
    if app.property("inhouse_theme") is None:
        Theme(app)
    ErrorDialog(error.message, error.hint, error.detail).exec()
