"""The Chroma server that keeps the vectors: which one, as the core tells, and what is wished. No widgets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.core.calls import vectors as c
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.workers.calls.vectors import VectorServerFound


class VectorServers(QObject):
    """Knows which server is chosen. One question at a time; a new one takes the place of the one before."""

    changed = Signal()
    failed = Signal(object)
    """AppError: why what was wished did not happen."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._job: Job | None = None
        self.shown = c.VectorServerShown()
        core.told.connect(self._told)
        core.welcomed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Ask the core."""
        self._core.request(c.ShowVectorServer(), done=self._show, failed=self.failed.emit)

    def find(self, call: c.FindVectorServer, found: Callable[[VectorServerFound], object]) -> None:
        """What stands at an address."""
        self.cancel()
        self._job = self._core.request(call, done=found, failed=self.failed.emit)

    def choose(self, call: c.ChooseVectorServer, chosen: Callable[[], object]) -> None:
        """Keep vectors there from now on."""

        def done(shown: c.VectorServerShown) -> None:
            self._show(shown)
            chosen()

        self.cancel()
        self._job = self._core.request(call, done=done, failed=self.failed.emit)

    def leave(self) -> None:
        """Delete what is there, and keep vectors on this computer only."""
        self._core.request(c.LeaveVectorServer(), done=self._left, failed=self.failed.emit)

    def cancel(self) -> None:
        """Nobody waits for the answer any more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _left(self, shown: c.VectorServerShown) -> None:
        self._show(shown)
        if shown.problem:
            self.failed.emit(AppError(shown.problem))

    def _told(self, data: object) -> None:
        if isinstance(data, c.VectorServerChanged):
            self._show(data.shown)

    def _show(self, shown: c.VectorServerShown) -> None:
        self.shown = shown
        self.changed.emit()
