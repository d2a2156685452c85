"""The order in which Tab reaches what was built anew: Qt puts it behind everything else of the window."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QWidget


def order_tabs(part: QWidget) -> None:
    """Let Tab go through a part of the window as its layouts do, from the first stop in it on."""
    for before, after in pairwise(_stops(part)):
        QWidget.setTabOrder(before, after)


def _stops(part: QWidget) -> Iterator[QWidget]:
    if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield part
        if not isinstance(part, QScrollArea):
            return  # what is inside of a field is its own
    inner = part.widget() if isinstance(part, QScrollArea) else part
    layout = inner.layout() if inner is not None else None
    if layout is not None:
        yield from _stops_of(layout)


def _stops_of(layout: QLayout) -> Iterator[QWidget]:
    for item in filter(None, (layout.itemAt(index) for index in range(layout.count()))):
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield from _stops(widget)
        elif inner is not None:
            yield from _stops_of(inner)
