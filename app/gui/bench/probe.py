"""The child that `bench start` measures: the program's own start, then one key into the input; imports nothing more."""

from __future__ import annotations

import os
import sys

from app.__main__ import open_window


def probe() -> None:
    """Open the window, type a key at the first paint, say so, and be gone."""
    open_window(_painted)


def _painted() -> None:
    from PySide6.QtCore import QEvent, Qt  # not before the program's own start
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication, QMainWindow, QPlainTextEdit, QTextEdit

    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow))
    focus = window.focusWidget()  # also where no window manager gives the window the keyboard
    if isinstance(focus, QTextEdit | QPlainTextEdit):
        press = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_K, Qt.KeyboardModifier.NoModifier, "k")
        QApplication.sendEvent(focus, press)
        if focus.toPlainText().endswith("k"):
            sys.stdout.write("painted\n")
            sys.stdout.flush()
    os._exit(0)
