"""Chats that were deleted and can still be brought back: by the toast for some seconds, by Ctrl+Z for minutes."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.calls.chats import DeleteChat, PurgeChats, RestoreChat
from app.gui.core_client import CoreClient

UNDO_MS = 10 * 60 * 1000
"""After the last deletion; then, or when the window closes, what was deleted is removed for good."""


class DeletedChats(QObject):
    """The deletions that can be undone, the last one first."""

    restored = Signal(int)
    failed = Signal(object)
    """AppError"""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._ids: list[int] = []
        self._timer = QTimer(self, singleShot=True, interval=UNDO_MS)
        self._timer.timeout.connect(self.purge)

    @property
    def can_undo(self) -> bool:
        return bool(self._ids)

    def delete(self, chat_id: int) -> None:
        """Take a chat out of sight."""
        self._core.request(DeleteChat(chat_id=chat_id), failed=self.failed.emit)
        self._ids.append(chat_id)
        self._timer.start()

    def undo(self, chat_id: int = 0) -> None:
        """Bring back this chat, or the one that was deleted last; nothing where there is none."""
        chat_id = chat_id or (self._ids[-1] if self._ids else 0)
        if chat_id not in self._ids:
            return
        self._ids.remove(chat_id)
        call = RestoreChat(chat_id=chat_id)
        self._core.request(call, done=lambda _: self.restored.emit(chat_id), failed=self.failed.emit)

    def purge(self) -> None:
        """What was deleted is removed for good."""
        self._timer.stop()
        self._ids.clear()
        self._core.request(PurgeChats(), failed=self.failed.emit)
