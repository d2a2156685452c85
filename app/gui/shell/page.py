"""What the window asks of a page."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QWidget


class Page(Protocol):
    """One page of the window. `PageFrame` answers all of it but what the page itself knows better."""

    @property
    def widget(self) -> QWidget:
        """The page as a widget, which it is itself."""
        ...

    def shown(self) -> None:
        """The page has just been opened, the first time or again."""
        ...

    def first_focus(self) -> QWidget:
        """Where the keyboard starts when the page is opened."""
        ...

    def regions(self) -> list[QWidget]:
        """The stops of F6 on the page, in order."""
        ...

    def foot_height(self) -> int:
        """Pixels at the bottom that a message over the page must leave free."""
        ...
