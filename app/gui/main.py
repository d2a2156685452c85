"""The composition root: builds every part once and hands it over by constructor."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QLibraryInfo, QLocale, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from app.core.calls.runtimes import RuntimesChanged
from app.core.protocol import SettingsChanged, SettingsRead, Welcome
from app.crashes import HARD, collect, watch_for_crash
from app.errors import AppError
from app.gui import pages
from app.gui.chat.controller import ChatController
from app.gui.chat.reader import ChatReader
from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient, Link, SocketLink
from app.gui.icons import forget_icons
from app.gui.models.arrived import tell_downloads
from app.gui.models.controller import ModelsController
from app.gui.pages import PAGES, accept_drops, build_page, export_chat, import_pages, show_shortcuts
from app.gui.settings.updates import UpdateHint, Updates
from app.gui.shell.crash import install_excepthook, install_message_handler, show_crash, show_start_error
from app.gui.shell.main_window import MainWindow
from app.gui.shell.page import Page
from app.gui.shell.session import Session
from app.gui.shell.single_instance import SingleInstance
from app.gui.theme import Mode, Theme
from app.gui.widgets import FocusRing
from app.log import start_log
from app.models.servers import host_of
from app.paths import Home, home
from app.settings import FIRST_RUN_DONE, REDUCED_MOTION, TEXT_SIZE, THEME, Settings

if TYPE_CHECKING:
    from app.gui.documents.controller import DocumentsController
    from app.gui.finetune.controller import FinetuneController

log = logging.getLogger(__name__)


@dataclass
class Parts:
    """Everything that lives as long as the window does."""

    home: Home
    settings: Settings
    session: Session
    core: CoreClient
    reader: ChatReader
    collections: KnownCollections
    models: ModelsController
    chats: ChatController
    app: QApplication
    after: Callable[[], object] | None = None
    """What follows when the window has closed and everything was left: the start of another version."""
    _for_documents: list[Callable[[DocumentsController], object]] = field(default_factory=list)
    _documents: DocumentsController | None = None
    _finetune: FinetuneController | None = None

    @property
    def documents(self) -> DocumentsController:
        """The documents controller; it is built when it is first asked for, after the first paint."""
        if self._documents is None:
            self._documents = made = pages.documents_controller()(self.core, self.collections, self.app)
            for use in self._for_documents:
                use(made)
        return self._documents

    @property
    def finetune(self) -> FinetuneController:
        """The wizard's controller; it is built after the first paint, and follows a training that still runs."""
        if self._finetune is None:
            self._finetune = pages.finetune_controller()(
                self.core, self.home, self.models, self.collections, self._asked_collection, self.app
            )
        return self._finetune

    def _asked_collection(self) -> int:
        return self.chats.collection_id or self.documents.current

    def with_documents(self, use: Callable[[DocumentsController], object]) -> None:
        """Call `use` with the documents controller as soon as there is one."""
        if self._documents is not None:
            use(self._documents)
        else:
            self._for_documents.append(use)


def run(argv: list[str], on_painted: Callable[[], None] | None = None, files: Sequence[str] = ()) -> int:
    """Open the window and stay until it closes; returns the exit status. `on_painted` is for measuring the start.

    `files` are absolute paths to open in it, or in the window that already runs.
    """
    place = home()
    app = _application(argv)
    instance = SingleInstance(place, app)
    if not instance.acquire():
        return _hand_over(app, instance, files)
    crashed = [each for each in collect(place) if each.stem.endswith((f"window-{HARD}", f"core-{HARD}"))]
    start_log(place, "window")
    watch_for_crash(place, "window")
    install_message_handler()
    try:
        parts = build_parts(place, app)
    except AppError as error:
        show_start_error(app, error)
        return 1
    install_excepthook(place)
    window = build_window(parts)
    FocusRing(app)
    if on_painted is not None:
        window.painted.connect(on_painted)
    if crashed:
        window.painted.connect(lambda: show_crash(crashed[-1], window))
    show_window(parts, window, instance, files)
    status = app.exec()
    stop(parts)
    instance.release()
    if parts.after is not None:
        parts.after()
    return status


