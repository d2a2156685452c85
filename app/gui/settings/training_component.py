"""The training component: how it stands, as the core tells, and what is wished. No widgets."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.calls import component as c
from app.errors import AppError
from app.finetune.component import Source
from app.gui.core_client import CoreClient
from app.workers.message import Call


class TrainingComponent(QObject):
    """What goes on does so in the core, also without the window."""

    changed = Signal()
    failed = Signal(object)
    """AppError: why what was wished did not begin, or how it ended."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.shown: c.ComponentShown | None = None
        core.told.connect(self._told)

    def look(self) -> None:
        """Ask how it stands."""
        self._ask(c.ShowComponent())

    def install(self, folder: str = "") -> None:
        """Fetch it, or go on; from a folder of wheels where one is named."""
        self._ask(c.InstallComponent(source=_folder(folder)))

    def repair(self, folder: str = "") -> None:
        """Look at each file, and fetch again what is not whole."""
        self._ask(c.RepairComponent(source=_folder(folder)))

    def cancel(self) -> None:
        """Stop; what has come stays."""
        self._ask(c.CancelComponent())

    def remove(self) -> None:
        """Delete it."""
        self._ask(c.RemoveComponent())

    def _ask(self, call: Call) -> None:
        def failed(error: AppError) -> None:
            self.failed.emit(error)
            if not isinstance(call, c.ShowComponent):
                self.look()

        self._core.request(call, done=self._show, failed=failed, cancelled=self.look)

    def _told(self, data: object) -> None:
        if isinstance(data, c.ComponentMoved):
            self._show(data.shown)

    def _show(self, shown: c.ComponentShown) -> None:
        self.shown = shown
        self.changed.emit()


def _folder(path: str) -> Source | None:
    return Source(kind="folder", place=path) if path else None
