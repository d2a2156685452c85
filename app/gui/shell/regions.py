"""F6: from one region of the window to the next, to where the focus was in it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def focus_region(regions: Sequence[QWidget], focused: QWidget | None, step: int) -> QWidget | None:
    """Focus the next (1) or previous (-1) region; returns what got the focus, None where nothing can have it."""
    here = next((i for i, region in enumerate(regions) if focused is not None and _holds(region, focused)), None)
    count = len(regions)
    start = (-1 if step > 0 else 0) if here is None else here
    for offset in range(1, count + 1):
        target = first_focusable(regions[(start + offset * step) % count])
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason if step > 0 else Qt.FocusReason.BacktabFocusReason)
            return target
    return None


def first_focusable(region: QWidget) -> QWidget | None:
    """The first widget of a region, in the order of Tab, that the keyboard can reach."""
    if _takes_focus(region):
        return region
    widget = region.nextInFocusChain()
    while widget is not None and widget is not region:
        if region.isAncestorOf(widget) and _takes_focus(widget):
            return widget
        widget = widget.nextInFocusChain()
    return None


def _takes_focus(widget: QWidget) -> bool:
    reachable = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return reachable and widget.isVisible() and widget.isEnabled()


def _holds(region: QWidget, widget: QWidget) -> bool:
    return region is widget or region.isAncestorOf(widget)
