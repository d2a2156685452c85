"""Puts the Models page into the window."""

from __future__ import annotations

from app.gui.models.page import ModelsPage
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow
from app.gui.widgets.tab_order import order_tabs


def build(parts: Parts, window: MainWindow) -> ModelsPage:
    """The page. Whatever of it is built anew gets its place in the order of Tab."""
    page = ModelsPage(parts.models, parts.home)
    models = parts.models
    for others in (page.catalogue.rebuilt, page.listed, models.readers.changed, models.embedders.changed):
        others.connect(lambda: order_tabs(page))
    order_tabs(page)
    return page
