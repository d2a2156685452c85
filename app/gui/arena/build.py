"""Puts the page that compares two models into the window."""

from __future__ import annotations

from app.gui.arena.controller import ArenaController
from app.gui.arena.page import ArenaPage
from app.gui.chat.sources import SourceReader
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow
from app.gui.widgets.tab_order import order_tabs


def build(parts: Parts, window: MainWindow) -> ArenaPage:
    """The page with its own controller; closing it leads back to the chat, from whose model list it is opened."""
    controller = ArenaController(parts.core, window)
    page = ArenaPage(controller, parts.models.models, lambda: parts.collections.all, SourceReader(parts.core, window))
    page.closed.connect(lambda: window.show_page("chat"))
    page.models_asked.connect(lambda: window.show_page("models"))
    parts.models.models_changed.connect(lambda *_: page.shown() if window.key == "arena" else None)
    order_tabs(page)
    return page
