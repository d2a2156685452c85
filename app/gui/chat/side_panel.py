"""Puts a panel beside the chat while the chat keeps its width, and over it where it would not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.gui.theme import theme
from app.gui.widgets import ThemedWidget

LEAST, MOST = 320, 640
CHAT_KEEPS = 420
GRIP = 6


class SidePanelHost(QWidget):
    """Holds the chat and one panel; the panel's edge can be dragged."""

    covering_changed = Signal(bool)
    width_changed = Signal(int)

    def __init__(self, main: QWidget, make_panel: Callable[[], QWidget], parent: QWidget | None = None) -> None:
        """`make_panel` is called when the panel is first opened."""
        super().__init__(parent)
        self._main, self._make_panel = main, make_panel
        self._wanted = theme().size("sourcePanel")
        self._chosen = False  # the person has dragged the edge
        self._open = False
        self._covers = False
        main.setParent(self)
        self._grip = _Grip(self)
        self._grip.dragged.connect(self._drag)
        self._grip.hide()
        theme().changed.connect(self._arrange)

    @cached_property
    def _panel(self) -> QWidget:
        panel = self._make_panel()
        panel.setParent(self)
        return panel

    @property
    def is_open(self) -> bool:
        return self._open

    @property
    def covers(self) -> bool:
        """Whether the open panel takes the chat's place."""
        return self._open and self._covers

    @property
    def is_narrow(self) -> bool:
        """Whether an open panel takes the chat's place here."""
        return self._covers

    def set_open(self, is_open: bool) -> None:
        self._open = is_open
        self._arrange()

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
        if self._open or "_panel" in self.__dict__:
            self._panel.setVisible(self._open)
        self._grip.setVisible(self._open and not covers)
        self._main.setVisible(not (self._open and covers))
        if covers != self._covers:
            self._covers = covers
            self.covering_changed.emit(covers)
        if not self._open:
            self._main.setGeometry(room)
        elif covers:
            self._panel.setGeometry(room)
        else:
            self._split(room, width)

    def _split(self, room: QRect, width: int) -> None:
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        edge = width if rtl else room.width() - width
        left, right = QRect(0, 0, edge, room.height()), QRect(edge, 0, room.width() - edge, room.height())
        main, panel = (right, left) if rtl else (left, right)
        self._main.setGeometry(main)
        self._panel.setGeometry(panel.adjusted(0, 0, -1, 0) if rtl else panel.adjusted(1, 0, 0, 0))
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
