"""Something that can be had on the Use page, with the button that gives it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.widgets import Button, IconLabel, Label


class ActionRow(QWidget):
    """Icon, title and a line about it; the button says what it does, or why it cannot."""

    def __init__(self, icon: str, title: str, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._action = title, action
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        row.addWidget(IconLabel(icon, "text2", 20, tile=36))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(title, "uiStrong"))
        self.detail = Label("", "caption", "text2", wrap=True)
        words.addWidget(self.detail)
        row.addLayout(words, 1)
        self.button = Button(action)
        row.addWidget(self.button)

    def show_idle(self, detail: str, reason: str = "") -> None:
        """`reason`: why it cannot be had."""
        self.detail.setText(detail)
        self.button.setText(self._action)
        self.button.setAccessibleName(f"{self._action}: {self._title}")
        if reason:
            self.button.disable(reason)
        else:
            self.button.enable()

    def show_progress(self, detail: str, action: str) -> None:
        """It is under way; `action` ends it."""
        self.detail.setText(detail)
        self.button.setText(action)
        self.button.setAccessibleName(action)
