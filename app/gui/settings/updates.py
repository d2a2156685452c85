"""Newer versions of Inhouse: how it stands, as the core tells, and what is wished. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.core.calls import updates as c
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.workers.message import Call


class Updates(QObject):
    """What goes on does so in the core, also without the window."""

    changed = Signal()
    failed = Signal(object)
    """AppError: why what was wished did not begin, or how it ended."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.shown: c.UpdateShown | None = None
        core.told.connect(self._told)

    def refresh(self) -> None:
        """Ask the core how it stands; nobody else is asked."""
        self._ask(c.ShowUpdate())

    def look(self) -> None:
        """Ask the place that updates come from."""
        self._ask(c.LookForUpdate())

    def take(self, path: str = "") -> None:
        """Put the version that is offered, or the one of a file, beside the one in use."""
        self._ask(c.TakeUpdate(path=path))

    def cancel(self) -> None:
        """Stop; what has come stays."""
        self._ask(c.CancelUpdate())

    def make_way(self, done: Callable[[], object]) -> None:
        """Have the core end, for another version; `done` is called when it does."""
        self._core.request(c.MakeWay(), done=lambda _: done(), failed=self.failed.emit)

    def _ask(self, call: Call) -> None:
        def failed(error: AppError) -> None:
            self.failed.emit(error)
            if not isinstance(call, c.ShowUpdate):
                self.refresh()

        self._core.request(call, done=self._show, failed=failed, cancelled=self.refresh)

    def _told(self, data: object) -> None:
        if isinstance(data, c.UpdateMoved):
            self._show(data.shown)

    def _show(self, shown: c.UpdateShown) -> None:
        self.shown = shown
        self.changed.emit()


class _Rows(Protocol):
    def set_detail(self, key: str, text: str, *, running: bool = False) -> None: ...


class UpdateHint(QObject):
    """A word behind a row (Settings in the sidebar, its section), while a newer version is to take or to start."""

    def __init__(self, updates: Updates, rows: _Rows, key: str, parent: QObject) -> None:
        super().__init__(parent)
        self._updates, self._rows, self._key = updates, rows, key
        updates.changed.connect(self._show)

    def _show(self) -> None:
        shown = self._updates.shown
        waits = shown is not None and not shown.cannot and bool(shown.offered or shown.following)
        self._rows.set_detail(self._key, self.tr("Update") if waits else "", running=waits)
