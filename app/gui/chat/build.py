"""Puts the chat into the window."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.gui.chat import parts as chat_parts
from app.gui.chat.larger_model import LargerModel
from app.gui.chat.page import ChatPage
from app.gui.models.switcher import ModelBar
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow
from app.paths import RESOURCES, SAMPLE_COLLECTION
from app.text.offers.offer import Offer

if TYPE_CHECKING:
    from app.core.calls.documents import AddState
    from app.gui.documents.controller import DocumentsController

SAMPLE_QUESTION_FILE = RESOURCES / "sample-questions.json"
"""Beside the folder and not in it, so that adding the folder adds documents only."""
SAMPLE_QUESTIONS = 4
"""One a document, so that a person sees that several are asked at once."""


def build(parts: Parts, window: MainWindow) -> ChatPage:
    """The page with the model's button in its bar; what other pages do for it they are asked here."""
    bar = ModelBar(parts.models, chat_parts.model_list)
    bar.manage_asked.connect(lambda: window.show_page("models"))
    bar.compare_asked.connect(lambda: window.show_page("arena"))
    page = ChatPage(
        parts.chats,
        parts.models,
        model_button=bar,
        samples=lambda: sample_questions(parts.chats.collection),
        drafts=parts.session,
    )
    window.model_list_asked.connect(bar.open_list)
    page.narrowed.connect(bar.set_short)
    page.rename_asked.connect(window.rename_chat)
    page.delete_asked.connect(window.delete_chat)
    page.export_asked.connect(window.export_asked)
    page.attach_asked.connect(lambda collection_id: _attach(parts, window, collection_id))
    page.offers.taken.connect(lambda offer: _carry_out(parts, window, offer))
    parts.collections.changed.connect(page.refresh_collections)
    LargerModel(parts.models, parts.settings, page.start_page).models_asked.connect(lambda: window.show_page("models"))

    def follow(documents: DocumentsController) -> None:
        documents.add_changed.connect(lambda state: page.show_adding(state.collection_id, reading_text(state)))
        page.show_adding(documents.add_state.collection_id, reading_text(documents.add_state))

    parts.with_documents(follow)
    return page


def reading_text(state: AddState) -> str:
    """ "Reading 3 of 8", or that it begins; "" while nothing is read."""
    if state.phase != "running":
        return ""
    if not state.total:
        return QCoreApplication.translate("ChatPage", "Reading begins")
    return QCoreApplication.translate("ChatPage", "Reading {0} of {1}").format(
        min(state.done + 1, state.total), state.total
    )


def sample_questions(collection: str) -> Sequence[str]:
    """Questions that the sample documents answer, while they are what is asked."""
    if collection != SAMPLE_COLLECTION:
        return ()
    try:
        asked = json.loads(SAMPLE_QUESTION_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    first: dict[str, str] = {}
    for each in asked:
        if each["document"]:
            first.setdefault(each["document"], each["question"])
    return list(first.values())[:SAMPLE_QUESTIONS]


def _carry_out(parts: Parts, window: MainWindow, offer: Offer) -> None:
    """Let the page that an offer belongs to do it, with the documents that the chat asks."""
    window.page("extraction" if offer.kind == "table" else "documents")
    window.offer_taken.emit(offer, parts.chats.collection_id)


def _attach(parts: Parts, window: MainWindow, collection_id: int) -> None:
    """Add files to the collection that the chat asks, from the chat."""
    window.page("documents")
    if collection_id:
        parts.documents.choose(collection_id)
    window.files_asked.emit()
