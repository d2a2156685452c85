"""The chat without its source panel: bar above, conversation or start page in the middle, banner and input below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.chat.chat_bar import CollectionButton
from app.gui.chat.chat_note import ChatNote
from app.gui.chat.composer import Composer
from app.gui.chat.engine_banner import EngineBanner
from app.gui.theme import theme
from app.gui.widgets import Button, IconButton, Label
from app.gui.widgets.page_frame import TopBar

CROWDED = 900
"""Below this width of the chat the bar gives the number of attached files without words."""
NARROW = 700
"""Below this width of the chat the bar leaves the number of documents out."""
NARROWER = 560
"""Below this one it leaves out what the model runs on too."""


class ChatFrame(QWidget):
    """Holds the parts; what they do the page says. It is as wide as the panel lets it be."""

    narrowed = Signal(bool)
    """Whether the bar has room for little more than names."""

    def __init__(self, conversation: QWidget, collections: CollectionButton, model_button: QWidget | None) -> None:
        super().__init__()
        self.composer = Composer()
        self.banner = EngineBanner()
        self.bar = TopBar()
        self.attached = Button("", "quiet", "paperclip")
        self._files = 0
        self._offered: QWidget | None = None
        self.more = IconButton("ellipsis", self.tr("More about this chat"), side=32)
        self._collections = collections
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if model_button is not None:
            self.bar.add_leading(model_button)
        self.bar.add_trailing(self.attached)
        self.bar.add_trailing(collections)
        self.bar.add_trailing(self.more)
        column.addWidget(self.bar)
        self.note = ChatNote()
        column.addWidget(self.note)
        column.addWidget(conversation, 1)
        column.addLayout(self._make_foot())

    def add_strip(self, strip: QWidget) -> None:
        """Put the chips of the chat's own files above the input, and above what is offered."""
        self._column.insertWidget(self._column.indexOf(self._offered or self.composer), strip)

    def add_offer(self, line: QWidget) -> None:
        """Put what is offered right above the input."""
        self._offered = line
        self._column.insertWidget(self._column.indexOf(self.composer), line)

    def show_attached(self, count: int) -> None:
        """How many files are only in this chat, at its top."""
        self._files = count
        self.attached.setVisible(bool(count))
        one = count == 1
        words = self.tr("1 file only in this chat") if one else self.tr("{n} files only in this chat").format(n=count)
        self.attached.setText(str(count) if self.width() < CROWDED else words)
        self.attached.setToolTip(words)
        self.attached.setAccessibleName(words)
        self.attached.updateGeometry()

    def foot_height(self) -> int:
        """Pixels from the input's upper edge to the bottom."""
        return self.height() - self._foot.geometry().top()

    def _make_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 0, 24, 12)
        foot.setSpacing(0)
        self._foot = QWidget()
        column = self._column = QVBoxLayout(self._foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self.composer)
        self.warning = Label("", "caption", "text3")
        self.warning.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.warning)
        foot.addStretch(1)
        foot.addWidget(self._foot, 1000)
        foot.addStretch(1)
        self._size_foot()
        theme().changed.connect(self._size_foot)
        return foot

    def _size_foot(self) -> None:
        self._foot.setMaximumWidth(theme().px(theme().size("column")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        self._collections.set_short(width < NARROW)
        self.show_attached(self._files)
        self.narrowed.emit(width < NARROWER)
