"""Labels in the type roles of the design, and labels that shorten what does not fit."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.gui.theme import FontRole, theme
from app.gui.widgets.base import ThemedWidget


class Label(QLabel):
    """Plain text in a role and a colour token. Text is never read as HTML unless asked."""

    def __init__(
        self,
        text: str = "",
        role: FontRole = "ui",
        color: str = "text",
        *,
        wrap: bool = False,
        strong: bool | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._role: FontRole = role
        self._color = color
        self._strong = strong
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        theme().changed.connect(self._wear)
        self._wear()

    def set_color(self, color: str) -> None:
        self._color = color
        self._wear()

    def _wear(self) -> None:
        self.setFont(theme().font(self._role, strong=self._strong))
        self.setMinimumHeight(theme().line(self._role))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme().color(self._color))
        self.setPalette(palette)


class ElidedLabel(ThemedWidget):
    """One line that is cut in the middle (file names) or at the end, with the full text as tooltip."""

    def __init__(
        self,
        text: str = "",
        role: FontRole = "ui",
        color: str = "text",
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        strong: bool | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._text, self._role, self._color, self._mode, self._strong = text, role, color, mode, strong
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def set_color(self, color: str) -> None:
        self._color = color
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self._metrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, max(theme().line(self._role), metrics.height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), theme().px(32)), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._metrics().elidedText(self._text, self._mode, self.width())
        self.setToolTip(self._text if shown != self._text else "")
        painter = QPainter(self)
        painter.setFont(theme().font(self._role, strong=self._strong))
        painter.setPen(theme().color(self._color if self.isEnabled() else "textDisabled"))
        start = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), int(start), shown)

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme().font(self._role, strong=self._strong))
