"""The answers under way in any chat, as the core tells of them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.chats.records import Turn
from app.core.calls import chats as c
from app.core.protocol import Welcome
from app.errors import AppError
from app.gui.chat.writing import Writing, Writings
from app.gui.core_client import CoreClient
from app.workers.failures import error_of


class Answering(QObject):
    """Follows every answer from its beginning, or from when this window came, to its end."""

    progressed = Signal(int, object)
    """Turn id, Progress."""
    token_arrived = Signal(int, str, bool)
    """Turn id, text of the last moments, whether it is thinking."""
    finished = Signal(object)
    """Turn, as stored."""
    failed = Signal(int, object)
    """Turn id, AppError: why it ended early. `finished` follows."""
    not_stored = Signal(object)
    """AppError: the answer is shown but could not be kept."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writings = Writings()
        core.told.connect(self._told)
        core.welcomed.connect(self._welcomed)
        core.lost.connect(self._lost)

    def in_chat(self, chat_id: int) -> Writing | None:
        """The answer under way in a chat."""
        return self._writings.in_chat(chat_id)

    @property
    def is_busy(self) -> bool:
        return bool(self._writings.ids())

    def begin(self, turn: Turn) -> None:
        """An answer into this turn begins."""
        self._writings.begin(turn)

    def drop(self, turn_id: int) -> None:
        """It came to nothing."""
        self._writings.end(turn_id)

    def _told(self, data: object) -> None:
        match data:
            case c.AnswerMoved():
                self._moved(data)
            case c.AnswerGrew():
                self._grew(data)
            case c.AnswerFailed():
                self.failed.emit(data.turn_id, error_of(data.failure))
            case c.AnswerFinished():
                self._writings.end(data.turn.id)
                if data.failure is not None:
                    self.not_stored.emit(error_of(data.failure))
                self.finished.emit(data.turn)

    def _moved(self, data: c.AnswerMoved) -> None:
        writing = self._writings.get(data.turn_id)
        if writing is not None:
            writing.progress = data
            self.progressed.emit(data.turn_id, data)

    def _grew(self, data: c.AnswerGrew) -> None:
        writing = self._writings.get(data.turn_id)
        if writing is not None:
            writing.take(data.text, thinking=data.thinking)
            self.token_arrived.emit(data.turn_id, data.text, data.thinking)

    def _welcomed(self, welcome: Welcome) -> None:
        """Connected, perhaps again: answers may have ended, or gone on, without this window."""
        self._writings.replace(welcome.answers)

    def _lost(self, error: AppError) -> None:
        """What an answer has said stays in sight; the next core marks it stopped."""
        for turn_id in self._writings.ids():
            self.failed.emit(turn_id, error)
        self._writings.replace(())
