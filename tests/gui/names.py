"""What the Tab key reaches in a part of the window, and what of it a screen reader could not name."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget


def stops(part: QWidget) -> list[QWidget]:
    """Every visible widget that Tab reaches."""
    inside = part.findChildren(QWidget)
    return [each for each in inside if each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isVisible()]


def tabbed(part: QWidget) -> list[QWidget]:
    """What Tab goes through in a part, in its order; what is greyed out is passed over."""
    found, at = [], part.window()
    for _ in range(5000):
        at = at.nextInFocusChain()
        if at is part.window():
            break
        if part.isAncestorOf(at) and at.focusPolicy() & Qt.FocusPolicy.TabFocus and at.isVisible() and at.isEnabled():
            found.append(at)
    return found


def reached(part: QWidget) -> int:
    return len(stops(part))


def nameless(part: QWidget) -> list[QWidget]:
    """Those without a name."""
    return [each for each in stops(part) if not QAccessible.queryAccessibleInterface(each).text(QAccessible.Text.Name)]
