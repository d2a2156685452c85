"""The chat: top bar, transcript, composer, and the source panel beside or over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.chats.records import Chat
from app.gui.chat.asked_filter import AskedFilter
from app.gui.chat.attaching import Attaching
from app.gui.chat.chat_bar import CollectionButton
from app.gui.chat.chat_menu import ChatMenu
from app.gui.chat.composer_library import ComposerLibrary
from app.gui.chat.controller import ChatController
from app.gui.chat.conversation import Conversation
from app.gui.chat.frame import ChatFrame
from app.gui.chat.known_documents import KnownDocuments
from app.gui.chat.offering import ComposerOffers
from app.gui.chat.open_link import open_link
from app.gui.chat.open_source import OpenSource
from app.gui.chat.open_why import OpenWhy
from app.gui.chat.side_panel import SidePanelHost
from app.gui.chat.sources import SourceReader
from app.gui.chat.start_page import StartPage
from app.gui.models.controller import ModelsController
from app.gui.widgets import Toast
from app.types import Filter

if TYPE_CHECKING:
    from app.gui.chat.source_panel import SourcePanel
    from app.gui.chat.transcript import Transcript


class Drafts(Protocol):
    """Half-typed questions, kept across a crash."""

    def draft(self, chat_id: int) -> str:
        """What was typed in this chat, 0 for a new one."""
        ...

    def set_draft(self, chat_id: int, text: str) -> None: ...

    def filter(self, chat_id: int) -> Filter:
        """Which documents its next question asks."""
        ...

    def set_filter(self, chat_id: int, chosen: Filter) -> None: ...


class ChatPage(QWidget):
    """The page that chats. What other pages do it asks for by signal or callback."""

    attach_asked = Signal(int)
    """The collection that the files go into, 0 where none is chosen."""
    narrowed = Signal(bool)
    """Whether the chat's bar has room for little more than names."""
    rename_asked = Signal(int)
    delete_asked = Signal(int)
    export_asked = Signal(int)

    def __init__(
        self,
        controller: ChatController,
        models: ModelsController,
        *,
        model_button: QWidget | None = None,
        samples: Callable[[], Sequence[str]] = lambda: (),
        drafts: Drafts | None = None,
    ) -> None:
        """`model_button` opens the switcher; `samples` are questions for an empty chat."""
        super().__init__()
        self._controller, self._models, self._drafts = controller, models, drafts
        self._adding = (0, "")  # the collection that files go into, and how far they are
        self.reader = SourceReader(controller.core, self)
        self.start_page = StartPage(samples)
        self.collection_button = CollectionButton(controller.collections)
        self.conversation = Conversation(controller, self.start_page)
        self.frame = ChatFrame(self.conversation, self.collection_button, model_button)
        self.composer, self.banner, self.more = self.frame.composer, self.frame.banner, self.frame.more
        self.attaching = Attaching(controller, self.frame)
        self.host = SidePanelHost(self.frame)
        self.documents = KnownDocuments(controller.core, self)
        self.filter = AskedFilter(self.composer, controller, self.documents, drafts)
        self.offers = ComposerOffers(controller, self.frame, self.filter, self.attaching.files)
        self.library = ComposerLibrary(self.composer, self.start_page, controller, models)
        self.conversation.name_filter(self.documents)
        self.sources = OpenSource(self.host, self.reader, self.conversation.answers, self, self.attaching.show_page)
        self.why = OpenWhy(self.host, self.conversation.answers, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.host)
        self._connect_controller()
        self._connect_views()
        for key, action in self._keys().items():
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)
        self.setAccessibleName(self.tr("Chat"))
        self._chat_opened(controller.chat)
        self._collection_changed(controller.collection)
        self._engine_changed(controller.engine_state)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _connect_controller(self) -> None:
        controller = self._controller
        controller.chat_opened.connect(self._chat_opened)
        controller.question_added.connect(lambda *_: self.more.setEnabled(not controller.is_temporary))
        controller.collection_changed.connect(self._collection_changed)
        controller.question_returned.connect(self.composer.give_back)
        controller.engine_state_changed.connect(self._engine_changed)
        controller.meter_changed.connect(self.composer.show_meter)
        controller.failed.connect(lambda error: self._say(str(error)))

    def _connect_views(self) -> None:
        controller, composer = self._controller, self.composer
        self.frame.narrowed.connect(self.narrowed)
        composer.sent.connect(self._send)
        composer.stop_asked.connect(controller.stop)
        composer.text_changed.connect(self._typed)
        self.attaching.collection_asked.connect(lambda: self.attach_asked.emit(controller.collection_id))
        self.attaching.files.chat_begun.connect(self._chat_begun)
        self.attaching.said.connect(self._say)
        self.offers.asked.connect(self._ask)
        self.library.said.connect(self._say)
        composer.collection_removed.connect(lambda: controller.choose_collection(0))
        composer.edit_last_asked.connect(self.edit_last)
        self.start_page.question_chosen.connect(self._ask_sample)
        self.collection_button.chosen.connect(controller.choose_collection)
        self.more.clicked.connect(lambda: self.make_menu().open_below(self.more))
        self.banner.restart_asked.connect(controller.restart_engine)
        self.frame.note.origin_asked.connect(controller.open_chat)
        conversation = self.conversation
        conversation.leaving.connect(self.host.close_panel)
        conversation.streaming_changed.connect(composer.set_streaming)
        conversation.input_wanted.connect(self._focus_composer)
        conversation.source_opened.connect(self.sources.open)
        conversation.passage_opened.connect(self.sources.open_passage)
        conversation.why_asked.connect(self.why.toggle)
        conversation.link_clicked.connect(partial(open_link, self))
        self.why.source_asked.connect(self.sources.open)
        self.host.closed.connect(self._focus_composer)

    @property
    def transcript(self) -> Transcript:
        return self.conversation.transcript

    @property
    def panel(self) -> SourcePanel:
        return self.sources.panel

    def _keys(self) -> dict[str, Callable[[], object]]:
        nth = {f"Alt+{number}": partial(self.sources.open_nth, number) for number in range(1, 10)}
        return nth | {
            "Escape": self.escape,
            "Ctrl+[": lambda: self.sources.step(-1),
            "Ctrl+]": lambda: self.sources.step(1),
            "Ctrl+Shift+C": self.copy_last_answer,
        }

    # --- what the window asks of a page -------------------------------------------------------------------------------

    @property
    def widget(self) -> QWidget:
        """See `app.gui.shell.page.Page`."""
        return self

    def shown(self) -> None:
        """The chat is opened to be written in: a panel that covers the input goes."""
        if self.host.covers:
            self.host.close_panel()

    def first_focus(self) -> QWidget:
        return self.composer.edit

    def regions(self) -> list[QWidget]:
        """The stops of F6."""
        panel = [self.host.panel] if self.host.panel is not None else []
        return [self.frame.bar, self.conversation.body, *panel, self.composer.edit]

    def foot_height(self) -> int:
        """A message must not cover the input with its buttons."""
        return self.frame.foot_height()

    # --- what a person does -------------------------------------------------------------------------------------------

    def focus_input(self) -> None:
        """Go to the input, through an open panel that covers it."""
        self.shown()
        self.composer.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def escape(self) -> None:
        """Leave the field in a turn, else dismiss an offer, else stop the answer, else close the panel."""
        if self.conversation.leave_editing() or self.offers.dismiss():
            return
        if self._controller.writing() is not None:
            self._controller.stop()
        elif self.host.is_open:
            self.host.leave()

    def edit_last(self) -> None:
        """Turn the last question into a field."""
        for question in self.transcript.questions()[-1:]:
            question.start_edit()

    def copy_last_answer(self) -> None:
        for answer in self.transcript.answers()[-1:]:
            answer.copy()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Turns that came since join Qt's chain at its end: they are put between the bar and the input first."""
        for before, after in pairwise(_tab_order(self)):
            QWidget.setTabOrder(before, after)
        return super().focusNextPrevChild(forward)

    def refresh_collections(self) -> None:
        """The collections or their counts changed."""
        self.reader.forget()
        self.collection_button.show_collection(self._controller.collection_id)

    def show_adding(self, collection_id: int, text: str) -> None:
        """How far reading files is; it is shown while they go into the collection that this chat asks."""
        self._adding = (collection_id, text) if text else (0, "")
        self._show_adding()

    def _show_adding(self) -> None:
        collection_id, text = self._adding
        shown = text if collection_id == self._controller.collection_id else ""
        self.collection_button.show_reading(shown)
        self.start_page.show_reading(shown)

    def _send(self, text: str) -> None:
        self.attaching.files.when_taken(lambda: self._ask(text))

    def _ask(self, text: str, chosen: Filter | None = None) -> None:
        chat_id = self._controller.chat_id
        files = self.attaching.files
        if self._controller.ask(text, self.filter.to_send if chosen is None else chosen, files.pictures):
            files.pictures_sent()
            self._keep_draft(chat_id, "")
            self.composer.clear()

    def _ask_sample(self, text: str) -> None:
        """What is half typed stays, and goes along into the chat that begins."""
        if self._controller.ask(text):
            self._keep_draft(0, "")
            self._typed(self.composer.text())
            self._focus_composer()

    def _typed(self, text: str) -> None:
        self._keep_draft(self._controller.chat_id, text)
        self._controller.count(text)

    def _keep_draft(self, chat_id: int, text: str) -> None:
        if self._drafts is not None:
            self._drafts.set_draft(chat_id, text)

    def _focus_composer(self) -> None:
        self.composer.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- the chat -----------------------------------------------------------------------------------------------------

    def _chat_opened(self, chat: Chat | None) -> None:
        self.more.setEnabled(chat is not None and not self._controller.is_temporary)
        self.frame.note.show_chat(chat, self._controller.title)
        self.conversation.show_turns()
        draft = self._drafts.draft(chat.id if chat else 0) if self._drafts is not None else ""
        self.composer.set_text(draft)
        if self.isVisible():
            self._focus_composer()

    def _chat_begun(self, chat: Chat) -> None:
        """With files: what is half typed goes along."""
        self.more.setEnabled(True)
        self._keep_draft(0, "")
        self._keep_draft(chat.id, self.composer.text())

    def _collection_changed(self, name: str) -> None:
        self.composer.set_collection(name)
        self.collection_button.show_collection(self._controller.collection_id)
        self.start_page.refresh()
        self._show_adding()

    def _engine_changed(self, state: str) -> None:
        self.composer.set_blocked(self.tr("The model stopped. Restart it to ask.") if state == "failed" else "")
        self.banner.show_state(state, self._controller.engine_error)

    # --- the menu -----------------------------------------------------------------------------------------------------

    def make_menu(self) -> ChatMenu:
        """What is done with the open chat as a whole."""
        menu = ChatMenu(self._controller, self)
        menu.rename_asked.connect(self.rename_asked)
        menu.copied.connect(self._say)
        menu.export_asked.connect(self.export_asked)
        menu.delete_asked.connect(self.delete_asked)
        return menu

    def _say(self, text: str) -> None:
        Toast(text, parent=self, above=self.foot_height).show_at_bottom()


def _tab_order(page: ChatPage) -> list[QWidget]:
    """From the bar through the turns and the panel to the input; what is offered comes next, then the input's tools."""
    views = [] if page.conversation.is_blank else page.transcript.views()
    turns = [stop for view in views for stop in _stops(view)]
    above = [each for each in (page.host.panel, page.attaching.strip) if each is not None]
    panel = [stop for each in above for stop in _stops(each)]
    own = _stops(page.composer)
    behind = own.index(page.composer.edit) + 1 if page.composer.edit in own else 0
    offered = _stops(page.offers.line) if page.offers.line is not None else []
    return [page.more, *turns, *panel, *own[:behind], *offered, *own[behind:]]


def _stops(widget: QWidget) -> list[QWidget]:
    """What the Tab key stops at in it, in the order it was built."""
    each = widget.findChildren(QWidget)
    return [child for child in each if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible()]
