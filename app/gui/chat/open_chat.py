"""Which chat is open, what it shows and which collection it asks."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QObject, Signal

from app.chats.records import Chat, Turn
from app.core.calls import chats as c
from app.core.calls.library import SetChatAssistant
from app.core.calls.projects import BranchChat, ChatBranched, MoveToProject
from app.errors import AppError
from app.gui.chat.reader import ChatReader
from app.gui.chat.temporary import TEMPORARY, TemporaryChat
from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient
from app.settings import DEFAULT_COLLECTION, Settings
from app.text.earlier import sum_up
from app.workers.message import Call


class OpenChat(QObject):
    """One chat at a time; a new one is stored with its first question."""

    chat_opened = Signal(object)
    """Chat, or None for a new one."""
    chats_changed = Signal()
    """The list of chats: a new one, another title or order."""
    collection_changed = Signal(str)
    """The name of the collection that is asked now, "" for the model alone."""
    assistant_changed = Signal(str)
    """The id of who answers now, "" for nobody in particular."""
    failed = Signal(object)
    """AppError of something that nothing else shows."""

    def __init__(
        self,
        core: CoreClient,
        reader: ChatReader,
        settings: Settings,
        collections: KnownCollections,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.core, self.collections = core, collections
        self._reader, self.settings = reader, settings
        self._chat: Chat | None = None
        self._project_id = 0
        self.temporary = TemporaryChat(core, self)
        self._collection_id = settings.get(DEFAULT_COLLECTION)
        self._assistant_id = ""
        collections.changed.connect(lambda: self.collection_changed.emit(self.collection))

    @property
    def chat(self) -> Chat | None:
        """The open chat; None while it has no question yet."""
        return self._chat

    @property
    def chat_id(self) -> int:
        """Its id, 0 for a new one: the key of drafts."""
        return self._chat.id if self._chat else 0

    @property
    def is_temporary(self) -> bool:
        """Whether nothing of the open chat is kept."""
        return self.chat_id == TEMPORARY

    @property
    def project_id(self) -> int:
        """The project of the open chat, or the one that a new one begins in; 0 for none."""
        return self._chat.project_id if self._chat else self._project_id

    @property
    def collection_id(self) -> int:
        """The collection that the next question is asked, 0 for the model alone."""
        return self._collection_id

    @property
    def assistant_id(self) -> str:
        """Who answers the next question, "" for nobody in particular; it may have been removed."""
        return self._assistant_id

    @property
    def collection(self) -> str:
        """What it is called now."""
        return self.collections.name(self._collection_id)

    def turns(self, limit: int | None = None, before: int | None = None) -> list[Turn]:
        """The shown turns of the open chat, oldest first: the last `limit`, or those before `before`."""
        if self.is_temporary:
            return self.temporary.turns(limit, before)
        return self._reader.turns(self._chat.id, limit, before) if self._chat else []

    def summed_up(self, turn: Turn) -> str:
        """What the model was told of the messages that were too many for it when it gave this answer."""
        budget = turn.answer.budget if turn.answer is not None else None
        if budget is None or not budget.summary_words:
            return ""
        return sum_up(self._reader.history(turn)[: budget.dropped_messages], budget.summary_words)

    def as_text(self) -> str:
        """The open chat as Markdown, for the clipboard."""
        return self._reader.as_markdown(self._chat.id) if self._chat else ""

    def new_chat(self, project_id: int = 0) -> None:
        """An empty chat; it is stored with its first question, in the project. A temporary one ends."""
        self.temporary.end()
        own = self._reader.project_collection(project_id)
        self._project_id = project_id
        self.show(None, own or self.settings.get(DEFAULT_COLLECTION))

    def new_temporary_chat(self) -> None:
        """The temporary chat, begun where there is none: nothing of it is kept."""
        self.temporary.collection_id = self.temporary.collection_id or self.settings.get(DEFAULT_COLLECTION)
        self.show(self.temporary.chat, self.temporary.collection_id)

    def branch(self, answer_id: int) -> None:
        """A new chat with everything up to this answer, which opens."""

        def branched(data: ChatBranched) -> None:
            self.chats_changed.emit()
            self.open_chat(data.chat.id)

        self.core.request(BranchChat(answer_id=answer_id), done=branched, failed=self.failed.emit)

    def title(self, chat_id: int) -> str:
        """What a stored chat is called; "" where it is gone."""
        try:
            return self._reader.chat(chat_id).title
        except AppError:
            return ""

    def open_chat(self, chat_id: int) -> None:
        """Show a stored chat."""
        try:
            chat = self._reader.chat(chat_id)
        except AppError as error:
            self.failed.emit(error)
            return
        self.show(chat, chat.collection_id)

    def show(self, chat: Chat | None, collection_id: int) -> None:
        """This chat is the open one."""
        self._chat, self._collection_id = chat, collection_id
        self._assistant_id = chat.assistant_id if chat is not None else ""
        self.chat_opened.emit(chat)
        self.collection_changed.emit(self.collection)
        self.assistant_changed.emit(self._assistant_id)

    def adopt(self, chat: Chat) -> None:
        """The new chat that is open is stored now; what is shown stays."""
        self._chat = chat
        if self._project_id:
            self.do(MoveToProject(chat_id=chat.id, project_id=self._project_id))
        if self._assistant_id and not chat.assistant_id:  # a file has begun the chat, and not a question
            self.do(SetChatAssistant(chat_id=chat.id, assistant_id=self._assistant_id))
            self.do(c.SetChatCollection(chat_id=chat.id, collection_id=self._collection_id))
        self.chats_changed.emit()

    def choose_collection(self, collection_id: int) -> None:
        """Ask this collection from now on, 0 for the model alone."""
        self._collection_id = collection_id
        if self.is_temporary:
            self.temporary.collection_id = collection_id
        elif self._chat is not None:
            self.do(c.SetChatCollection(chat_id=self._chat.id, collection_id=collection_id))
        self.collection_changed.emit(self.collection)

    def choose_assistant(self, assistant_id: str, collection_id: int | None = None) -> None:
        """Let this one answer from now on, "" for nobody in particular, and ask its collection where it has one."""
        self._assistant_id = assistant_id
        if self.is_temporary:
            self.temporary.assistant_id = assistant_id
        elif self._chat is not None:
            self.do(SetChatAssistant(chat_id=self._chat.id, assistant_id=assistant_id))
        if collection_id is not None and collection_id != self._collection_id:
            self.choose_collection(collection_id)
        self.assistant_changed.emit(assistant_id)

    def rename(self, title: str) -> None:
        if self._chat is not None:
            self.do(c.RenameChat(chat_id=self._chat.id, title=title))

    def do(self, call: Call) -> None:
        """Ask the core; what that changes comes back as an event, only a failure is told to who wanted it."""
        if not self.temporary.take(call):
            self.core.request(call, failed=self.failed.emit)

    def read_again(self, chat_ids: Collection[int]) -> None:
        """Another door may have renamed these chats, or all where none is named, asked another collection, or deleted
        one for good."""
        if self._chat is not None and not self.is_temporary and (not chat_ids or self._chat.id in chat_ids):
            self._read_open_chat(self._chat.id)
        self.chats_changed.emit()

    def _read_open_chat(self, chat_id: int) -> None:
        try:
            self._chat = chat = self._reader.chat(chat_id)
        except AppError:
            self.new_chat()
            return
        if chat.assistant_id != self._assistant_id:
            self._assistant_id = chat.assistant_id
            self.assistant_changed.emit(chat.assistant_id)
        if chat.collection_id != self._collection_id:
            self._collection_id = chat.collection_id
            self.collection_changed.emit(self.collection)
