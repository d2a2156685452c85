"""The one short message at the bottom of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.gui.widgets import Toast


class Toasts(QObject):
    """Shows a message; the one before goes."""

    def __init__(self, window: QWidget, foot_height: Callable[[], int]) -> None:
        """`foot_height`: pixels at the bottom that stay free, since something is pressed or typed there."""
        super().__init__(window)
        self._window, self._foot_height = window, foot_height
        self.current: Toast | None = None

    def say(self, text: str, action: str = "", icon: str = "undo-2") -> Toast:
        """Show this, with a button for `action` where it is one; most take back what was done."""
        self.end()
        toast = self.current = Toast(text, action, self._window, icon=icon, above=self._foot_height)
        toast.destroyed.connect(lambda: self._forget(toast))
        toast.show_at_bottom()
        return toast

    def follow(self) -> None:
        """Another page is open, with another foot."""
        if self.current is not None:
            self.current.place()

    def end(self) -> None:
        """The message goes now."""
        toast, self.current = self.current, None
        if toast is not None:
            toast.leave()

    def _forget(self, toast: Toast) -> None:
        if self.current is toast:
            self.current = None
