"""What a person switches or chooses: switch, check box, radio button, segments and choice cards."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets.base import FOCUS_RING, EnterPresses, ThemedWidget, paint_box


class Switch(EnterPresses, QAbstractButton):
    """On or off, at once. The accessible name is the setting's name."""

    def __init__(self, name: str, *, checked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(checked)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(FOCUS_RING, 10)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(32, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        on = self.isChecked()
        track = "accent" if on else "borderStrong"
        if not self.isEnabled():
            track = "track"
        paint_box(painter, QRectF(self.rect()), fill=theme().color(track), radius=9)
        right = on == (self.layoutDirection() == Qt.LayoutDirection.LeftToRight)
        knob = QRectF(16 if right else 2, 2, 14, 14)
        painter.setBrush(theme().color("onAccent" if on and self.isEnabled() else "surface"))
        painter.drawEllipse(knob)


class _Mark(QAbstractButton):
    """A mark with a label behind it."""

    def __init__(self, text: str, *, checked: bool = False, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(checked)
        self.setAccessibleName(name or text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._measure)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("ui"))
        width = 16 + (8 + metrics.horizontalAdvance(self.text()) + 2 if self.text() else 0)
        return QSize(width, max(theme().px(20), 20) if self.text() else 16)

    def _mark_rect(self) -> QRect:
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        return QRect(self.width() - 16 if rtl else 0, (self.height() - 16) // 2, 16, 16)

    def _paint_text(self, painter: QPainter) -> None:
        if not self.text():
            return
        painter.setFont(theme().font("ui"))
        painter.setPen(theme().color("text" if self.isEnabled() else "textDisabled"))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        area = self.rect().adjusted(0, 0, -24, 0) if rtl else self.rect().adjusted(24, 0, 0, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), self.text())

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()


class CheckBox(_Mark):
    """A box that can be ticked."""

    def __init__(self, text: str = "", *, checked: bool = False, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, checked=checked, name=name, parent=parent)
        self.setProperty(FOCUS_RING, 5)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_check(painter, self._mark_rect(), self.isChecked(), enabled=self.isEnabled())
        self._paint_text(painter)


def paint_check(painter: QPainter, mark: QRect, checked: bool, *, enabled: bool) -> None:
    """A box of 16 px, ticked or empty."""
    box = QRectF(mark)
    if not checked:
        paint_box(painter, box, fill=theme().color("surface"), edge=theme().color("borderStrong"), radius=4)
        return
    paint_box(painter, box, fill=theme().color("accent" if enabled else "track"), radius=4)
    paint_icon(painter, "check", "onAccent" if enabled else "text3", mark.adjusted(2, 2, -2, -2))


class RadioButton(_Mark):
    """One of several; siblings exclude each other."""

    def __init__(self, text: str = "", *, checked: bool = False, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, checked=checked, name=name, parent=parent)
        self.setAutoExclusive(True)
        self.setProperty(FOCUS_RING, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_radio(painter, self._mark_rect(), self.isChecked(), self.isEnabled())
        self._paint_text(painter)


def paint_radio(painter: QPainter, mark: QRect, checked: bool, enabled: bool = True) -> None:
    """A radio mark of 16 px."""
    box = QRectF(mark)
    if not checked:
        edge = theme().color("borderStrong" if enabled else "border")
        paint_box(painter, box, fill=theme().color("surface"), edge=edge, radius=8)
        return
    paint_box(painter, box, fill=theme().color("accent" if enabled else "track"), radius=8)
    painter.setBrush(theme().color("onAccent"))
    painter.drawEllipse(box.center(), 2.5, 2.5)


class SegmentedControl(ThemedWidget):
    """Two to four choices side by side."""

    chosen = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, str]], value: str, name: str, parent: QWidget | None = None
    ) -> None:
        """`choices` are (value, label)."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.setSpacing(0)
        self._group = QButtonGroup(self)
        self._buttons = {key: _Segment(label, self) for key, label in choices}
        for key, button in self._buttons.items():
            self._group.addButton(button)
            layout.addWidget(button)
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
        self.set_value(value)

    def value(self) -> str:
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def set_value(self, value: str) -> None:
        if value in self._buttons:
            self._buttons[value].setChecked(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color("subtle"), edge=theme().color("border"))


class _Segment(EnterPresses, QAbstractButton):
    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(FOCUS_RING, 6)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("uiStrong"))
        return QSize(metrics.horizontalAdvance(self.text()) + 24, theme().px(26))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.isChecked():
            paint_box(
                painter, QRectF(self.rect()), fill=theme().color("surface"), edge=theme().color("border"), radius=5
            )
        elif self.underMouse() and self.isEnabled():
            paint_box(painter, QRectF(self.rect()), fill=theme().color("hover"), radius=5)
        painter.setFont(theme().font("ui", strong=self.isChecked()))
        ink = "text" if self.isChecked() else "text2"
        painter.setPen(theme().color(ink if self.isEnabled() else "textDisabled"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())


class ChoiceCard(EnterPresses, QAbstractButton):
    """A choice with a heading, a line of explanation, and facts at its end. Siblings exclude each other."""

    def __init__(
        self,
        title: str,
        detail: str = "",
        *,
        chip: str = "",
        facts: Sequence[str] = (),
        checked: bool = False,
        height: int = 72,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._detail, self._chip, self._facts, self._height = detail, chip, tuple(facts), height
        self.setText(title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setChecked(checked)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(FOCUS_RING, 8)
        self.setAccessibleName(title)
        self.setAccessibleDescription(". ".join(part for part in (detail, chip, *facts) if part))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._measure)

    def refuse(self, reason: str) -> None:
        """Not possible here; the reason stands in the card."""
        self._detail = reason
        self.setEnabled(False)
        self.setToolTip(reason)

    def sizeHint(self) -> QSize:
        strong, small = QFontMetrics(theme().font("uiStrong")), QFontMetrics(theme().font("caption"))
        wide = max(strong.horizontalAdvance(self.text()), small.horizontalAdvance(self._detail))
        ends = max((small.horizontalAdvance(fact) for fact in self._facts), default=-16)
        return QSize(44 + wide + 16 + ends + 16, theme().px(self._height))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), 140), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_card(painter)
        pad = 16 if self._height >= 60 else 12
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        middle = self.height() // 2
        mark = QRect(self.width() - pad - 16 if rtl else pad, middle - 8, 16, 16)
        paint_radio(painter, mark, self.isChecked(), self.isEnabled())
        start = QPoint(pad + 16 + (12 if pad == 16 else 10), 0)
        area = self.rect().adjusted(start.x(), 0, -pad, 0)
        if rtl:
            area = self.rect().adjusted(pad, 0, -start.x(), 0)
        self._paint_facts(painter, area, middle)
        self._paint_words(painter, area, middle)

    def _paint_card(self, painter: QPainter) -> None:
        box = QRectF(self.rect())
        if self.isChecked() and self.isEnabled():
            paint_box(painter, box, fill=theme().color("accentSoft"), edge=theme().color("accent"), radius=8, width=2)
            return
        fill = "subtle" if not self.isEnabled() else "hover" if self.underMouse() else "surface"
        paint_box(painter, box, fill=theme().color(fill), edge=theme().color("border"), radius=8)

    def _paint_facts(self, painter: QPainter, area: QRect, middle: int) -> None:
        painter.setFont(theme().font("caption"))
        line = theme().px(18)
        top = middle - line * len(self._facts) // 2
        for i, fact in enumerate(self._facts):
            painter.setPen(theme().color("text" if i == 0 else "text2"))
            row = QRect(area.left(), top + i * line, area.width(), line)
            painter.drawText(row, int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter), fact)

    def _paint_words(self, painter: QPainter, area: QRect, middle: int) -> None:
        start = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        line = theme().px(20)
        top = middle - line if self._detail else middle - line // 2
        painter.setFont(theme().font("uiStrong"))
        painter.setPen(theme().color("text" if self.isEnabled() else "textDisabled"))
        painter.drawText(QRect(area.left(), top, area.width(), line), start, self.text())
        if self._chip:
            x = area.left() + painter.fontMetrics().horizontalAdvance(self.text()) + 8
            self._paint_chip(painter, QRectF(x, top - 2, 0, theme().px(24)))
        if self._detail:
            painter.setFont(theme().font("caption"))
            painter.setPen(theme().color("text2"))
            room = area.width() - max((painter.fontMetrics().horizontalAdvance(f) + 16 for f in self._facts), default=0)
            text = painter.fontMetrics().elidedText(self._detail, Qt.TextElideMode.ElideRight, room)
            self.setToolTip(self._detail if text != self._detail or not self.isEnabled() else "")
            painter.drawText(QRect(area.left(), middle, area.width(), line), start, text)

    def _paint_chip(self, painter: QPainter, box: QRectF) -> None:
        painter.setFont(theme().font("caption"))
        box.setWidth(painter.fontMetrics().horizontalAdvance(self._chip) + 16)
        chosen = self.isChecked() and self.isEnabled()
        paint_box(painter, box, fill=theme().color("surface" if chosen else "successSoft"), radius=4)
        painter.setPen(theme().color("success"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._chip)

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()
