"""A line below the bar: that the chat is temporary, what it is a branch of, or the app that it comes from."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.chats.records import Chat
from app.gui.chat.temporary import TEMPORARY
from app.gui.theme import theme
from app.gui.widgets import Button, IconLabel, Label, ThemedWidget


class ChatNote(ThemedWidget):
    """Hidden where there is nothing to say."""

    origin_asked = Signal(int)
    """The chat that this one is a branch of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._origin = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 6, 16, 6)
        row.setSpacing(8)
        self._icon = IconLabel("info", "text2", 16)
        self.label = Label("", "ui", "text2", wrap=True)
        self.origin = Button(self.tr("Open it"), "quiet")
        self.origin.clicked.connect(lambda: self.origin_asked.emit(self._origin))
        row.addWidget(self._icon)
        row.addWidget(self.label, 1)
        row.addWidget(self.origin)
        self.hide()

    def show_chat(self, chat: Chat | None, title: Callable[[int], str]) -> None:
        """What is special about this chat; `title` gives another one's, "" where that is gone."""
        if chat is None:
            self.show_note("info", "")
        elif chat.id == TEMPORARY:
            words = self.tr("Temporary chat: nothing of it is kept. It ends with New chat, or when the window closes.")
            self.show_note("eye-off", words)
        elif chat.branched_from:
            origin = title(chat.branched_from)
            named = (
                self.tr("A branch of “{0}”").format(origin) if origin else self.tr("A branch of a chat that is gone")
            )
            self.show_note("git-branch", named, chat.branched_from if origin else 0)
        else:
            imported = self.tr("Imported from {0}").format(chat.imported_from) if chat.imported_from else ""
            self.show_note("download", imported)

    def show_note(self, icon: str, text: str, origin: int = 0) -> None:
        """Say this, with the way to another chat; "" says nothing."""
        self._origin = origin
        self._icon.set_icon(icon, "accent")
        self.label.setText(text)
        self.setAccessibleName(text)
        self.origin.setVisible(bool(origin))
        self.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("hover"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))