def build_parts(place: Home, app: QApplication, link: Link | None = None) -> Parts:
    """Wire the parts; connects to nothing yet. `link` is how tests reach a core of their own.

    Raises:
        AppError: the data of this user cannot be opened, in words to show.
    """
    settings = Settings(place)
    wear(settings, app)
    session = Session(place.session_file, app)
    core = CoreClient(link or SocketLink(place, app), app)
    reader = ChatReader(place)
    collections = KnownCollections(core, session, app)
    models = ModelsController(core, session, app)
    chats = ChatController(core, reader, settings, models, collections, app)
    _share_settings(core, settings)
    return Parts(place, settings, session, core, reader, collections, models, chats, app)


def _share_settings(core: CoreClient, settings: Settings) -> None:
    """What is changed here counts for every door, and the other way round."""
    taking = False

    def changed(key: str) -> None:
        if not taking:
            core.request(SettingsChanged(), failed=lambda _: None)

    def told(data: object) -> None:
        nonlocal taking
        if isinstance(data, SettingsRead):
            taking = True
            try:
                settings.reload()
            finally:
                taking = False

    settings.subscribe(changed)
    core.told.connect(told)


def wear(settings: Settings, app: QApplication) -> Theme:
    """The theme that the settings ask for, now and after each change."""
    worn = Theme(app, mode=cast(Mode, settings.get(THEME)), scale=settings.get(TEXT_SIZE) / 100)
    worn.reduced_motion = settings.get(REDUCED_MOTION)

    def changed(key: str) -> None:
        if key == THEME.key:
            worn.set_mode(cast(Mode, settings.get(THEME)))
        elif key == TEXT_SIZE.key:
            worn.set_scale(settings.get(TEXT_SIZE) / 100)
        elif key == REDUCED_MOTION.key:
            worn.reduced_motion = settings.get(REDUCED_MOTION)

    settings.subscribe(changed)
    return worn


def build_window(parts: Parts) -> MainWindow:
    """The window at the place where it was, with the chat that was open."""

    def make_page(key: str) -> Page:
        return build_page(key, parts, window)

    window = MainWindow(parts.reader, parts.settings, parts.session, parts.chats, PAGES, make_page)
    window.export_asked.connect(lambda chat_id: export_chat(parts, window, chat_id))
    window.shortcuts_asked.connect(lambda: show_shortcuts(window))
    _tell_sidebar(parts, window)
    _tell_core(parts, window)
    tell_downloads(parts.models, window)
    state = parts.session.state
    if not parts.settings.get(FIRST_RUN_DONE) and parts.reader.count() == 0:
        window.show_first_run()
        return window
    if state.chat_id:
        _reopen(parts, state.chat_id)
    window.show_page(state.page if state.page in PAGES and state.page != "first_run" else "chat")
    return window


def show_window(parts: Parts, window: MainWindow, instance: SingleInstance, files: Sequence[str] = ()) -> None:
    """Show it; after its first paint the processes start, the rest is made ready and `files` are opened."""
    instance.raised.connect(window.raise_window)
    window.painted.connect(lambda: _in_turns(window, _after_first_paint(parts, window, instance, files)))
    window.show()


def stop(parts: Parts) -> None:
    """Leave the core, which goes on with what must not end with the window, and close the files."""
    parts.session.save()
    parts.chats.leave()
    if parts._finetune is not None:
        parts._finetune.stop()
    parts.core.leave()
    parts.reader.close()
    forget_icons()


