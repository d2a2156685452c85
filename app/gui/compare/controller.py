"""One comparison as the window asks the core for it: started, stopped, swapped and exported. No widgets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.core.requests import Job
from app.gui.core_client import CoreClient
from app.workers.calls.documents import CompareProgress, CompareVersions, Version
from app.workers.message import Data


class CompareController(QObject):
    """Compares two documents of the index; a newer wish ends the one before."""

    progressed = Signal(float, str)
    """How much is done, 0 to 1, and what is done now."""
    found = Signal(object)
    """Compared"""
    failed = Signal(object)
    """AppError: there is nothing to show."""
    stopped = Signal()
    saved = Signal(str)
    """The path of the report."""
    not_saved = Signal(object)
    """AppError; what is shown stays."""

    def __init__(self, core: CoreClient, left: int, right: int, parent: QObject | None = None) -> None:
        """`left` and `right` are ids of documents, the older one first."""
        super().__init__(parent)
        self._core, self.left, self.right = core, left, right
        self._job: Job | None = None
        self._left = False

    @property
    def busy(self) -> bool:
        """Whether a comparison is under way."""
        return self._job is not None and self._job.active

    def start(self) -> None:
        """Compare, anew if need be."""
        self.cancel()
        self._job = self._core.request(
            self._call(),
            done=self._unless_left(self.found.emit),
            event=self._unless_left(self._event),
            failed=self._unless_left(self.failed.emit),
            cancelled=self._unless_left(self.stopped.emit),
        )

    def cancel(self) -> None:
        """Stop what is under way; nothing else is ended for it."""
        if self._job is not None:
            self._job.cancel(insist=False)

    def leave(self) -> None:
        """Nobody looks any more: stop, and tell nothing of what comes yet. A report that is being saved is saved."""
        self._left = True
        self.cancel()

    def swap(self) -> None:
        """Take the other one as the older."""
        self.left, self.right = self.right, self.left
        self.start()

    def export(self, path: str) -> None:
        """Save a report; its format is the file's ending."""

        saved = self._unless_left(lambda _: self.saved.emit(path))
        self._core.request(self._call(path), done=saved, failed=self._unless_left(self.not_saved.emit))

    def _unless_left(self, tell: Callable[..., object]) -> Callable[..., None]:
        """`tell`, as long as this object has its other half in Qt."""

        def call(*said: object) -> None:
            if not self._left:
                tell(*said)

        return call

    def _call(self, export: str = "") -> CompareVersions:
        sides = Version(document_id=self.left), Version(document_id=self.right)
        return CompareVersions(left=sides[0], right=sides[1], export=export)

    def _event(self, data: Data) -> None:
        if isinstance(data, CompareProgress):
            self.progressed.emit(data.fraction, data.note)
