"""The six steps above the wizard: what is done, what is open, and what can be opened."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import FOCUS_RING, EnterPresses, ThemedWidget, paint_box


class StepRail(ThemedWidget):
    """The six steps: done ones with a check, the open one filled; those that can be reached can be clicked."""

    chosen = Signal(str)

    def __init__(self, steps: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """`steps` are (key, name)."""
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(24, 0, 24, 1)
        self._row.setSpacing(12)
        self.buttons: dict[str, _StepButton] = {}
        self._lines: list[_Line] = []
        for number, (key, name) in enumerate(steps, 1):
            if number > 1:
                line = _Line()
                self._lines.append(line)
                self._row.addWidget(line, 1)
            button = _StepButton(number, name)
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self.buttons[key] = button
            self._row.addWidget(button)
        self.setMinimumHeight(theme().px(56))
        self.setAccessibleName(self.tr("Steps"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the names do not fit, only the open step keeps its own."""
        super().resizeEvent(event)
        needed = 48 + sum(button.full_width() for button in self.buttons.values()) + len(self._lines) * 32
        for button in self.buttons.values():
            button.set_compact(needed > self.width())

    def show_step(self, key: str, reachable: Sequence[str]) -> None:
        """Mark the open step and what can be opened."""
        keys = list(self.buttons)
        at = keys.index(key)
        for place, (each, button) in enumerate(self.buttons.items()):
            button.show_state("done" if place < at else "open" if place == at else "later")
            button.setEnabled(each == key or each in reachable)
        for place, line in enumerate(self._lines):
            line.set_done(place < at)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("subtle"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))


class _Line(ThemedWidget):
    def __init__(self) -> None:
        super().__init__()
        self._done = False
        self.setMinimumWidth(8)

    def set_done(self, done: bool) -> None:
        self._done = done
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        token = "accent" if self._done else "border"
        QPainter(self).fillRect(0, self.height() // 2, self.width(), 1, theme().color(token))


class _StepButton(EnterPresses, QAbstractButton):
    def __init__(self, number: int, name: str) -> None:
        super().__init__()
        self._number, self._state, self._compact = number, "later", False
        self.setText(name)
        self.setProperty(FOCUS_RING, 12)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        theme().changed.connect(self.updateGeometry)

    def full_width(self) -> int:
        """With its name."""
        return 24 + 8 + QFontMetrics(theme().font("uiStrong")).horizontalAdvance(self.text()) + 2

    def set_compact(self, compact: bool) -> None:
        if compact != self._compact:
            self._compact = compact
            self.updateGeometry()
            self.update()

    def show_state(self, state: str) -> None:
        self._state = state
        self.setToolTip(self.text())
        words = {"done": self.tr("done"), "open": self.tr("open now"), "later": self.tr("later")}
        self.setAccessibleName(f"{self._number}. {self.text()}, {words[state]}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.full_width() if self._named() else 24, theme().px(32))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _named(self) -> bool:
        return not self._compact or self._state == "open"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        circle = QRect(self.width() - 24 if rtl else 0, (self.height() - 24) // 2, 24, 24)
        opened, done = self._state == "open", self._state == "done"
        fill = theme().color("accent" if opened else "accentSoft" if done else "surface")
        edge = theme().color("accent" if opened or done else "borderStrong")
        paint_box(painter, QRectF(circle), fill=fill, edge=edge, radius=12)
        if done:
            paint_icon(painter, "check", "accent", circle.adjusted(5, 5, -5, -5))
        else:
            painter.setFont(theme().font("caption", strong=True))
            painter.setPen(theme().color("onAccent" if opened else "text2"))
            painter.drawText(circle, int(Qt.AlignmentFlag.AlignCenter), str(self._number))
        if not self._named():
            return
        painter.setFont(theme().font("ui", strong=opened))
        painter.setPen(theme().color("text" if opened else "text2"))
        area = self.rect().adjusted(0, 0, -32, 0) if rtl else self.rect().adjusted(32, 0, 0, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), self.text())
