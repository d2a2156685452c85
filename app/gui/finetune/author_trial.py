"""The trial of who writes the questions, as the window asks for it: one at a time, and left when the person goes on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.calls import training as c
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient


class AuthorTrying(QObject):
    """Asks the core; what comes of it stands in the wizard, which every door is told."""

    changed = Signal()
    """It begins, or ends."""
    failed = Signal(object)
    """AppError"""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._job: Job | None = None

    @property
    def is_under_way(self) -> bool:
        return self._job is not None and self._job.active

    def begin(self, run_id: str) -> None:
        """Let the chosen author of this run try."""
        if not self.is_under_way:
            self._job = self._core.request(
                c.TryAuthor(run_id=run_id), done=lambda _: self._end(), failed=self._fail, cancelled=self._end
            )
            self.changed.emit()

    def stop(self) -> None:
        """Nobody wants to know any more."""
        if self._job is not None and self._job.active:
            self._job.cancel()
        self._job = None

    def _end(self) -> None:
        self._job = None
        self.changed.emit()

    def _fail(self, error: AppError) -> None:
        self._end()
        self.failed.emit(error)
