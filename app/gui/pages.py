"""The table of pages: each entry imports its page and returns what builds it. Nothing else of the window is lazy.

A page's package is imported when the page is first opened, or before that in a quiet moment after the first paint. So a
start pays for the chat alone. The imports stand in functions, where mypy, the linters and a freezer still see them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from app.gui.chat.parts import PARTS
from app.gui.parts import Parts
from app.gui.shell.main_window import MainWindow
from app.gui.shell.page import Page

if TYPE_CHECKING:
    from app.gui.documents.controller import DocumentsController
    from app.gui.documents.opening import Opening
    from app.gui.finetune.controller import FinetuneController

Builder = Callable[[Parts, MainWindow], Page]


def _chat() -> Builder:
    from app.gui.chat.build import build

    return build


def _documents() -> Builder:
    from app.gui.documents.build import build

    return build


def _extraction() -> Builder:
    from app.gui.extraction.build import build

    return build


def _models() -> Builder:
    from app.gui.models.build import build

    return build


def _finetune() -> Builder:
    from app.gui.finetune.build import build

    return build


def _arena() -> Builder:
    from app.gui.arena.build import build

    return build


def _settings() -> Builder:
    from app.gui.settings.build import build

    return build


def _first_run() -> Builder:
    from app.gui.shell.welcome import build

    return build


PAGES: dict[str, Callable[[], Builder]] = {
    "chat": _chat,
    "documents": _documents,
    "extraction": _extraction,
    "models": _models,
    "finetune": _finetune,
    "arena": _arena,
    "settings": _settings,
    "first_run": _first_run,
}
"""page → what imports it and returns its builder."""


def build_page(key: str, parts: Parts, window: MainWindow) -> Page:
    """Build the page of this name; raises KeyError for one that there is not."""
    return PAGES[key]()(parts, window)


def import_pages() -> Iterator[None]:
    """Import what the first paint did without, a page a step; between two steps keys and clicks are served."""
    for load in (*PARTS, documents_controller, finetune_controller, *PAGES.values()):
        load()
        yield


# --- what is no page, and what a start does without all the same ------------------------------------------------------


def documents_controller() -> type[DocumentsController]:
    """The controller of the documents; the first paint shows none."""
    from app.gui.documents.controller import DocumentsController

    return DocumentsController


def finetune_controller() -> type[FinetuneController]:
    """The controller of the wizard."""
    from app.gui.finetune.controller import FinetuneController

    return FinetuneController


def accept_drops(parts: Parts, window: MainWindow) -> Opening:
    """Files dropped anywhere on the window are added, a model file is imported; → what does so with files to open."""
    from app.gui.documents.build import add_drop_overlay

    return add_drop_overlay(parts, window)


def export_chat(parts: Parts, window: MainWindow, chat_id: int) -> None:
    """Save one chat as Markdown, where the person wants it."""
    from app.gui.chat.exporting import export_chat as export

    export(parts, window, chat_id)


def show_shortcuts(window: MainWindow) -> None:
    """The list of keys (F1)."""
    from app.gui.settings.shortcut_list import ShortcutList

    ShortcutList(window.keys, window).open()
