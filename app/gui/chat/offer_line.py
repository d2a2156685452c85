"""One quiet line above the input: a use case that fits what is typed, and the button that takes it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Button, ElidedLabel, IconButton, IconLabel, ThemedWidget, paint_box
from app.text.offers.offer import Offer, OfferKind

ICONS: dict[OfferKind, str] = {
    "calculate": "equal",
    "find": "search",
    "table": "files",
    "compare": "columns-2",
    "summarise": "text-quote",
}


class OfferLine(ThemedWidget):
    """Shows one offer, or is away."""

    taken = Signal(object)
    """Offer"""
    dismissed = Signal()
    left = Signal()
    """It went away with the keyboard on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offer: Offer | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 4, 2)
        row.setSpacing(8)
        self._icon = IconLabel("search", "accent", 16)
        self.words = ElidedLabel("", "ui", mode=Qt.TextElideMode.ElideMiddle)
        self.button = Button(self.tr("Take the offer"), "link")
        self.button.clicked.connect(self._take)
        self.close_button = IconButton("x", self.tr("Do not offer this"), "Esc", size=14)
        self.close_button.clicked.connect(self.dismissed)
        row.addWidget(self._icon)
        row.addWidget(self.words, 1)
        row.addWidget(self.button)
        row.addWidget(self.close_button)
        self.setMinimumHeight(theme().px(theme().size("control")))
        self.hide()

    def show_offer(self, offer: Offer | None) -> None:
        """This one, or none. A screen reader is told of a new one once."""
        had = self.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        new = offer is not None and offer != self.offer
        self.offer = offer
        if offer is None:
            self.setVisible(False)
            if had:
                self.left.emit()
            return
        self._icon.set_icon(ICONS[offer.kind], "accent")
        self.words.set_text(offer.sentence)
        self.button.setText(offer.action)
        self.button.setAccessibleDescription(offer.sentence)
        self.setAccessibleName(offer.sentence)
        self.setVisible(True)
        if new:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, offer.sentence))

    def _take(self) -> None:
        if self.offer is not None:
            self.taken.emit(self.offer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color("accentSoft"), radius=8)
