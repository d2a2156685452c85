"""Puts the Documents page, its source panel and the drop overlay into the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.finetune.runs import Runs
from app.finetune.use import holding, trained_on
from app.formats import COLLECTION_SUFFIX, UNREAD_SUFFIXES, suffix_of
from app.gui.chat.page import ChatPage
from app.gui.chat.source_panel import SourcePanel
from app.gui.chat.sources import SourceReader
from app.gui.collections import DEFAULT_COLLECTION
from app.gui.compare.open import add_comparing, show_comparison
from app.gui.documents.drop_overlay import DropOverlay
from app.gui.documents.opening import Opening
from app.gui.documents.page import DocumentsPage
from app.gui.documents.row import Row
from app.gui.hidden_text import open_hidden_text
from app.gui.model_text import open_model_text
from app.gui.parts import Parts
from app.gui.personal.collection_dialog import open_masking
from app.gui.personal.document_dialog import open_personal_data
from app.gui.shell.main_window import MainWindow
from app.settings import READ_SCANS
from app.text.offers.offer import Offer
from app.types import InstalledModel
from app.workers.calls.scans import PageRecognised


def build(parts: Parts, window: MainWindow) -> DocumentsPage:
    """The page with its source panel; sentences that need no answer become toasts."""
    reader = SourceReader(parts.core, window)
    page = DocumentsPage(parts.documents, SourcePanel(reader))
    page.taught_models = lambda ids: taught_sentence(parts.models.models(), ids, Runs(parts.home.runs))
    parts.documents.notice_raised.connect(lambda text: window.toast(text))
    parts.documents.finder.saved.connect(lambda path: window.toast(_saved(path)))
    _follow_scans(parts)
    add_comparing(page, parts.core)
    page.table.hidden_wanted.connect(
        lambda row: open_hidden_text(parts.core, row.id, page, parts.documents.failed.emit)
    )
    page.table.model_text_wanted.connect(
        lambda row: open_model_text(parts.core, row.id, page, parts.documents.failed.emit)
    )
    _add_personal_data(parts, page, window)
    page.toolbar.ask_all.clicked.connect(lambda: window.show_page("extraction"))
    window.offer_taken.connect(lambda offer, asked: _carry_out(parts, window, page, offer, asked))
    page.summary_wanted.connect(lambda row: summarise(parts, window, row))
    window.files_asked.connect(page.choose_files)
    window.folder_asked.connect(page.choose_folder)
    return page


def _add_personal_data(parts: Parts, page: DocumentsPage, window: MainWindow) -> None:
    """The dialogs of a document and of a collection."""
    core, failed = parts.core, parts.documents.failed.emit

    def show_document(document_id: int) -> None:
        open_personal_data(core, document_id, page, window.toast, failed)

    def show_collection(collection_id: int) -> None:
        found = next((each for each in parts.documents.totals if each.id == collection_id), None)
        if found is not None:
            open_masking(core, found, page, show_document, failed)

    page.table.personal_wanted.connect(lambda row: show_document(row.id))
    page.collections.personal_wanted.connect(show_collection)


def _follow_scans(parts: Parts) -> None:
    """Rows say how far pages are recognised, and that they are being recognised only where they are."""

    def take(key: str) -> None:
        if key == READ_SCANS.key:
            parts.documents.documents.reads_scans = parts.settings.get(READ_SCANS)
            parts.documents.refresh()

    parts.documents.documents.reads_scans = parts.settings.get(READ_SCANS)
    parts.settings.subscribe(take)

    def told(data: object) -> None:
        if isinstance(data, PageRecognised):
            parts.documents.documents.take_page(data)

    parts.core.told.connect(told)


def _saved(path: str) -> str:
    return QCoreApplication.translate("Documents", "Saved as {0}.").format(Path(path).name)


def _carry_out(parts: Parts, window: MainWindow, page: DocumentsPage, offer: Offer, collection_id: int) -> None:
    """Do what the chat offered: compare two documents over it, or list on this page those that fit a request."""
    if offer.kind == "compare":
        show_comparison(window, parts.core, list(zip(offer.documents, offer.names, strict=True)))
    elif offer.kind == "find":
        parts.documents.choose(collection_id)
        window.show_page("documents")
        page.search.look_for(offer.request)


def summarise(parts: Parts, window: MainWindow, row: Row) -> None:
    """Ask for the summary of a document in a chat of its own, which goes on from there."""
    window.new_chat()
    parts.chats.choose_collection(parts.documents.current)
    parts.chats.ask(QCoreApplication.translate("Documents", "Summarise {0}").format(row.name))


def taught_sentence(models: Sequence[InstalledModel], document_ids: Sequence[int], runs: Runs) -> str:
    """Removing a document takes it from search, not from a model or the data of a training: those are named."""
    learned = ", ".join(f"“{model.name}”" for model in trained_on(models, document_ids))
    kept = ", ".join(f"“{name}”" for name in dict.fromkeys(holding(runs, document_ids)))
    text = "{0} learned from it and still can repeat it. Remove that model too, or train it again without."
    data = "Its text also stays in the training data of {0} until you delete that on the Fine-tune page."
    said = [(text, learned), (data, kept)]
    return " ".join(QCoreApplication.translate("Documents", words).format(names) for words, names in said if names)


def add_drop_overlay(parts: Parts, window: MainWindow) -> Opening:
    """Let files be dropped anywhere on the window: documents are added, a model is imported. → What does the same with
    files that are opened with Inhouse."""

    def open_page() -> QWidget:
        page = window.built(window.key)
        return page.widget if page is not None else window

    def add(dropped: list[str], collection_id: int) -> None:
        paths = [path for path in dropped if suffix_of(path) not in UNREAD_SUFFIXES or Path(path).is_dir()]
        name = "" if collection_id else DEFAULT_COLLECTION
        parts.documents.add(paths, collection_id, name)  # the drop said that the others are skipped
        if collection_id:
            parts.documents.choose(collection_id)
        window.show_page("documents")
        page = window.built("documents")
        if isinstance(page, DocumentsPage):
            page.following.offer(paths, collection_id)

    def import_model(path: str) -> None:
        if path.endswith(COLLECTION_SUFFIX):
            window.show_page("documents")
            shown = window.built("documents")
            if isinstance(shown, DocumentsPage):
                shown.collections.open_file(path)
            return
        window.show_page("models")
        parts.models.files.import_file(Path(path))

    def chat() -> ChatPage | None:
        page = window.built("chat") if window.key == "chat" else None
        return page if isinstance(page, ChatPage) else None

    def chat_foot() -> int:
        page = chat()
        return page.foot_height() if page is not None else 0

    def attach(paths: list[str]) -> None:
        page = chat()
        if page is not None:
            page.attaching.attach(paths)

    overlay = DropOverlay(window, parts.documents, open_page, chat_foot)
    overlay.files_dropped.connect(add)
    overlay.files_attached.connect(attach)
    overlay.model_dropped.connect(import_model)
    return Opening(window, overlay, parts.documents, parts.collections)
