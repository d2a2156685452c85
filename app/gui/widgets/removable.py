"""Chips that say a condition and can be taken away, in rows that wrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.gui.theme import theme
from app.gui.widgets.base import ThemedWidget, empty_layout, paint_box
from app.gui.widgets.buttons import IconButton
from app.gui.widgets.fields import IconLabel
from app.gui.widgets.text import ElidedLabel
from app.gui.widgets.wrap import WrapLayout

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
        self._flow = WrapLayout(self, GAP)
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
