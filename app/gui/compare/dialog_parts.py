"""Parts of the comparison's window that know nothing of a comparison: its head, the wait, and three columns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Button, Label, ProgressBar

LIST = 320
"""Width of the list of differences."""


class Head(QWidget):
    """What is compared, how much is different, and what can be done with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 12, 16, 12)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = Label(self.tr("Compare documents"), "heading", wrap=True)
        self.summary = Label("", "caption", "text2")
        words.addWidget(self.title)
        words.addWidget(self.summary)
        row.addLayout(words, 1)
        self.swap = Button(self.tr("Swap"), icon="refresh-cw")
        self.export = Button(self.tr("Export"), "primary", "share-2", trailing="chevron-down")
        row.addWidget(self.swap)
        row.addWidget(self.export)
        self.allow()

    def allow(self) -> None:
        """There is something to swap and to save."""
        self.swap.enable(self.tr("Take the other document as the older one"))
        self.export.enable(self.tr("Save the differences as a report"))


class Waiting(QWidget):
    """How far it is, and a way to stop."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addStretch(1)
        self.note = Label("", "ui", "text2")
        self.bar = ProgressBar(self.tr("Comparing"))
        self.bar.setMaximumWidth(theme().px(360))
        self.cancel = Button(self.tr("Cancel"))
        for widget in (self.note, self.bar, self.cancel):
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(widget, 1000 if widget is self.bar else 0)
            row.addStretch(1)
            column.addLayout(row)
        column.addStretch(1)


class Beside(QSplitter):
    """The list and two texts of one width, until the person moves a border."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self._moved = False
        self.splitterMoved.connect(self._keep)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._moved:
            listed = min(theme().px(LIST), self.width() // 3)
            text = (self.width() - listed) // 2
            self.setSizes([listed, text, text])

    def _keep(self, *_: int) -> None:
        self._moved = True
