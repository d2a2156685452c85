"""Puts a panel beside the chat while the chat keeps its width, and over it where it would not."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.gui.theme import theme
from app.gui.widgets import ThemedWidget

LEAST, MOST = 320, 640
CHAT_KEEPS = 420
GRIP = 6


class SidePanelHost(QWidget):
    """Holds the chat and one panel at a time; the panel's edge can be dragged."""

    covering_changed = Signal(bool)
    width_changed = Signal(int)
    panel_changed = Signal()
    """Another panel is open, or none."""
    closed = Signal()
    """By the person; the chat takes the keyboard again."""

    def __init__(self, main: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._main = main
        self._wanted = theme().size("sourcePanel")
        self._chosen = False  # the person has dragged the edge
        self._panel: QWidget | None = None
        self._covers = False
        main.setParent(self)
        self._grip = _Grip(self)
        self._grip.dragged.connect(self._drag)
        self._grip.hide()
        theme().changed.connect(self._arrange)

    @property
    def panel(self) -> QWidget | None:
        """What is open beside the chat."""
        return self._panel

    @property
    def is_open(self) -> bool:
        return self._panel is not None

    @property
    def covers(self) -> bool:
        """Whether the open panel takes the chat's place."""
        return self.is_open and self._covers

    @property
    def is_narrow(self) -> bool:
        """Whether an open panel takes the chat's place here."""
        return self._covers

    def open_panel(self, panel: QWidget) -> None:
        """Show it in the place of whatever is open; the caller keeps it."""
        if panel is not self._panel:
            panel.setParent(self)
            self._change(panel)

    def close_panel(self) -> None:
        """Close because another chat or answer takes its place; the keyboard stays where it is."""
        if self.is_open:
            self._change(None)

    def leave(self) -> None:
        """Close as a person does."""
        self.close_panel()
        self.closed.emit()

    def _change(self, panel: QWidget | None) -> None:
        if self._panel is not None:
            self._panel.hide()
        self._panel = panel
        self._arrange()
        self.panel_changed.emit()

    def set_panel_width(self, width: int) -> None:
        """The width that the person chose; it is kept within its limits."""
        self._chosen = True
        self._wanted = min(max(width, LEAST), MOST)
        self._arrange()
        self.width_changed.emit(self._wanted)

    def offer_width(self, width: int) -> None:
        """What is shown would like so much; it is given where the person has not chosen, and never taken back."""
        if not self._chosen and width > self._wanted:
            self._wanted = min(width, MOST)
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _drag(self, x: int) -> None:
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        self.set_panel_width(x if rtl else self.width() - x)

    def _arrange(self) -> None:
        room = self.rect()
        width = min(self._wanted, room.width() - CHAT_KEEPS)
        covers = width < LEAST
        self._grip.setVisible(self.is_open and not covers)
        self._main.setVisible(not (self.is_open and covers))
        if covers != self._covers:
            self._covers = covers
            self.covering_changed.emit(covers)
        if self._panel is None:
            self._main.setGeometry(room)
            return
        self._panel.show()
        if covers:
            self._panel.setGeometry(room)
        else:
            self._split(room, width, self._panel)

    def _split(self, room: QRect, width: int, panel: QWidget) -> None:
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        edge = width if rtl else room.width() - width
        left, right = QRect(0, 0, edge, room.height()), QRect(edge, 0, room.width() - edge, room.height())
        main, side = (right, left) if rtl else (left, right)
        self._main.setGeometry(main)
        panel.setGeometry(side.adjusted(0, 0, -1, 0) if rtl else side.adjusted(1, 0, 0, 0))
        self._grip.setGeometry(edge - GRIP // 2, 0, GRIP, room.height())
        self._grip.raise_()


class _Grip(ThemedWidget):
    """The line between chat and panel."""

    dragged = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at: QPoint = self.mapToParent(event.position().toPoint())
        self.dragged.emit(at.x())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(GRIP // 2, 0, 1, self.height(), theme().color("border"))
