"""The frame that pages share: a top bar of 56 px above content that scrolls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Label, ThemedWidget


class TopBar(ThemedWidget):
    """Title or controls at the leading end, tools at the other, a line below."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(24 if title else 16, 0, 16, 1)
        self._row.setSpacing(8)
        self.setMinimumHeight(theme().size("topbar"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if title:
            self.title = Label(title, "title")
            self._row.addWidget(self.title)
        self._row.addStretch(1)
        self._leading = 1 if title else 0

    def set_lead(self, pixels: int) -> None:
        """Where the title begins, so that it stands over what is below it."""
        margins = self._row.contentsMargins()
        margins.setLeft(pixels)
        self._row.setContentsMargins(margins)

    def add_leading(self, widget: QWidget) -> None:
        self._row.insertWidget(self._leading, widget)
        self._leading += 1

    def add_trailing(self, widget: QWidget) -> None:
        self._row.addWidget(widget)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))


class PageFrame(QWidget):
    """What most pages are: a bar and, below it, the column `body`. It answers what the window asks of a page."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.bar = TopBar(title)
        column.addWidget(self.bar)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        column.addLayout(self.body, 1)

    @property
    def widget(self) -> QWidget:
        """See `app.gui.shell.page.Page`."""
        return self

    def shown(self) -> None:
        """Nothing of a page is old when it is opened, unless the page says so."""

    def first_focus(self) -> QWidget:
        return self

    def regions(self) -> list[QWidget]:
        """The stops of F6."""
        return [self]

    def foot_height(self) -> int:
        return 0


class ScrollColumn(QScrollArea):
    """Content that scrolls up and down and never sideways; `column` takes the widgets."""

    def __init__(self, margins: tuple[int, int, int, int] = (24, 16, 24, 24), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        inner = QWidget()
        inner.setObjectName("scrollBody")
        inner.setAutoFillBackground(False)
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(*margins)
        self.column.setSpacing(0)
        self.setWidget(inner)


class Separator(ThemedWidget):
    """A line of one pixel, horizontal or vertical."""

    def __init__(self, *, vertical: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("border"))
