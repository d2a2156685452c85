"""What the page of a source lies on: it fits the panel, zooms, and scrolls to its marks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.gui.chat.page_image import PageView
from app.gui.theme import theme

ZOOMS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
MARGIN = 17
READABLE = 0.75
"""Of its size on paper: a page that is drawn smaller asks for more room."""
MARK_GAP = 96
"""Pixels above the passage that stay in view, so that its context can be read."""


class PageDesk(QScrollArea):
    """What a page lies on; a page that is wider or longer scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self.view = view = PageView()
        self._zoom = 1.0
        self.setAccessibleName(self.tr("Page"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._inner = QWidget()
        self._inner.setObjectName("scrollBody")
        self._column = QVBoxLayout(self._inner)
        self._column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self._column.addWidget(view, alignment=Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setWidget(self._inner)
        self.setWidgetResizable(True)

    def zoom(self, direction: int) -> None:
        """Larger (1) or smaller (-1); what stood in the middle stays there, and what is wider scrolls."""
        at = min(range(len(ZOOMS)), key=lambda i: abs(ZOOMS[i] - self._zoom))
        self._zoom = ZOOMS[min(max(at + direction, 0), len(ZOOMS) - 1)]
        middle = self.middle()
        self.fit()
        self.centre_on(middle)

    def fit(self) -> None:
        """The page's text as wide as the room for it, times the zoom."""
        self.view.fit_width(max(round((self.room() - 2 * MARGIN) * self._zoom), 80))

    def scale(self) -> float:
        """How large the page is drawn, 1.0 for its size on paper; without a page, how large it was asked to be."""
        scale = self.view.scale_on_paper()
        return scale if scale is not None else self._zoom

    def wanted_width(self, across: int) -> int:
        """Pixels that a panel, now `across` wide, needs for a page that can be read."""
        return self.view.width_at(READABLE) + across - self.room() + 2 * MARGIN

    def show_marks(self) -> None:
        """Scroll to where the first mark begins."""
        self.show_from(max(round(self.view.mark_top()) - MARK_GAP, 0))

    def room(self) -> int:
        """Pixels across, beside the bar that a long page has: it must not come and go with the zoom."""
        return self.width() - self.verticalScrollBar().sizeHint().width()

    def middle(self) -> tuple[float, float]:
        """Which point of the page is in the middle, as shares of its size."""
        at = self.view.mapFrom(self.viewport(), self.viewport().rect().center())
        return at.x() / max(self.view.width(), 1), at.y() / max(self.view.height(), 1)

    def centre_on(self, point: tuple[float, float]) -> None:
        """Bring this point into the middle, as far as the page goes."""
        self._settle()
        x, y = point[0] * self.view.width() + MARGIN, point[1] * self.view.height() + MARGIN
        self.horizontalScrollBar().setValue(round(x - self.viewport().width() / 2))
        self.verticalScrollBar().setValue(round(y - self.viewport().height() / 2))

    def show_from(self, top: int) -> None:
        """Scroll to so many pixels from the page's top, its lines from their beginning."""
        self._settle()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.maximum() if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 0)
        self.verticalScrollBar().setValue(top)

    def _settle(self) -> None:
        """The page has another size: the bars must know before they are set."""
        self._column.activate()
        self._inner.resize(self._column.minimumSize().expandedTo(self.viewport().size()))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self.viewport()).fillRect(self.viewport().rect(), theme().color("hover"))
