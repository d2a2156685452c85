"""Binds the window's keys: the table of shortcuts, the regions, and the size of text."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.gui.shell.shortcuts import TABLE
from app.gui.theme import theme
from app.settings import TEXT_SIZE, Settings


def bind_keys(
    window: QWidget,
    pages: Collection[str],
    act: Callable[[str], None],
    step_region: Callable[[int], None],
    zoom: Callable[[int], None],
) -> None:
    """`act` does a line of the table that leads to one of `pages`, or to none; `zoom` takes 1, -1 and, for 100 %, 0."""
    for keys in TABLE:
        page = keys.action.removeprefix("page_") if keys.action.startswith("page_") else ""
        if keys.action and (not page or page in pages):
            for sequence in keys.sequences:
                _bind(window, sequence, partial(act, keys.action))
    for sequence, step in (("F6", 1), ("Shift+F6", -1)):
        _bind(window, sequence, partial(step_region, step))
    for sequence, direction in (("Ctrl++", 1), ("Ctrl+=", 1), ("Ctrl+-", -1), ("Ctrl+0", 0)):
        _bind(window, sequence, partial(zoom, direction))


def _bind(window: QWidget, sequence: str, action: Callable[[], None]) -> None:
    shortcut = QShortcut(QKeySequence(sequence), window)
    shortcut.activated.connect(action)
    shortcut.activatedAmbiguously.connect(action)


def zoom(settings: Settings, direction: int) -> None:
    """Larger (1) or smaller (-1) text, or that of the design (0), kept as a setting; not where that is locked."""
    if settings.is_locked(TEXT_SIZE):
        return
    if direction == 0:
        theme().set_scale(1.0)
    else:
        theme().step_scale(direction)
    settings.set(TEXT_SIZE, round(theme().scale * 100))
