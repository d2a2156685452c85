"""Puts the page that asks every document into the window."""

from __future__ import annotations

from app.gui.chat.sources import SourceReader
from app.gui.extraction.controller import TablesController
from app.gui.extraction.page import ExtractionPage
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow
from app.text.offers.offer import Offer
from app.types import Collection


def build(parts: Parts, window: MainWindow) -> ExtractionPage:
    """The page with its own controller and source panel; it asks the collection that the Documents page shows."""

    def current() -> Collection | None:
        return next((each for each in parts.documents.totals if each.id == parts.documents.current), None)

    controller = TablesController(parts.core, window)
    page = ExtractionPage(controller, SourceReader(parts.core, window), current)
    page.documents_asked.connect(lambda: window.show_page("documents"))
    controller.notice_raised.connect(lambda text: window.toast(text))
    window.offer_taken.connect(lambda offer, asked: _carry_out(parts, window, page, offer, asked))
    parts.documents.collections_changed.connect(lambda: page.shown() if window.key == "extraction" else None)
    return page


def _carry_out(parts: Parts, window: MainWindow, page: ExtractionPage, offer: Offer, collection_id: int) -> None:
    """Begin a table with what the chat would have asked of each document."""
    if offer.kind == "table":
        parts.documents.choose(collection_id)
        window.show_page("extraction")
        page.begin_with(offer.field)
