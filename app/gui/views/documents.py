"""Puts the Documents page, its source panel and the drop overlay into the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.gui.controllers.sources import SourceReader
from app.gui.views.documents_page import DocumentsPage
from app.gui.views.drop_overlay import DropOverlay
from app.gui.views.source_panel import SourcePanel

if TYPE_CHECKING:
    from app.gui.main import Parts
    from app.gui.views.main_window import MainWindow


def build(parts: Parts, window: MainWindow) -> DocumentsPage:
    """The page with its source panel; sentences that need no answer become toasts."""
    reader = SourceReader(parts.documents_client, window)
    parts.documents.documents_listed.connect(reader.forget)
    page = DocumentsPage(parts.documents, SourcePanel(reader))
    parts.documents.notice_raised.connect(lambda text: window.toast(text))
    return page


def add_drop_overlay(parts: Parts, window: MainWindow) -> DropOverlay:
    """Let files be dropped anywhere on the window: documents are added, models go to `model_dropped`."""
    overlay = DropOverlay(window, parts.documents, lambda: window.built(window.key) or window)

    def add(paths: list[str], collection: str) -> None:
        parts.documents.add(paths, collection)
        parts.documents.choose(collection)
        window.show_page("documents")

    overlay.files_dropped.connect(add)
    return overlay
