"""Where the window stands: as the last time where a screen is there for it, else in the middle."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QSize, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QMoveEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow

from app.gui.shell.session import Session
from app.gui.theme import theme

DEFAULT_SIZE = QSize(1280, 820)


class PlacedWindow(QMainWindow):
    """Remembers where it stands, and says when it was painted first."""

    painted = Signal()
    """After the first paint: the time to start what is slow."""
    resized = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._kept = session
        self.was_painted = False

    def place(self) -> None:
        """Its least size, and where it stood the last time."""
        screen = QGuiApplication.primaryScreen()
        room = screen.availableGeometry() if screen is not None else QRect(0, 0, 1280, 820)
        least = QSize(theme().size("windowMinW"), theme().size("windowMinH"))
        self.setMinimumSize(least.boundedTo(room.size()))
        geometry = self._kept.state.geometry
        if not (geometry and self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))):
            size = DEFAULT_SIZE.boundedTo(room.size())
            self.setGeometry(QRect(room.center() - QRect(0, 0, size.width(), size.height()).center(), size))

    def keep_geometry(self) -> None:
        """Where it stands now is where the next start puts it."""
        if self.was_painted:
            self._kept.update(geometry=bytes(self.saveGeometry().toBase64().data()).decode())

    def raise_window(self) -> None:
        """Another start of the program asks for this window."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()
        self.keep_geometry()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.keep_geometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.was_painted:
            self.was_painted = True
            QTimer.singleShot(0, self.painted.emit)
