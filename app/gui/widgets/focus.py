"""The ring round whatever the keyboard has reached, drawn from outside because a stylesheet cannot."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QWindow
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from app.gui.theme import theme
from app.gui.widgets.base import FOCUS_RING, paint_box

REACH = 4
"""Gap and width of the ring, 2 px each."""


class FocusRing(QObject):
    """Follows the focus and shows the ring where the last input was a key."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._by_key = False
        self._target: QWidget | None = None
        self._ring: _Ring | None = None
        self._watched: list[QObject] = []
        app.focusChanged.connect(self._move_to)
        app.focusWindowChanged.connect(self._watch_window)

    def _watch_window(self, window: QWindow | None) -> None:
        """Only the window's own events pass here, some sixty a second, not every widget's."""
        if window is not None:
            window.removeEventFilter(self)
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.KeyPress:
            self._by_key = True
        elif kind in (QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin):
            self._by_key = False
            self._hide()
        elif self._target is not None and watched in self._watched:
            if kind in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show):
                self._place()
            elif kind == QEvent.Type.Hide:
                self._hide()
        return False

    def _move_to(self, old: QWidget | None, new: QWidget | None) -> None:
        self._hide()
        if new is None or not self._by_key or new.property(FOCUS_RING) is None:
            return
        self._target = new
        host = self._host(new)
        if self._ring is None:
            self._ring = _Ring(host)
            self._ring.destroyed.connect(self._forget)
        else:
            self._ring.setParent(host)
        self._watch(new, host)
        self._place()

    def _host(self, widget: QWidget) -> QWidget:
        """The nearest ancestor that has room for the ring, not beyond a scrolled page or the window."""
        host = widget.parentWidget() or widget
        while not host.isWindow():
            above = host.parentWidget()
            if above is None or isinstance(above.parentWidget(), QAbstractScrollArea):
                break
            if host.rect().contains(self._rect(widget, host)):
                break
            host = above
        return host

    def _rect(self, widget: QWidget, host: QWidget) -> QRect:
        at = widget.mapTo(host, widget.rect().topLeft())
        return QRect(at, widget.size()).adjusted(-REACH, -REACH, REACH, REACH)

    def _watch(self, widget: QWidget, host: QWidget) -> None:
        self._watched = []
        step: QWidget | None = widget
        while step is not None and step is not host:
            step.installEventFilter(self)
            self._watched.append(step)
            step = step.parentWidget()

    def _place(self) -> None:
        if self._ring is None or self._target is None:
            return
        host = self._ring.parentWidget()
        if host is None or not host.isAncestorOf(self._target):
            self._hide()
            return
        self._ring.radius = float(self._target.property(FOCUS_RING)) + REACH
        self._ring.setGeometry(self._rect(self._target, host))
        self._ring.show()
        self._ring.raise_()

    def _hide(self) -> None:
        for step in self._watched:
            step.removeEventFilter(self)
        self._watched = []
        self._target = None
        if self._ring is not None:
            self._ring.hide()

    def _forget(self) -> None:
        self._ring = None


class _Ring(QWidget):
    """Only a ring: the mouse goes through it."""

    radius = 10.0

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(QPainter(self), QRectF(self.rect()), edge=theme().color("focus"), width=2, radius=self.radius)
