"""The window: sidebar, pages, shortcuts, toasts, and where it was the last time."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.chats.records import Chat
from app.errors import AppError
from app.gui.chat.reader import ChatReader
from app.gui.remember import remember
from app.gui.shell.deleted_chats import DeletedChats
from app.gui.shell.key_bindings import bind_keys, zoom
from app.gui.shell.logo import window_icon
from app.gui.shell.page import Page
from app.gui.shell.page_stack import PageFactory, PageStack
from app.gui.shell.placement import PlacedWindow
from app.gui.shell.project_actions import ProjectActions
from app.gui.shell.regions import focus_region
from app.gui.shell.session import Session
from app.gui.shell.shortcuts import native
from app.gui.shell.sidebar import Sidebar, places
from app.gui.shell.toasts import Toasts
from app.gui.theme import theme
from app.gui.widgets import LAST_FOLDER, Banner, ConfirmDialog, Toast
from app.settings import SIDEBAR_OPEN, Settings

PART_OF = {"extraction": "documents", "arena": "models"}
"""Pages that are reached from another one, which the sidebar shows for them."""


class MainWindow(PlacedWindow):
    """Pages are built when they are first opened. What a shortcut does on a page, the page does."""

    closing = Signal()
    export_asked = Signal(int)
    """The chat to save in a file."""
    files_asked = Signal()
    """A dialog for files to add; the Documents page is open."""
    folder_asked = Signal()
    model_list_asked = Signal()
    """The list of models; the chat is open."""
    shortcuts_asked = Signal()
    offer_taken = Signal(object, int)
    """Offer that another page than the chat carries out, and the collection that is asked."""

    def __init__(
        self,
        store: ChatReader,
        settings: Settings,
        session: Session,
        chats: Any,
        keys: Collection[str],
        make_page: PageFactory,
    ) -> None:
        """`chats` is the ChatController; `keys` are the pages that `make_page` can build, "chat" among them."""
        super().__init__(session)
        self._store, self._settings, self._session, self._chats = store, settings, session, chats
        self.keys = frozenset(keys)
        self._make_page = make_page
        self._stack = PageStack(make_page)
        self.toasts = Toasts(self, self._stack.foot_height)
        self._notice: Banner | None = None
        self._narrow, self.key = False, ""
        self._rail_wanted = not settings.get(SIDEBAR_OPEN)
        self.setWindowTitle("Inhouse")
        self.setWindowIcon(window_icon())
        self.setProperty(LAST_FOLDER, session.state.folder)
        self.deleted = DeletedChats(chats.core, self)
        self.deleted.restored.connect(self._chat_restored)
        self.deleted.failed.connect(lambda error: self.toast(str(error)))
        self._build()
        bind_keys(self, self.keys, self.act, self._next_region, partial(zoom, settings))
        self.resized.connect(self._fit_sidebar)
        self.place()
        self._fit_sidebar()
        chats.chats_changed.connect(self._chats_changed)
        chats.chat_opened.connect(self._chat_opened)

    # --- pages ------------------------------------------------------------------------------------------------------

    def page(self, key: str) -> Page:
        """The page, built where it is not yet."""
        return self._stack.page(key)

    def built(self, key: str) -> Page | None:
        """The page if it has been opened before."""
        return self._stack.built(key)

    def show_page(self, key: str) -> None:
        """Open a page and put the focus where its work begins."""
        if key not in self.keys:
            return
        page = self._stack.open(key)
        self.key = key
        self.sidebar.show_place(PART_OF.get(key, key))
        self.sidebar.show_chat(self._chats.chat_id if key == "chat" else 0)
        self._session.update(page=key)
        page.shown()
        page.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)
        self.toasts.follow()

    def show_first_run(self) -> None:
        """The welcome instead of everything else, until `end_first_run`."""
        page = self._make_page("first_run")
        self.outer.setCurrentIndex(self.outer.addWidget(page.widget))
        page.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def end_first_run(self) -> None:
        """The welcome is over: the chat."""
        page = self.outer.currentWidget()
        self.outer.setCurrentIndex(0)
        if page is not None and page is not self.outer.widget(0):
            self.outer.removeWidget(page)
            page.deleteLater()
        self.show_page("chat")

    def new_chat(self, project_id: int = 0) -> None:
        self._chats.new_chat(project_id)
        self.show_page("chat")

    def new_temporary_chat(self) -> None:
        """The chat that leaves nothing, begun or gone back to."""
        self._chats.new_temporary_chat()
        self.show_page("chat")

    def open_chat(self, chat_id: int) -> None:
        self._chats.open_chat(chat_id)
        self.show_page("chat")

    def _chat_opened(self, _: Chat | None) -> None:
        """The open chat is what the next start opens; a new one counts from its first question."""
        self._session.update(chat_id=max(self._chats.chat_id, 0))
        if self.key == "chat":
            self.sidebar.show_chat(self._chats.chat_id)

    def _chats_changed(self) -> None:
        self.reload_chats()
        self._chat_opened(self._chats.chat)

    # --- chats of the sidebar ---------------------------------------------------------------------------------------

    def reload_chats(self) -> None:
        self.sidebar.reload()

    def delete_chat(self, chat_id: int) -> None:
        """Gone at once, and back with Undo; after that it is removed for good."""
        self.toasts.end()
        try:
            title = self._store.chat(chat_id).title
            if self._chats.chat_id == chat_id:
                self._chats.new_chat()
            self.deleted.delete(chat_id)
        except AppError as error:
            self.toast(str(error))
            return
        self.reload_chats()
        said, undo = self.tr("“{0}” was deleted.").format(_short(title)), self.tr("Undo ({0})")
        toast = self.toast(said, undo.format(native("Ctrl+Z")))
        toast.undone.connect(lambda: self.deleted.undo(chat_id))

    def rename_chat(self, chat_id: int) -> None:
        """Edit the chat's name in the sidebar."""
        if self.sidebar.collapsed:
            self._toggle_sidebar()
        self.sidebar.edit_chat(chat_id)

    def _chat_restored(self, chat_id: int) -> None:
        self.toasts.end()
        self.reload_chats()
        self.open_chat(chat_id)

    # --- messages ---------------------------------------------------------------------------------------------------

    def notice(self, title: str, detail: str = "", action: str = "") -> Banner:
        """Say above the page what goes on until it is over: `end_notice`."""
        self.end_notice()
        self._notice = Banner("warning", title, detail, action, parent=self)
        self._column.insertWidget(0, self._notice)
        return self._notice

    def end_notice(self) -> None:
        """It is over."""
        if self._notice is not None:
            self._notice.hide()
            self._notice.deleteLater()
            self._notice = None

    def toast(self, text: str, action: str = "", icon: str = "undo-2") -> Toast:
        """Say it at the bottom of the window; the one before goes."""
        return self.toasts.say(text, action, icon)

    def confirm(self, title: str, detail: str, action: str) -> bool:
        return ConfirmDialog.ask(self, title, detail, action)

    # --- keys -------------------------------------------------------------------------------------------------------

    def act(self, action: str) -> None:
        """What a line of the shortcut table does; during the welcome only the list of keys."""
        if self.outer.currentIndex() != 0 and action != "shortcut_list":
            return
        here = {
            "new_chat": self.new_chat,
            "new_temporary_chat": self.new_temporary_chat,
            "search_chats": self._search_chats,
            "undo_delete": self.deleted.undo,
            "toggle_sidebar": self._toggle_sidebar,
            "shortcut_list": self.shortcuts_asked.emit,
        }
        on_page = {
            "focus_input": ("chat", None),
            "switch_model": ("chat", self.model_list_asked),
            "add_files": ("documents", self.files_asked),
            "add_folder": ("documents", self.folder_asked),
        }
        if action in here:
            here[action]()
        else:
            key, signal = on_page.get(action, (action.removeprefix("page_"), None))
            self.show_page(key)
            if signal is not None:
                signal.emit()

    def _next_region(self, step: int) -> None:
        regions = [self.sidebar, *self._stack.regions()]
        focus_region([region for region in regions if region.isVisible()], QApplication.focusWidget(), step)

    def _search_chats(self) -> None:
        if self.sidebar.collapsed:
            self._toggle_sidebar()
        self.sidebar.focus_search()

    # --- shape ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        body = QWidget(self)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.sidebar = Sidebar(self._store, places(self.keys), body)
        row.addWidget(self.sidebar)
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        self._column.addWidget(self._stack, 1)
        row.addLayout(self._column, 1)
        self.outer = QStackedWidget(self)  # 0: all of this; else the welcome of the first run
        self.outer.addWidget(body)
        self.setCentralWidget(self.outer)
        side = self.sidebar
        side.new_chat_asked.connect(lambda: self.new_chat())
        side.temporary_chat_asked.connect(self.new_temporary_chat)
        side.list.project_chat_asked.connect(self.new_chat)
        self.projects = ProjectActions(self._chats, side, self._session, self.toast, self)
        side.chat_opened.connect(self.open_chat)
        side.chat_delete_asked.connect(self.delete_chat)
        side.chat_export_asked.connect(self.export_asked)
        side.place_chosen.connect(self.show_page)
        side.collapse_asked.connect(self._toggle_sidebar)
        side.search_asked.connect(self._search_chats)
        side.chats_asked.connect(lambda: self.show_page("chat"))

    def _toggle_sidebar(self) -> None:
        """By hand: below 1000 px it opens for now, above that the choice is kept."""
        self.sidebar.set_collapsed(not self.sidebar.collapsed)
        if not self._narrow:
            self._rail_wanted = self.sidebar.collapsed
            remember(self._settings, SIDEBAR_OPEN, not self._rail_wanted)

    def _fit_sidebar(self) -> None:
        narrow = self.width() < theme().size("collapseBelow")
        if narrow != self._narrow or not self.was_painted:
            self._narrow = narrow
            self.sidebar.set_collapsed(narrow or self._rail_wanted)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.toasts.end()
        self.keep_geometry()
        self._session.update(folder=self.property(LAST_FOLDER) or "")
        self._session.save()
        self.closing.emit()
        super().closeEvent(event)


def _short(title: str) -> str:
    return title if len(title) <= 40 else title[:39].rstrip() + "…"
