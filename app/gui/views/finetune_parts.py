"""What the steps of the wizard are built from: the rail of steps, panels, cards, facts and the foot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import (
    FOCUS_RING,
    Button,
    ChoiceCard,
    IconLabel,
    Label,
    ProgressBar,
    ThemedWidget,
    paint_box,
    paint_radio,
)
from app.gui.widgets.chips import COLORS, ChipKind

NARROW = 900
"""Below this width of the page what stands side by side stands below each other."""


class Panel(ThemedWidget):
    """A framed column; `flush` leaves no room at its edges, for rows."""

    def __init__(self, parent: QWidget | None = None, *, flush: bool = False, fill: str = "surface") -> None:
        super().__init__(parent)
        self._fill = fill
        self.column = QVBoxLayout(self)
        margin = 1 if flush else 16
        self.column.setContentsMargins(margin, margin if flush else 12, margin, margin if flush else 14)
        self.column.setSpacing(0 if flush else 8)

    def set_fill(self, fill: str) -> None:
        self._fill = fill
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        soft = self._fill.endswith("Soft") or self._fill == "subtle"
        edge = None if soft and not theme().high_contrast else theme().color("border")
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color(self._fill), edge=edge, radius=8)


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


class _StepButton(QAbstractButton):
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


class NumberTile(QAbstractButton):
    """A number that opens what it counts."""

    def __init__(self, icon: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._label, self._note, self._first = icon, label, "", True
        self.setText("0")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setProperty(FOCUS_RING, 6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def show_number(self, number: int, note: str = "") -> None:
        self.setText(f"{number:,}")
        self._note = note
        self.setAccessibleName(f"{self._label}: {number:,}. {note}")
        self.setToolTip(self.tr("Show them") if self.isEnabled() else "")
        self.update()

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
        line = theme().px(22)
        area = self.rect().adjusted(16, 14, -8, -8)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        x = area.right() - 16 if rtl else area.left()
        paint_icon(painter, self._icon, "text2", QRect(x, area.top() + 6, 16, 16))
        painter.setFont(theme().font("title"))
        painter.setPen(theme().color("text"))
        number = QRect(area.left(), area.top(), area.width() - (24 if rtl else 0), theme().px(28))
        painter.drawText(number.adjusted(0 if rtl else 24, 0, 0, 0), start, self.text())
        for row, (text, role, token) in enumerate(((self._label, "ui", "text"), (self._note, "caption", "text2"))):
            painter.setFont(theme().font(role))  # type: ignore[arg-type]
            painter.setPen(theme().color(token))
            place = QRect(area.left(), area.top() + theme().px(28) + row * line, area.width(), line)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, start, shown)


class Fact(QWidget):
    """Icon, name and value in a row, with a bar or a note below where there is one."""

    def __init__(self, icon: str, name: str, *, bar: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(IconLabel(icon, "text2", 16))
        self._name = name
        row.addWidget(Label(name, "ui", "text2"))
        row.addStretch(1)
        self.value = Label("", "uiStrong")
        row.addWidget(self.value)
        column.addLayout(row)
        self._note = Label("", "caption", "text2", wrap=True)
        self._note.setContentsMargins(24, 0, 0, 0)
        self._note.hide()
        column.addWidget(self._note)
        self.bar = ProgressBar(name, height=4) if bar else None
        if self.bar is not None:
            held = QHBoxLayout()
            held.setContentsMargins(24, 0, 0, 0)
            held.addWidget(self.bar)
            column.addLayout(held)

    def show_value(self, value: str, *, fraction: float | None = None, note: str = "") -> None:
        self.value.setText(value)
        self.setAccessibleName(f"{self._name}: {value}. {note}".strip())
        if self.bar is not None and fraction is not None:
            self.bar.set_fraction(fraction)
        if note != self._note.text():
            self._note.setText(note)
            self._note.setVisible(bool(note))


class Foot(ThemedWidget):
    """The line at the foot of every step: back, what comes next or what is missing, and the one primary button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 12, 24, 12)
        row.setSpacing(12)
        self.back = Button(self.tr("Back"), icon="chevron-left", large=True)
        self.again = Button(self.tr("Train again with changes"), "quiet")
        self.lead = Label("", "ui", "text2", wrap=True)
        self.hint = Label("", "ui", "text2", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self.second = Button("", large=True)
        self.next = Button("", "primary", trailing="chevron-right", large=True)
        row.addWidget(self.back)
        row.addWidget(self.again)
        row.addWidget(self.lead, 2)
        row.addWidget(self.hint, 3)
        row.addWidget(self.second)
        row.addWidget(self.next)
        self.setMinimumHeight(theme().px(64))

    def say(self, text: str, *, leading: bool = False, warning: bool = False) -> None:
        """The sentence of the foot, beside the button or at the other end."""
        shown, other = (self.lead, self.hint) if leading else (self.hint, self.lead)
        shown.setText(text)
        shown.set_color("warning" if warning else "text2")
        other.setText("")
        self.lead.setVisible(leading)
        self.hint.setVisible(not leading)

    def fit(self) -> None:
        """Leave out what can be reached another way where there is no room."""
        shown = (self.back, self.second, self.next)
        needed = 48 + sum(button.sizeHint().width() + 12 for button in shown if not button.isHidden())
        if not self.again.isHidden() and needed + self.again.sizeHint().width() > self.width():
            self.again.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, self.width(), 1, theme().color("border"))


