"""Model files that come in and go out, in processes of the core, so that gigabytes never stall the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.calls.models import ImportFolder
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.types import InstalledModel
from app.workers.calls.models import CopyProgress, ExportModel, ImportModel, ModelInstalled


class ModelFiles(QObject):
    """One file at a time each way; those that are to come in wait for each other."""

    importing = Signal(str, float, float)
    """File name, fraction, seconds left (0 where unknown)."""
    import_ended = Signal(object, object)
    """InstalledModel or None, AppError or None; both None where it was cancelled."""
    exporting = Signal(str, float)
    """File name, fraction."""
    export_ended = Signal(str, object)
    """File name, or "" where nothing was saved; AppError or None."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._in: Job | None = None
        self._out: Job | None = None
        self._next: list[Path] = []

    @property
    def is_exporting(self) -> bool:
        return self._out is not None and self._out.active

    def import_file(self, path: Path) -> None:
        """Check a model file and copy it into the data folder; of a model folder a file is made."""
        if self._in is not None and self._in.active:
            self._next.append(path)
            return
        self.importing.emit(path.name, 0.0, 0.0)
        self._in = self._core.request(
            ImportFolder(path=str(path)) if path.is_dir() else ImportModel(path=str(path)),
            event=_moved(lambda data: self.importing.emit(path.name, data.done / data.total, _seconds_left(data))),
            done=lambda data: self._import_ended(data, None),
            failed=lambda error: self._import_ended(None, error),
            cancelled=lambda: self._import_ended(None, None),
        )

    def cancel_import(self) -> None:
        if self._in is not None:
            self._in.cancel()

    def export(self, model: InstalledModel, path: Path, card: str = "") -> None:
        """Save a model elsewhere; with a card, as one file to share."""
        if self.is_exporting:
            return

        def ended(saved: bool, error: AppError | None) -> None:
            self.export_ended.emit(path.name if saved else "", error)

        self.exporting.emit(path.name, 0.0)
        self._out = self._core.request(
            ExportModel(model_id=model.id, path=str(path), card=card),
            event=_moved(lambda data: self.exporting.emit(path.name, data.done / data.total)),
            done=lambda _: ended(True, None),
            failed=lambda error: ended(False, error),
            cancelled=lambda: ended(False, None),
        )

    def cancel_export(self) -> None:
        if self._out is not None:
            self._out.cancel()

    def _import_ended(self, data: ModelInstalled | None, error: AppError | None) -> None:
        self._in = None
        self.import_ended.emit(data.model if data is not None else None, error)
        if self._next:
            self.import_file(self._next.pop(0))


def _moved(tell: Callable[[CopyProgress], object]) -> Callable[[Any], None]:
    """Progress with a known end."""

    def take(data: Any) -> None:
        if isinstance(data, CopyProgress) and data.total:
            tell(data)

    return take


def _seconds_left(data: CopyProgress) -> float:
    return (data.total - data.done) / data.bytes_per_s if data.bytes_per_s else 0.0
