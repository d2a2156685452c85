"""Puts the Fine-tune page into the window."""

from __future__ import annotations

from app.gui.finetune.page import FinetunePage
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow


def build(parts: Parts, window: MainWindow) -> FinetunePage:
    """The page; what other pages do for it they are asked here."""
    page = FinetunePage(parts.finetune, parts.reader, parts.home)
    page.chat_asked.connect(lambda: window.show_page("chat"))
    page.documents_asked.connect(lambda: window.show_page("documents"))
    page.toast_asked.connect(lambda text: window.toast(text))
    return page
