"""Puts the Models page into the window."""

from __future__ import annotations

from app.gui.models.page import ModelsPage
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow


def build(parts: Parts, window: MainWindow) -> ModelsPage:
    """The page."""
    return ModelsPage(parts.models, parts.home)
