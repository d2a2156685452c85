"""Puts the Settings page into the window, with the sections that are more than settings."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.chat.exporting import delete_all, export_all, import_chats, take_out
from app.gui.library.editor import LibraryEditor
from app.gui.library.known import KnownLibrary
from app.gui.library.library_list import LibraryList
from app.gui.parts import Parts
from app.gui.settings.company_section import CompanySection
from app.gui.settings.login_row import LoginRow
from app.gui.settings.page import SettingsPage
from app.gui.settings.programs import ProgramsSection
from app.gui.settings.record_section import RecordSection
from app.gui.settings.restart import go_back_and_start, start_chosen
from app.gui.settings.runtime_section import RuntimeSection
from app.gui.settings.runtimes import LlamaRuntimes
from app.gui.settings.sections import AboutSection, DataSection, HardwareSection, PrivacySection
from app.gui.settings.shortcut_list import KeyTable
from app.gui.settings.training_component import TrainingComponent
from app.gui.settings.training_section import TrainingSection
from app.gui.settings.update_section import UpdateSection
from app.gui.settings.updates import UpdateHint, Updates
from app.gui.settings.vector_section import VectorSection
from app.gui.settings.vector_servers import VectorServers
from app.gui.shell.main_window import MainWindow
from app.gui.widgets.page_frame import Separator
from app.settings import ADD_RUNTIMES, DEFAULT_ASSISTANT, DEFAULT_COLLECTION


def _general(parts: Parts, window: MainWindow, updates: Updates) -> QWidget:
    """Updates, and the start at login."""

    def close_for(after: Callable[[], object]) -> None:
        parts.after = after
        window.close()

    section = UpdateSection(
        updates,
        window.confirm,
        restart=lambda: close_for(start_chosen),
        go_back=lambda: close_for(lambda: go_back_and_start(parts.home, parts.app)),
    )
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for part in (section, Separator(), LoginRow(lambda error: window.toast(str(error)))):
        column.addWidget(part)
    return holder


def _privacy(parts: Parts) -> QWidget:
    """The record, and what is stored where."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(16)
    column.addWidget(PrivacySection(parts.home))
    column.addWidget(RecordSection(parts.core))
    return holder


def build(parts: Parts, window: MainWindow) -> SettingsPage:
    """The page; it offers the collections that there are as the default one."""
    servers = VectorServers(parts.core, window)
    runtimes = LlamaRuntimes(parts.core, window)
    runtimes.said.connect(window.toast)
    training = TrainingComponent(parts.core, window)
    locked = "" if parts.settings.get(ADD_RUNTIMES) else parts.settings.policy.why(ADD_RUNTIMES.key)
    updates = Updates(parts.core, window)
    for each in (servers, runtimes, training, updates):
        each.failed.connect(lambda error: window.toast(str(error)))
    known = KnownLibrary(parts.core, window)
    editor = LibraryEditor(known, parts.settings, parts.models, parts.collections, lambda: window, window)
    extra: dict[str, Callable[[], QWidget]] = {
        "General": lambda: _general(parts, window, updates),
        "Assistants": lambda: LibraryList(editor, scrolls=False),
        "Documents": lambda: VectorSection(servers, window.confirm),
        "Models and hardware": lambda: HardwareSection(
            lambda: parts.models.info,
            RuntimeSection(runtimes, window.confirm, locked),
            TrainingSection(training, window.confirm),
        ),
        **({"Company": lambda: CompanySection(parts.settings.policy)} if parts.settings.policy.file else {}),
        "API": lambda: ProgramsSection(parts.core, window.confirm),
        "Privacy": lambda: _privacy(parts),
        "Keyboard": lambda: KeyTable(window.keys),
        "Data and backup": lambda: DataSection(
            parts.home,
            parts.reader.count,
            lambda: export_all(parts, window),
            lambda: import_chats(parts, window),
            lambda: delete_all(parts, window),
            lambda: take_out(parts, window),
        ),
        "About": lambda: AboutSection(parts.home, lambda: parts.models.info),
    }
    page = SettingsPage(parts.settings, extra)
    page.refused.connect(lambda error: window.toast(str(error)))
    UpdateHint(updates, page, "General", page)
    updates.refresh()

    def show_collections() -> None:
        names = [(collection.id, collection.name) for collection in parts.collections.all]
        page.set_choices(DEFAULT_COLLECTION, [(0, page.tr("None, the model alone")), *names])

    def show_assistants() -> None:
        chosen, named = parts.settings.get(DEFAULT_ASSISTANT), [(each.id, each.name) for each in known.all.assistants]
        if chosen and known.assistant(chosen) is None:
            named.append((chosen, page.tr("One that was removed")))
        page.set_choices(DEFAULT_ASSISTANT, [("", page.tr("Nobody in particular")), *named])

    show_assistants()
    known.changed.connect(show_assistants)
    known.refresh()
    show_collections()
    parts.collections.changed.connect(show_collections)
    return page
