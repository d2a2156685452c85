"""The lines above the documents of a collection: an icon, words that give way, and a link."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Button, ElidedLabel, IconLabel, ThemedWidget


class StateBar(ThemedWidget):
    """Hidden until there is something to say."""

    opened = Signal()
    """The link was pressed."""

    def __init__(self, icon: IconLabel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(20, 8, 16, 9)
        self.row.setSpacing(8)
        self.icon = icon
        self.text = ElidedLabel("", "ui", "text2")
        self.button = Button("", "link")
        self.button.clicked.connect(self.opened)
        self.row.addWidget(self.icon)
        self.row.addWidget(self.text, 1)
        self.row.addWidget(self.button)
        self.hide()

    def minimumSizeHint(self) -> QSize:
        """The text gives way by itself, so it must not keep the window wide."""
        return QSize(self.button.sizeHint().width() + theme().px(80), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("subtle"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))
