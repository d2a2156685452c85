"""The line above the documents of a collection that a team shares: whose it is, and of which edition."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Button, ElidedLabel, IconLabel, ThemedWidget
from app.types import Collection


class SharedBar(ThemedWidget):
    """Hidden where a collection is not shared."""

    opened = Signal()
    """See to the sharing of one's own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 8, 16, 9)
        row.setSpacing(8)
        self.icon = IconLabel("lock", "text2", 16)
        row.addWidget(self.icon)
        self.text = ElidedLabel("", "ui", "text2")
        row.addWidget(self.text, 1)
        self.button = Button(self.tr("Sharing"), "link")
        self.button.clicked.connect(self.opened)
        row.addWidget(self.button)
        self.hide()

    def show_collection(self, collection: Collection | None) -> None:
        """How this one is shared now."""
        stands = (collection.shared or collection.published) if collection is not None else None
        self.setVisible(stands is not None)
        if collection is None or stands is None:
            return
        whole = "lock" if collection.shared is not None else "share-2"
        self.icon.set_icon(*(("triangle-alert", "warning") if stands.problem else (whole, "text2")))
        self.text.set_text(f"{stands.words()}.")
        self.text.setToolTip(f"{stands.words()}.\n{stands.path}")
        self.button.setVisible(collection.published is not None)

    def minimumSizeHint(self) -> QSize:
        """The text gives way by itself, so it must not keep the window wide."""
        return QSize(self.button.sizeHint().width() + theme().px(80), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("subtle"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))
