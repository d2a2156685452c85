"""The pages of the window, each built when it is first opened."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.gui.shell.page import Page

PageFactory = Callable[[str], Page]


class PageStack(QStackedWidget):
    """Shows one page at a time; knows them by their keys."""

    def __init__(self, make_page: PageFactory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_page = make_page
        self._pages: dict[str, Page] = {}
        self._open: Page | None = None

    def page(self, key: str) -> Page:
        """The page, built where it is not yet."""
        if key not in self._pages:
            page = self._pages[key] = self._make_page(key)
            self.addWidget(page.widget)
        return self._pages[key]

    def built(self, key: str) -> Page | None:
        """The page if it has been opened before."""
        return self._pages.get(key)

    def open(self, key: str) -> Page:
        """Show a page."""
        page = self._open = self.page(key)
        self.setCurrentWidget(page.widget)
        return page

    def regions(self) -> list[QWidget]:
        """The stops of F6 on the open page."""
        return self._open.regions() if self._open is not None else []

    def foot_height(self) -> int:
        """What a message over the open page leaves free: the input, or the buttons at its foot."""
        return self._open.foot_height() if self._open is not None else 0
