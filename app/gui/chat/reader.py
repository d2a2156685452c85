"""What the window reads of the conversations: a look into their store that changes nothing and waits for nobody."""

from __future__ import annotations

import logging
from typing import TypeVar

from app.chats import exchange
from app.chats.records import Chat, Hit, Project, Turn
from app.chats.store import ChatStore
from app.errors import AppError
from app.paths import Home
from app.types import Message

log = logging.getLogger(__name__)
T = TypeVar("T")


class ChatReader:
    """Reads chats.db while the core writes it. Before there is one, there are no chats."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._store = ChatStore.open_reader(home.chats_db)

    @property
    def store(self) -> ChatStore | None:
        """The store, opened as soon as the core has made or migrated it."""
        if self._store is None:
            self._store = ChatStore.open_reader(self._home.chats_db)
        return self._store

    def opened(self) -> ChatStore:
        """The store itself, for an export. Raises AppError where there is none yet."""
        store = self.store
        if store is None:
            raise AppError("There are no chats yet.", "Ask something first.")
        return store

    def reopen(self) -> None:
        """The core is another one: it may have set a damaged file aside."""
        self.close()

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def chat(self, chat_id: int) -> Chat:
        """Raises AppError where there is no such chat."""
        store = self.store
        if store is None:
            raise AppError("This chat no longer exists.", "Choose another one.")
        return store.chat(chat_id)

    def list_chats(self, limit: int = 100, offset: int = 0, project_id: int | None = None) -> list[Chat]:
        """Newest first: all, or those of a project, or with 0 those in none."""
        return self.store.list_chats(limit, offset, project_id) if self.store is not None else []

    def count(self, project_id: int | None = None) -> int:
        """How many `list_chats` could list."""
        return self.store.count(project_id) if self.store is not None else 0

    def projects(self) -> list[Project]:
        """By name."""
        return self.store.projects() if self.store is not None else []

    def project_collection(self, project_id: int) -> int:
        """What new chats of a project ask; 0 where it says nothing, or is gone."""
        return next((each.collection_id for each in self.projects() if each.id == project_id), 0) if project_id else 0

    def turns(self, chat_id: int, limit: int | None = None, before: int | None = None) -> list[Turn]:
        """The shown path, oldest first: its last `limit` turns, or those before the turn `before`."""
        return self.store.turns(chat_id, limit, before) if self.store is not None else []

    def history(self, turn: Turn) -> tuple[Message, ...]:
        """What was said before a turn, as the model is told of it."""
        return self.store.history(turn.chat_id, turn.id) if self.store is not None else ()

    def as_markdown(self, chat_id: int) -> str:
        """A chat as a person reads it, for the clipboard and for export."""
        return exchange.export_markdown(self.opened(), chat_id)

    def search(self, query: str) -> list[Hit]:
        """Chats whose title or text holds every word of the query, best first."""
        return self.store.search(query) if self.store is not None else []