def _application(argv: list[str]) -> QApplication:
    app = QApplication(argv)
    app.setApplicationName("Inhouse")
    app.setApplicationDisplayName("Inhouse")
    app.setDesktopFileName("inhouse")
    if QLocale().language() == QLocale.Language.C:  # where no language is set, numbers are still to be read
        QLocale.setDefault(QLocale("en_US"))
    translator = QTranslator(app)
    if translator.load(QLocale(), "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(translator)
    return app


def _reopen(parts: Parts, chat_id: int) -> None:
    """The chat that was open, if it is still there."""
    try:
        parts.reader.chat(chat_id)
    except AppError as error:
        log.info("The open chat of the last session is gone: %s", error)
        return
    parts.chats.open_chat(chat_id)


def _after_first_paint(
    parts: Parts, window: MainWindow, instance: SingleInstance, files: Sequence[str]
) -> Iterator[None]:
    """What is slow, or of use only later, in steps between which keys and clicks are served."""
    parts.core.connect_core()
    yield
    parts.models.start()
    yield
    parts.documents.refresh()
    yield
    yield from import_pages()
    opening = accept_drops(parts, window)
    instance.asked.connect(opening.open)
    opening.open(list(files))
    yield
    _follow_training(parts, window)
    yield
    _tell_updates(parts, window)
    yield
    instance.listen()
    yield
    gc.enable()
    gc.freeze()  # what a start made stays; the collector need not walk it again and again


def _in_turns(window: MainWindow, steps: Iterator[None]) -> None:
    """Take one step each time that the window has nothing else to do."""
    timer = QTimer(window, interval=0)

    def step() -> None:
        if next(steps, StopIteration) is StopIteration:
            timer.stop()
            timer.deleteLater()

    timer.timeout.connect(step)
    window.closing.connect(timer.stop)  # a window that goes starts nothing more
    timer.start()


def _tell_sidebar(parts: Parts, window: MainWindow) -> None:
    """Counts behind the names of the pages."""
    side = window.sidebar

    def documents() -> None:
        count = sum(collection.documents for collection in parts.collections.all)
        side.set_detail(
            "documents", str(count) if count else "", running=parts.documents.add_state.phase in ("running", "paused")
        )

    def models() -> None:
        coming = parts.models.catalogue.progress
        running = bool(coming or parts.models.switching_to)
        side.set_detail("models", coming or str(len(parts.models.models())), running=running)
        active = parts.models.active
        side.show_host(host_of(active.address) if active is not None and active.origin == "server" else "")

    parts.with_documents(
        lambda made: (made.collections_changed.connect(documents), made.add_changed.connect(documents))
    )
    parts.models.models_changed.connect(models)
    parts.models.switching.connect(models)
    parts.models.catalogue.downloads_changed.connect(models)
    QTimer.singleShot(0, window, models)


def _tell_core(parts: Parts, window: MainWindow) -> None:
    """What the core says of itself: what was damaged, once; and that it stopped, until it is back."""

    def welcomed(welcome: Welcome) -> None:
        window.end_notice()
        for note in welcome.notes:
            window.toast(note)

    said: set[str] = set()

    def told(data: object) -> None:
        if isinstance(data, RuntimesChanged):
            for problem in set(data.shown.problems) - said:  # never silently on another one than was chosen
                window.toast(problem)
            said.clear()
            said.update(data.shown.problems)

    parts.core.welcomed.connect(welcomed)
    parts.core.told.connect(told)
    parts.core.lost.connect(lambda error: window.notice(error.message, error.hint))
    parts.core.refused.connect(lambda error: show_start_error(parts.app, error))


def _follow_training(parts: Parts, window: MainWindow) -> None:
    """A training that goes on from before stands in the sidebar, and its page opens it."""

    def tell(text: str, running: bool) -> None:
        window.sidebar.set_detail("finetune", text, running=running)

    parts.finetune.status_changed.connect(tell)
    parts.finetune.find_running()


def _tell_updates(parts: Parts, window: MainWindow) -> None:
    """A newer version that waits stands in the sidebar."""
    updates = Updates(parts.core, window)
    updates.failed.connect(lambda error: log.info("Updates: %s", error))
    UpdateHint(updates, window.sidebar, "settings", window)
    updates.refresh()


def _hand_over(app: QApplication, instance: SingleInstance, files: Sequence[str]) -> int:
    """Leave everything to the window that runs; returns the exit status."""
    try:
        if instance.raise_other(files):
            return 0
        error = _held_by_other()
    except AppError as refused:
        error = refused
    show_start_error(app, error)
    return 1


def _held_by_other() -> AppError:
    return AppError(
        "Inhouse is already running with this data folder, but does not answer.",
        "Wait a moment, or end the other Inhouse and start again.",
    )