class Verdict(Panel):
    """The big sentence at the top of Compare and Use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, fill="successSoft")
        self.column.setContentsMargins(17, 16, 16, 16)
        outer = QHBoxLayout()
        outer.setSpacing(14)
        row = QHBoxLayout()
        row.setSpacing(14)
        self._outer = outer
        self._icon = IconLabel("circle-check", "success", 24)
        row.addWidget(self._icon)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title_row = QHBoxLayout()
        self.title_row.setSpacing(8)
        self.title = Label("", "verdict", wrap=True)
        self.title_row.addWidget(self.title, 1)
        self.detail = Label("", "body", "text2", wrap=True)
        words.addLayout(self.title_row)
        words.addWidget(self.detail)
        row.addLayout(words, 1)
        outer.addLayout(row, 1)
        self.action = Button("")
        self.action.hide()
        outer.addWidget(self.action)
        self.column.addLayout(outer)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme().px(520)
        self._outer.setDirection(QHBoxLayout.Direction.TopToBottom if narrow else QHBoxLayout.Direction.LeftToRight)

    def show_verdict(self, kind: Literal["success", "warning", "info"], title: str, detail: str) -> None:
        fill = {"success": "successSoft", "warning": "warningSoft", "info": "accentSoft"}[kind]
        icon = {"success": "circle-check", "warning": "triangle-alert", "info": "equal"}[kind]
        self.set_fill(fill)
        self._icon.set_icon(icon, "accent" if kind == "info" else kind)
        self.title.setText(title)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self.setAccessibleName(f"{title} {detail}".strip())


class DetailsLink(Button):
    """A chevron and "Details" that folds something in and out."""

    toggled_open = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "quiet", "chevron-right", parent=parent)
        self.setText(self.tr("Details"))
        self.setCheckable(True)
        self.toggled.connect(self._turn)

    def _turn(self, opened: bool) -> None:
        self.set_icon("chevron-down" if opened else "chevron-right")
        self.toggled_open.emit(opened)


class TwoColumns(QWidget):
    """Two widgets side by side that stand below each other where the page is narrow."""

    def __init__(self, leading: QWidget, trailing: QWidget, stretch: tuple[int, int], spacing: int = 16) -> None:
        super().__init__()
        self._box = QHBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(spacing)
        self._box.addWidget(leading, stretch[0])
        self._box.addWidget(trailing, stretch[1])

    def set_narrow(self, narrow: bool) -> None:
        direction = QHBoxLayout.Direction.TopToBottom if narrow else QHBoxLayout.Direction.LeftToRight
        self._box.setDirection(direction)


class TwoAnswers(QWidget):
    """Two answers beside each other in boxes with a name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.boxes = (AnswerBox(), AnswerBox())
        for box in self.boxes:
            row.addWidget(box, 1)


class AnswerBox(Panel):
    """One answer with its name above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, fill="subtle")
        self.column.setContentsMargins(12, 8, 12, 12)
        self.column.setSpacing(2)
        self.name = Label("", "uiStrong", "text2")
        self.text = Label("", "ui", wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self.column.addWidget(self.name)
        self.column.addWidget(self.text, 1)

    def show_answer(self, name: str, text: str, *, marked: bool = False) -> None:
        self.name.setText(name)
        self.name.set_color("accent" if marked else "text2")
        self.text.setText(text)
        self.set_fill("accentSoft" if marked else "subtle")
        self.setAccessibleName(f"{name}: {text}")


class Arrow(ThemedWidget):
    """An arrow between two things that follow each other."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(16, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            painter.translate(16, 0)
            painter.scale(-1, 1)
        paint_icon(painter, "arrow-right", "text2", QRect(0, 0, 16, 16))
