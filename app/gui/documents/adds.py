"""The window's share in the queue of adds: what is asked of it, and where it stands. The queue itself is the core's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.calls import documents as c
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.documents.live_rows import LiveRows
from app.workers.message import Call


class Adds(QObject):
    """Calls for adding, and the state that the bar shows."""

    changed = Signal(object)
    """AddState"""
    failed = Signal(object)
    """AppError"""

    def __init__(self, core: CoreClient, rows: LiveRows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core, self._rows = core, rows
        self.state = c.AddState()

    def queue(self, call: c.QueueFiles, then: Callable[[int], object] = lambda _: None) -> None:
        """Show the files as waiting, and let the core add them; `then` gets the collection's id once it is made."""
        self._rows.expect(call.collection_id, call.paths)

        def queued(data: c.Queued) -> None:
            then(data.collection_id)

        self._ask(call, queued)

    def pause(self) -> None:
        self._ask(c.PauseAdding())

    def resume(self) -> None:
        self._ask(c.ResumeAdding())

    def cancel(self) -> None:
        """Stop adding; what is left can be continued."""
        self._ask(c.CancelAdding())

    def carry_on(self) -> None:
        """Take up an add that was interrupted."""
        self._ask(c.ContinueAdding())

    def dismiss(self) -> None:
        """Close the summary, or give up what was interrupted."""
        self._ask(c.DismissAdding())

    def take(self, state: c.AddState) -> None:
        """The core says where adding stands."""
        self.state = state
        self.changed.emit(state)

    def list_files(self) -> None:
        """Ask where adding stands, and the files of all adds."""

        def listed(data: c.AddingFiles) -> None:
            self._rows.show_adding(data.files)
            self.take(data.state)

        self._ask(c.ListAdding(), listed)

    def _ask(self, call: Call, done: Callable[[Any], object] = lambda _: None) -> None:
        def failed(error: AppError) -> None:
            self.failed.emit(error)

        self._core.request(call, done=done, failed=failed)
