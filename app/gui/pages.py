"""How each page is built from the parts; a page's module is imported when it is first opened, for a short start."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QWidget

from app.errors import AppError
from app.files import write_atomic
from app.late import Late, name_late
from app.paths import RESOURCES, SAMPLE_COLLECTION, SAMPLES
from app.settings import DEFAULT_COLLECTION, FIRST_RUN_DONE

if TYPE_CHECKING:
    from app.chats import exchange
    from app.gui.main import Parts
    from app.gui.shell.main_window import MainWindow
else:
    exchange = Late("app.chats.exchange")

name_late(
    "app.gui.documents.documents_model",
    "app.gui.documents.table",
    "app.gui.documents.page",
    "app.gui.chat.source_panel",
    "app.gui.documents.drop_overlay",
    "app.gui.documents.build",
    "app.gui.chat.transcript",
    "app.gui.settings.page",
    "app.gui.settings.sections",
    "app.gui.models.page",
)
SAMPLE_QUESTION_FILE = RESOURCES / "sample-questions.json"
"""Beside the folder and not in it, so that adding the folder adds documents only."""
SAMPLE_QUESTIONS = 4
"""One a document, so that a person sees that several are asked at once."""


def build_page(key: str, parts: Parts, window: MainWindow) -> QWidget:
    """Build the page of this name; raises KeyError for one that there is not."""
    return PAGES[key](parts, window)


def _chat(parts: Parts, window: MainWindow) -> QWidget:
    bar = _load("models.switcher:ModelBar")(parts.models)
    bar.manage_asked.connect(lambda: window.show_page("models"))
    page = _load("chat.page:ChatPage")(
        parts.chats,
        parts.models,
        model_button=bar,
        collections=parts.collections,
        samples=lambda: _sample_questions(parts),
        drafts=parts.session,
    )
    page.open_model_switcher = bar.open_list
    page.narrowed.connect(bar.set_short)
    page.rename_asked.connect(window.rename_chat)
    page.delete_asked.connect(window.delete_chat)
    page.attach_asked.connect(lambda collection: _attach(parts, window, collection))
    parts.with_documents(lambda documents: documents.collections_changed.connect(page.refresh_collections))
    return _widget(page)


def _documents(parts: Parts, window: MainWindow) -> QWidget:
    return _widget(_load("documents.build:build")(parts, window))


def _models(parts: Parts, window: MainWindow) -> QWidget:
    return _widget(_load("models.page:ModelsPage")(parts.models, parts.home))


def _finetune(parts: Parts, window: MainWindow) -> QWidget:
    return _widget(_load("finetune.page:build")(parts, window))


def _settings(parts: Parts, window: MainWindow) -> QWidget:
    sections = importlib.import_module("app.gui.settings.sections")
    key_table = _load("settings.shortcut_list:KeyTable")
    extra: dict[str, Callable[[], QWidget]] = {
        "Models and hardware": lambda: sections.HardwareSection(lambda: parts.models.info),
        "Privacy": lambda: sections.PrivacySection(parts.home),
        "Keyboard": lambda: key_table(frozenset(PAGES)),
        "Data and backup": lambda: sections.DataSection(
            parts.home, parts.store.count, lambda: export_all(parts, window), lambda: delete_all(parts, window)
        ),
        "About": lambda: sections.AboutSection(parts.home, lambda: parts.models.info),
    }
    page = _load("settings.page:SettingsPage")(parts.settings, extra)
    page.refused.connect(lambda error: window.toast(str(error)))

    def show_collections() -> None:
        names = [(collection.name, collection.name) for collection in parts.documents.totals]
        page.set_choices(DEFAULT_COLLECTION, [("", page.tr("None, the model alone")), *names])

    show_collections()
    parts.documents.collections_changed.connect(show_collections)
    return _widget(page)


def _first_run(parts: Parts, window: MainWindow) -> QWidget:
    module = importlib.import_module("app.gui.shell.first_run")
    page = module.FirstRun(parts.models, parts.home, module.sample_files(SAMPLES))
    page.started.connect(lambda name, files: _start(parts, window, name, files))
    return _widget(page)


PAGES: dict[str, Callable[[Parts, MainWindow], QWidget]] = {
    "chat": _chat,
    "documents": _documents,
    "models": _models,
    "finetune": _finetune,
    "settings": _settings,
    "first_run": _first_run,
}
"""page → its builder."""


def _start(parts: Parts, window: MainWindow, model: str, files: Sequence[str]) -> None:
    """The end of the welcome: the chosen model, and the samples on their way into their collection."""
    parts.settings.set(FIRST_RUN_DONE, True)
    active = parts.models.active
    if model and (active is None or model != active.name):
        parts.models.switch_to(model)
    if files:
        parts.documents.add(files, SAMPLE_COLLECTION)
        parts.settings.set(DEFAULT_COLLECTION, SAMPLE_COLLECTION)
        parts.chats.choose_collection(SAMPLE_COLLECTION)
    window.end_first_run()


def accept_drops(parts: Parts, window: MainWindow) -> None:
    """Files dropped on the window are added, a model file is imported."""

    def import_model(path: str) -> None:
        window.show_page("models")
        parts.models.files.import_file(Path(path))

    overlay = _load("documents.build:add_drop_overlay")(parts, window)
    overlay.model_dropped.connect(import_model)


def _sample_questions(parts: Parts) -> Sequence[str]:
    """Questions that the sample documents answer, while they are what is asked."""
    if parts.chats.collection != SAMPLE_COLLECTION:
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


def _attach(parts: Parts, window: MainWindow, collection: str) -> None:
    """Add files to the collection that the chat asks, from the chat."""
    page = window.page("documents")
    if collection:
        parts.documents.choose(collection)
    choose: Any = page
    choose.choose_files()


def export_chat(parts: Parts, window: MainWindow, chat_id: int) -> None:
    """Save one chat as Markdown."""
    try:
        title = parts.store.chat(chat_id).title
        text = exchange.export_markdown(parts.store, chat_id)
    except AppError as error:
        window.toast(str(error))
        return
    name = "".join(char for char in title if char.isalnum() or char in " -_").strip() or "chat"
    _save(window, window.tr("Export chat"), f"{name}.md", "Markdown (*.md)", text.encode())


def export_all(parts: Parts, window: MainWindow) -> None:
    """Save every chat in a file that Inhouse can read again."""
    _save(window, window.tr("Export chats"), "inhouse-chats.json", "JSON (*.json)", exchange.export_json(parts.store))


def delete_all(parts: Parts, window: MainWindow) -> None:
    """Delete every chat for good, after asking once."""
    count = parts.store.count()
    title = window.tr("Delete all {0} chats?").format(count)
    detail = window.tr("They are removed for good. Documents, models and settings stay.")
    if not window.confirm(title, detail, window.tr("Delete {0} chats").format(count)):
        return
    parts.chats.new_chat()
    for chat in parts.store.list_chats(limit=count):
        parts.store.delete(chat.id)
    parts.store.purge()
    window.reload_chats()


def _save(window: MainWindow, title: str, name: str, kinds: str, data: bytes) -> None:
    path, _ = QFileDialog.getSaveFileName(window, title, str(Path.home() / name), kinds)
    if not path:
        return
    try:
        write_atomic(Path(path), data)
    except AppError as error:
        window.toast(str(error))
        return
    window.toast(window.tr("Saved as “{0}”.").format(Path(path).name))


def _load(name: str) -> Any:
    """A class or function of the views, imported now."""
    module, _, cls = name.partition(":")
    return getattr(importlib.import_module(f"app.gui.{module}"), cls)


def _widget(page: Any) -> QWidget:
    assert isinstance(page, QWidget)
    return page
