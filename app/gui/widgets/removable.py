"""Chips that say a condition and can be taken away, in rows that wrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QLayoutItem, QSizePolicy, QWidget

from app.gui.theme import theme
from app.gui.widgets.base import ThemedWidget, empty_layout, paint_box
from app.gui.widgets.buttons import IconButton
from app.gui.widgets.fields import IconLabel
from app.gui.widgets.text import ElidedLabel

GAP = 6


class RemovableChip(ThemedWidget):
    """A name with a cross behind it."""

    removed = Signal()

    def __init__(self, text: str = "", tip: str = "", icon: str = "", parent: QWidget | None = None) -> None:
        """`tip` says what the cross does: a screen reader names it so."""
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(11, 1, 3, 1)
        row.setSpacing(0)
        if icon:
            row.addWidget(IconLabel(icon, "text2", 16))
            row.addSpacing(8)
        self._name = ElidedLabel("", "uiStrong")
        self._name.setMaximumWidth(theme().px(240))
        row.addWidget(self._name)
        row.addSpacing(2)
        self.remove = IconButton("x", tip, size=14)
        self.remove.clicked.connect(self.removed)
        row.addWidget(self.remove)
        self.setMinimumHeight(theme().px(theme().size("control")))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.show_name(text)

    def show_name(self, name: str) -> None:
        """Say something else; "" hides it."""
        self._name.set_text(name)
        self.setAccessibleName(name)
        self.setVisible(bool(name))

    def text(self) -> str:
        return self._name.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("surface"), edge=theme().color("border"))


class ChipRow(QWidget):
    """Chips beside each other, in as many lines as they need; it is away while there is none."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = _Flow(self)
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_chips(self, chips: Sequence[tuple[str, Callable[[], object]]], tip: str) -> None:
        """Each with what its cross does; `tip` names a cross, with {0} for the chip's text."""
        had = self.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        empty_layout(self._flow)
        for text, remove in chips:
            chip = RemovableChip(text, tip.format(text), parent=self)
            chip.removed.connect(remove, Qt.ConnectionType.QueuedConnection)  # the chip goes with what it does
            self._flow.addWidget(chip)
            chip.show()
        self._flow.activate()
        self.setVisible(bool(chips))
        self.updateGeometry()
        if had and chips:
            self.chips()[0].remove.setFocus()

    def chips(self) -> list[RemovableChip]:
        """What is shown, in order."""
        items = (self._flow.itemAt(n) for n in range(self._flow.count()))
        widgets = (item.widget() for item in items if item is not None)
        return [widget for widget in widgets if isinstance(widget, RemovableChip)]


class _Flow(QLayout):
    """Left to right (or right to left), then on the next line."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self.invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize(0, 0)
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, move: bool) -> int:
        """The height that the items take in this width."""
        x, y, line = 0, 0, 0
        parent = self.parentWidget()
        rtl = parent is not None and parent.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for item in self._items:
            size = item.sizeHint().boundedTo(QSize(max(rect.width(), 1), 10_000))
            if x and x + size.width() > rect.width():
                x, y, line = 0, y + line + GAP, 0
            if move:
                left = rect.right() + 1 - x - size.width() if rtl else rect.left() + x
                item.setGeometry(QRect(QPoint(left, rect.top() + y), size))
            x += size.width() + GAP
            line = max(line, size.height())
        return y + line
