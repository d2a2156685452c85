"""The chat without its source panel: bar above, conversation or start page in the middle, banner and input below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.chat.chat_bar import CollectionButton
from app.gui.chat.composer import Composer
from app.gui.chat.engine_banner import EngineBanner
from app.gui.theme import theme
from app.gui.widgets import IconButton, Label
from app.gui.widgets.page_frame import TopBar

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
        self.more = IconButton("ellipsis", self.tr("More about this chat"), side=32)
        self._collections = collections
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if model_button is not None:
            self.bar.add_leading(model_button)
        self.bar.add_trailing(collections)
        self.bar.add_trailing(self.more)
        column.addWidget(self.bar)
        column.addWidget(conversation, 1)
        column.addLayout(self._make_foot())

    def foot_height(self) -> int:
        """Pixels from the input's upper edge to the bottom."""
        return self.height() - self._foot.geometry().top()

    def _make_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 0, 24, 12)
        foot.setSpacing(0)
        self._foot = QWidget()
        column = QVBoxLayout(self._foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self.composer)
        warning = Label(self.tr("Answers can be wrong. Open the source before you rely on one."), "caption", "text3")
        warning.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(warning)
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
        self.narrowed.emit(width < NARROWER)
