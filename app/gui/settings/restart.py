"""What follows the window when it was closed for another version: that one is started in its place."""

from __future__ import annotations

import os
import sys

from PySide6.QtWidgets import QApplication

from app.database.going_back import go_back_with_data
from app.errors import AppError
from app.gui.shell.crash import show_start_error
from app.paths import Home
from app.updates import HANDED_OVER, hand_over

CORE_LEAVES_S = 120.0
"""A core that was told to make way finishes a step of its children first."""


def start_chosen() -> None:
    """Become the version that counts now, or start this one again; does not return where there is one to start."""
    os.environ.pop(HANDED_OVER, None)  # this one may have been handed the start itself
    hand_over([])
    if getattr(sys, "frozen", False):
        os.execv(sys.executable, [sys.executable])


def go_back_and_start(home: Home, app: QApplication) -> None:
    """Go back once the core has ended, then as `start_chosen`; what went wrong is said first."""
    try:
        go_back_with_data(home, CORE_LEAVES_S)
    except AppError as error:
        show_start_error(app, error)
    start_chosen()
