"""What a person does with chats in the sidebar, open or not, as calls to the core."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.core.calls import chats as c
from app.gui.core_client import CoreClient
from app.workers.protocol import Call


class StoredChats(QObject):
    """Renames, deletes and brings back; what has changed comes as an event to every window."""

    failed = Signal(object)
    """AppError"""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core

    def rename(self, chat_id: int, title: str) -> None:
        self._do(c.RenameChat(chat_id=chat_id, title=title))

    def delete(self, chat_id: int) -> None:
        """Out of sight at once; `restore` brings it back until `purge`."""
        self._do(c.DeleteChat(chat_id=chat_id))

    def restore(self, chat_id: int, then: Callable[[], object]) -> None:
        """Back in sight; `then` is called when it is."""
        self._core.request(c.RestoreChat(chat_id=chat_id), done=lambda _: then(), failed=self.failed.emit)

    def purge(self, *, everything: bool = False) -> None:
        """Remove deleted chats for good, or all of them."""
        self._do(c.PurgeChats(everything=everything))

    def _do(self, call: Call) -> None:
        self._core.request(call, failed=self.failed.emit)
