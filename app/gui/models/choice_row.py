"""A row for something of which one is in use: readers and embedders look alike."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.widgets import Button, Chip, ElidedLabel, IconButton, IconLabel


class ChoiceRow(QWidget):
    """A tile, a name with a line about it, and on the right what can be done."""

    def __init__(self, symbol: str, name: str, about: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 12, 16, 12)
        self._row.setSpacing(16)
        self._row.addWidget(IconLabel(symbol, "text2", 20, tile=40))
        self.words = QVBoxLayout()
        self.words.setSpacing(0)
        self.words.addWidget(ElidedLabel(name, "uiStrong"))
        self.about = ElidedLabel(about, "caption", "text2")
        self.words.addWidget(self.about)
        self._row.addLayout(self.words, 1)

    def add_in_use(self) -> None:
        """Say that this one is."""
        self._row.addWidget(Chip(self.tr("In use"), "info"))

    def add_use(self, *, back: bool) -> Button:
        """The button that uses it; `back`: it was the one before."""
        return self.add_button(self.tr("Go back") if back else self.tr("Use now"), "undo-2" if back else "")

    def add_button(self, text: str, icon: str = "") -> Button:
        button = Button(text, icon=icon)
        button.setAccessibleName(f"{text}: {self._name}")
        self._row.addWidget(button)
        return button

    def add_remove(self) -> IconButton:
        """The button that deletes it."""
        button = IconButton("trash-2", self.tr("Remove {0}").format(self._name))
        self._row.addWidget(button)
        return button
