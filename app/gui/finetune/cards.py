"""Cards of the wizard: a choice with its needs and state, and a number that opens what it counts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import FontRole, theme
from app.gui.widgets import FOCUS_RING, EnterPresses, paint_box
from app.gui.widgets.chips import COLORS, ChipKind
from app.gui.widgets.choices import ChoiceCard, paint_radio


class WizardCard(ChoiceCard):
    """A choice with, at will, a line of needs, an icon, and a state at its end."""

    def __init__(
        self,
        title: str,
        detail: str,
        *,
        icon: str = "",
        facts: Sequence[str] = (),
        height: int = 58,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, detail, facts=facts, height=height, parent=parent)
        self._symbol = icon
        self._need = self._have = ""
        self._enough = False
        self._chip_kind: ChipKind = "neutral"

    def show_need(self, need: str, have: str, enough: bool) -> None:
        """What it needs, and what is there."""
        self._need, self._have, self._enough = need, have, enough
        self.setAccessibleDescription(f"{self._detail}. {need}. {have}")
        self.update()

    def show_facts(self, facts: Sequence[str]) -> None:
        self._facts = tuple(facts)
        self.setAccessibleDescription(". ".join((self._detail, *facts)))
        self.update()

    def show_chip(self, text: str, kind: ChipKind) -> None:
        self._chip, self._chip_kind = text, kind
        self.setAccessibleDescription(f"{self._detail}. {text}")
        self.update()

    def show_detail(self, detail: str) -> None:
        self._detail = detail
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_card(painter)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        lines = 3 if self._need else 2
        line = theme().px(22)
        top = (self.height() - lines * line) // 2
        middle = top + line // 2 if lines == 3 else self.height() // 2
        mark = QRect(self.width() - 32 if rtl else 16, middle - 8, 16, 16)
        paint_radio(painter, mark, self.isChecked(), self.isEnabled())
        area = self.rect().adjusted(16, 0, -44, 0) if rtl else self.rect().adjusted(44, 0, -16, 0)
        end = 0
        if self._symbol:
            at = QPoint(16 if rtl else self.width() - 36, middle - 10)
            paint_icon(painter, self._symbol, "text2", QRect(at, QSize(20, 20)))
            end = 28
        if self._chip:
            end = self._paint_state(painter, area, rtl)
        elif self._facts:
            self._paint_facts(painter, area, self.height() // 2)
            metrics = QFontMetrics(theme().font("caption"))
            end = max(metrics.horizontalAdvance(fact) for fact in self._facts) + 16
        room = area.adjusted(end, 0, 0, 0) if rtl else area.adjusted(0, 0, -end, 0)
        self._line(painter, QRect(room.left(), top, room.width(), line), self.text(), "text", strong=True)
        self._line(painter, QRect(room.left(), top + line, room.width(), line), self._detail, "text2")
        if self._need:
            self._paint_need(painter, QRect(area.left(), top + 2 * line, area.width(), line), rtl)

    def _line(self, painter: QPainter, area: QRect, text: str, token: str, *, strong: bool = False) -> None:
        painter.setFont(theme().font("uiStrong" if strong else "ui" if self._need else "caption"))
        painter.setPen(theme().color(token if self.isEnabled() else "textDisabled" if strong else "text3"))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), shown)

    def _paint_state(self, painter: QPainter, area: QRect, rtl: bool) -> int:
        painter.setFont(theme().font("caption"))
        width = painter.fontMetrics().horizontalAdvance(self._chip) + 16
        height = theme().px(24)
        x = area.left() if rtl else area.right() - width + 1
        fill, ink = COLORS[self._chip_kind]
        if self.isChecked() and self._chip_kind == "success":
            fill = "surface"
        box = QRectF(x, (self.height() - height) / 2, width, height)
        paint_box(painter, box, fill=theme().color(fill), radius=4)
        painter.setPen(theme().color(ink))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._chip)
        return width + 12

    def _paint_need(self, painter: QPainter, area: QRect, rtl: bool) -> None:
        painter.setFont(theme().font("caption"))
        metrics = painter.fontMetrics()
        start = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(theme().color("text2"))
        painter.drawText(area, start, self._need)
        used = metrics.horizontalAdvance(self._need) + 12
        token = "success" if self._enough else "text2"
        at = area.right() - used - 14 if rtl else area.left() + used
        symbol = "circle-check" if self._enough else "circle-dashed"
        paint_icon(painter, symbol, token, QRect(at, area.center().y() - 6, 14, 14))
        painter.setPen(theme().color(token))
        rest = area.adjusted(0, 0, -used - 19, 0) if rtl else area.adjusted(used + 19, 0, 0, 0)
        painter.drawText(rest, start, metrics.elidedText(self._have, Qt.TextElideMode.ElideRight, rest.width()))


class NumberTile(EnterPresses, QAbstractButton):
    """A number that opens what it counts."""

    def __init__(self, icon: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._label, self._note, self._first = icon, label, "", True
        self.setText("0")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setProperty(FOCUS_RING, 6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme().changed.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as its words need in this width."""
        rows = sum(self._height(text, role) for text, role, _ in self._rows())
        self.setMinimumHeight(max(theme().px(96), 22 + theme().px(28) + rows))

    def _rows(self) -> tuple[tuple[str, FontRole, str], ...]:
        return ((self._label, "ui", "text"), (self._note, "caption", "text2"))

    def _height(self, text: str, role: FontRole) -> int:
        """Pixels of a row, at least a line."""
        room = QRect(0, 0, max(self.width() - 24, 1), 1000)
        wrapped = QFontMetrics(theme().font(role)).boundingRect(room, int(Qt.TextFlag.TextWordWrap), text).height()
        return max(theme().px(22), wrapped + 4)

    def show_number(self, number: int, note: str = "") -> None:
        self.setText(f"{number:,}")
        self._note = note
        self.setAccessibleName(f"{self._label}: {number:,}. {note}")
        self.setToolTip(self.tr("Show them") if self.isEnabled() else "")
        self._fit()
        self.update()

    @property
    def label(self) -> str:
        """What is counted."""
        return self._label

    def set_label(self, label: str) -> None:
        self._label = label
        self._fit()

    def set_first(self, first: bool) -> None:
        self._first = first

    def sizeHint(self) -> QSize:
        return QSize(140, theme().px(96))

    def minimumSizeHint(self) -> QSize:
        return QSize(96, theme().px(96))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.underMouse() and self.isEnabled():
            paint_box(painter, QRectF(self.rect()).adjusted(2, 2, -2, -2), fill=theme().color("hover"))
        if not self._first:
            edge = 0 if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else self.width() - 1
            painter.fillRect(edge, 0, 1, self.height(), theme().color("border"))
        start = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        area = self.rect().adjusted(16, 14, -8, -8)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        x = area.right() - 16 if rtl else area.left()
        paint_icon(painter, self._icon, "text2", QRect(x, area.top() + 6, 16, 16))
        painter.setFont(theme().font("title"))
        painter.setPen(theme().color("text"))
        number = QRect(area.left(), area.top(), area.width() - (24 if rtl else 0), theme().px(28))
        painter.drawText(number.adjusted(0 if rtl else 24, 0, 0, 0), start, self.text())
        y = area.top() + theme().px(28)
        for text, role, token in self._rows():
            painter.setFont(theme().font(role))
            painter.setPen(theme().color(token))
            height = self._height(text, role)
            painter.drawText(QRect(area.left(), y, area.width(), height), start | int(Qt.TextFlag.TextWordWrap), text)
            y += height
