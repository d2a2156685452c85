"""Where the window stands: as the last time where a screen is there for it, else in the middle."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from app.gui.theme import theme

DEFAULT_SIZE = QSize(1280, 820)


def place(window: QMainWindow, geometry: str) -> None:
    """Give the window its least size and the geometry that `geometry_of` once returned ("" the first time)."""
    screen = QGuiApplication.primaryScreen()
    room = screen.availableGeometry() if screen is not None else QRect(0, 0, 1280, 820)
    least = QSize(theme().size("windowMinW"), theme().size("windowMinH"))
    window.setMinimumSize(least.boundedTo(room.size()))
    if not (geometry and window.restoreGeometry(QByteArray.fromBase64(geometry.encode()))):
        size = DEFAULT_SIZE.boundedTo(room.size())
        window.setGeometry(QRect(room.center() - QRect(0, 0, size.width(), size.height()).center(), size))


def geometry_of(window: QMainWindow) -> str:
    """The window's place in base64."""
    return bytes(window.saveGeometry().toBase64().data()).decode()
