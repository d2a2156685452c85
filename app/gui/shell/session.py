"""Where the window was: geometry, page, open chat and half-typed messages, on disk soon after each change."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from PySide6.QtCore import QObject, QTimer

from app.core.calls.models import Models
from app.errors import NoSpace
from app.files import set_aside, write_atomic
from app.types import Collection, Filter

log = logging.getLogger(__name__)
SAVE_DELAY_MS = 700


class State(Struct, kw_only=True):
    """The file. What a later version adds is ignored, what is missing has its default."""

    geometry: str = ""  # Qt's own, base64
    page: str = "chat"
    chat_id: int = 0  # 0 is a new chat
    folder: str = ""  # where the last file dialog ended
    drafts: dict[str, str] = {}  # chat id → text
    collapsed_projects: list[int] = []  # ids of those whose chats the sidebar does not show
    filters: dict[str, Filter] = {}  # chat id → which documents its next question asks
    models: Models | None = None  # as they were known last, until the core tells
    collections: list[Collection] = []  # as they were known last, until the core tells


class Session(QObject):
    """Reads once, writes late and atomically; a session that cannot be read or written costs only the session."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._read_only = False
        self.note = ""
        """A sentence for the user where the file was damaged, or ""."""
        self._timer = QTimer(self, singleShot=True, interval=SAVE_DELAY_MS)
        self._timer.timeout.connect(self.save)
        self.state = self._read()

    def draft(self, chat_id: int) -> str:
        return self.state.drafts.get(str(chat_id), "")

    def set_draft(self, chat_id: int, text: str) -> None:
        """Keep what is typed; "" forgets it. Of a temporary chat (a negative id) nothing is kept."""
        key = str(chat_id)
        if chat_id < 0:
            return
        if text == self.state.drafts.get(key, ""):
            return
        if text:
            self.state.drafts[key] = text
        else:
            self.state.drafts.pop(key, None)
        self._timer.start()

    def filter(self, chat_id: int) -> Filter:
        """Which documents the next question of this chat asks."""
        return self.state.filters.get(str(chat_id), Filter())

    def set_filter(self, chat_id: int, chosen: Filter) -> None:
        """Keep it; an empty one is forgotten."""
        key = str(chat_id)
        if chat_id < 0 or chosen == self.filter(chat_id):
            return
        if chosen.asks:
            self.state.filters[key] = chosen
        else:
            self.state.filters.pop(key, None)
        self._timer.start()

    def update(self, **values: Any) -> None:
        """Change fields of the state."""
        for name, value in values.items():
            if getattr(self.state, name) != value:
                setattr(self.state, name, value)
                self._timer.start()

    def save(self) -> None:
        """Write now; never over a file that could not be read."""
        self._timer.stop()
        if self._read_only:
            return
        try:
            write_atomic(self._path, msgspec.json.encode(self.state))
        except NoSpace as error:
            log.info("The session could not be stored: %s", error)

    def _read(self) -> State:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=State)
        except FileNotFoundError:
            return State()
        except OSError as error:
            self._keep_off(error)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._set_aside(error)
        return State()

    def _set_aside(self, error: Exception) -> None:
        try:
            kept = set_aside(self._path)
        except OSError as problem:
            self._keep_off(problem)
            return
        self.note = f"What you had typed and opened last could not be read. The damaged file is kept as “{kept.name}”."
        log.info("%s (%s)", self.note, error)

    def _keep_off(self, error: OSError) -> None:
        """It may be whole: this session then lasts until the window closes."""
        self._read_only = True
        log.info("The session could not be read: %s", error)
