"""What opens over a button inside the window: a click elsewhere or Esc closes it, and Tab stays in it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.gui.theme import theme
from app.gui.widgets.base import paint_box
from app.gui.widgets.fields import SearchField


class Popover(QWidget):
    """A child of the window and no popup of the system, as the list of models is. It begins with a search."""

    closed = Signal()
    search: SearchField

    def __init__(self, name: str, width: int, parent: QWidget) -> None:
        super().__init__(parent.window())
        self._width = width
        self._back: QWidget | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def stops(self) -> Sequence[QWidget]:
        """Where the Tab key goes, in order."""
        raise NotImplementedError

    def open_above(self, button: QWidget, back: QWidget) -> None:
        """Show over a button, inside the window; the keyboard goes to `back` when it closes."""
        window = button.window()
        self.resize(min(theme().px(self._width), window.width() - 16), 0)
        self.adjustSize()
        height = min(self.sizeHint().height(), window.height() - 16)
        self.resize(min(theme().px(self._width), window.width() - 16), height)
        at = button.mapTo(window, QPoint(0, 0))
        left = max(min(at.x(), window.width() - self.width() - 8), 8)
        self.move(left, max(at.y() - self.height() - 6, 8))
        self._back = back
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    def close_popover(self) -> None:
        """Go, and give the keyboard back."""
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        inside = self.isAncestorOf(QApplication.focusWidget() or self.window())
        self.hide()
        if inside and self._back is not None:
            self._back.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()
        self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_popover()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click outside closes it; so does Esc in any of its fields."""
        if event.type() == QEvent.Type.MouseButtonPress and self._is_beside(watched):
            self.close_popover()
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self._holds(watched):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # it is no shortcut of the page below
                return True
            if event.type() == QEvent.Type.KeyPress and not (watched is self.search and self.search.text()):
                self.close_popover()
                return True
        return False

    def _holds(self, watched: QObject) -> bool:
        return isinstance(watched, QWidget) and (watched is self or self.isAncestorOf(watched))

    def _is_beside(self, watched: QObject) -> bool:
        """Whether it is a part of this window outside of the popover."""
        return isinstance(watched, QWidget) and watched.window() is self.window() and not self._holds(watched)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays inside, as in a dialog."""
        stops = [each for each in self.stops() if each.isEnabled()]
        focused = QApplication.focusWidget()
        at = next((n for n, each in enumerate(stops) if each is focused), -1)
        stops[(at + (1 if forward else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = theme().color("borderStrong")
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color("surface"), edge=edge, radius=10)
