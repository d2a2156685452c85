"""Push buttons and icon buttons as on the states board."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets.base import FOCUS_RING, EnterPresses, paint_box

Kind = Literal["primary", "secondary", "danger", "quiet", "toggle", "link"]
GAP = 8
FILLS: dict[str, tuple[str | None, str, str]] = {
    "primary": ("accent", "accentHover", "accentPressed"),
    "secondary": ("surface", "hover", "pressed"),
    "danger": ("surface", "hover", "pressed"),
    "quiet": (None, "hover", "pressed"),
    "toggle": (None, "hover", "selected"),
    "link": (None, "hover", "pressed"),
}
INKS = {
    "primary": "onAccent",
    "secondary": "text",
    "danger": "danger",
    "quiet": "text2",
    "toggle": "text2",
    "link": "accent",
}


class Button(EnterPresses, QPushButton):
    """A button that names its result. A disabled one should get `disable(reason)`, so that the tooltip says why."""

    def __init__(
        self,
        text: str,
        kind: Kind = "secondary",
        icon: str = "",
        *,
        trailing: str = "",
        hint: str = "",
        large: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._kind: Kind = kind
        self._icon, self._trailing, self._hint, self._large = icon, trailing, hint, large
        self._tooltip = ""
        self.setProperty(FOCUS_RING, 6)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAutoDefault(False)
        theme().changed.connect(self._measure)

    def set_kind(self, kind: Kind) -> None:
        self._kind = kind
        self.update()

    def set_icon(self, name: str) -> None:
        self._icon = name
        self.updateGeometry()
        self.update()

    def disable(self, reason: str) -> None:
        """Disable and say why in the tooltip."""
        self.setEnabled(False)
        self.setToolTip(reason)

    def enable(self, tooltip: str = "") -> None:
        self.setEnabled(True)
        self.setToolTip(tooltip)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("uiStrong"))
        width = metrics.horizontalAdvance(self.text()) + 2 * self._padding() + 1  # the advance is rounded down
        if self._icon:
            width += theme().size("icon") + (GAP if self.text() else 0)
        if self._trailing:
            width += theme().size("icon") + GAP
        if self._hint:
            width += QFontMetrics(theme().font("ui")).horizontalAdvance(self._hint) + GAP
        height = theme().px(theme().size("controlLarge" if self._large else "control"))
        return QSize(width, max(height, metrics.height() + 8))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_box(painter)
        ink = self._ink()
        painter.setFont(theme().font("uiStrong"))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        content = self.sizeHint().width() - 2 * self._padding()
        left = max((self.width() - content) // 2, self._padding())
        if self._aligned_leading():
            left = self._padding()
        side = theme().size("icon")
        metrics = painter.fontMetrics()
        if self._icon:
            self._paint_icon(painter, self._icon, left, rtl)
            left += side + GAP
        room = self.width() - left - self._padding() - ((side + GAP) if self._trailing else 0)
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room + 2)
        painter.setPen(theme().color(ink))
        width = metrics.horizontalAdvance(text) + 2
        painter.drawText(self._mirror(QRect(left, 0, width, self.height()), rtl), Qt.AlignmentFlag.AlignCenter, text)
        self._paint_tail(painter, left + width + GAP - 2, rtl)

    def _paint_tail(self, painter: QPainter, left: int, rtl: bool) -> None:
        if self._hint:
            painter.setFont(theme().font("ui"))
            painter.setPen(theme().color("text3"))
            width = painter.fontMetrics().horizontalAdvance(self._hint) + 2
            end = self.width() - self._padding() - width if self._aligned_leading() else left
            area = self._mirror(QRect(end, 0, width, self.height()), rtl)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._hint)
        if self._trailing:
            self._paint_icon(painter, self._trailing, self.width() - self._padding() - theme().size("icon"), rtl)

    def _paint_icon(self, painter: QPainter, name: str, left: int, rtl: bool) -> None:
        side = theme().size("icon")
        token = self._ink()
        if token == "text" and self.isEnabled():
            token = "text2"
        paint_icon(painter, name, token, self._mirror(QRect(left, (self.height() - side) // 2, side, side), rtl))

    def _paint_box(self, painter: QPainter) -> None:
        rest, hover, pressed = FILLS[self._kind]
        box = QRectF(self.rect())
        if not self.isEnabled():
            if self._kind == "primary":
                paint_box(painter, box, fill=theme().color("track"))
            elif self._kind in ("secondary", "danger"):
                paint_box(painter, box, fill=theme().color("subtle"), edge=theme().color("border"))
            return
        token = pressed if self.isDown() or self.isChecked() else hover if self.underMouse() else rest
        edge = theme().color("border") if self._kind in ("secondary", "danger") else None
        if token is not None:
            paint_box(painter, box, fill=theme().color(token), edge=edge)

    def _ink(self) -> str:
        if self.isEnabled():
            return "text" if self._kind == "toggle" and self.isChecked() else INKS[self._kind]
        return "text3" if self._kind == "primary" else "textDisabled"

    def _padding(self) -> int:
        return {"quiet": 8, "link": 4}.get(self._kind, 16 if self._large else 13)

    def _aligned_leading(self) -> bool:
        return False

    def _mirror(self, rect: QRect, rtl: bool) -> QRect:
        return QRect(self.width() - rect.right() - 1, rect.y(), rect.width(), rect.height()) if rtl else rect

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()


class ShrinkingButton(Button):
    """Shortens its words where there is little room; the accessible name stays whole."""

    def __init__(self, text: str, kind: Kind = "secondary", icon: str = "") -> None:
        super().__init__(text, kind, icon)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().size("icon") + 2 * self._padding(), self.sizeHint().height())


class LeadingButton(Button):
    """A wide button whose content starts at the leading edge and whose hint ends at the other: "New chat  Ctrl N"."""

    def _aligned_leading(self) -> bool:
        return True

    def _padding(self) -> int:
        return 11


class IconButton(EnterPresses, QAbstractButton):
    """An icon that can be clicked. `name` is spoken and, with the shortcut, shown as tooltip."""

    def __init__(
        self,
        icon: str,
        name: str,
        shortcut: str = "",
        *,
        size: int = 16,
        side: int = 28,
        color: str = "text2",
        framed: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon, self._size, self._side, self._color, self._framed = icon, size, side, color, framed
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(FOCUS_RING, 6)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._shortcut = shortcut
        self.set_name(name)
        theme().changed.connect(self.update)

    def set_name(self, name: str) -> None:
        """The accessible name; the tooltip adds the shortcut in the system's own notation."""
        self.setAccessibleName(name)
        keys = QKeySequence(self._shortcut).toString(QKeySequence.SequenceFormat.NativeText) if self._shortcut else ""
        self.setToolTip(f"{name} ({keys})" if keys else name)

    def set_icon(self, icon: str) -> None:
        self._icon = icon
        self.update()

    def set_color(self, color: str) -> None:
        self._color = color
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill = None
        if self.isEnabled():
            fill = "pressed" if self.isDown() or self.isChecked() else "hover" if self.underMouse() else None
        if self._framed:
            background = theme().color(fill or ("surface" if self.isEnabled() else "subtle"))
            paint_box(painter, QRectF(self.rect()), fill=background, edge=theme().color("border"))
        elif fill:
            paint_box(painter, QRectF(self.rect()), fill=theme().color(fill))
        token = self._color if self.isEnabled() else "textDisabled"
        at = QRect((self.width() - self._size) // 2, (self.height() - self._size) // 2, self._size, self._size)
        paint_icon(painter, self._icon, token, at)
