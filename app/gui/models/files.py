"""Model files that come in and go out, each in a process of its own, so that gigabytes never stall the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.errors import AppError
from app.gui.worker_client import Job, WorkerClient
from app.types import InstalledModel
from app.workers.protocol import AnyData, CopyProgress, ExportModel, ImportModel, ModelInstalled, ModelsCall, WorkerRole

MakeClient = Callable[[WorkerRole], WorkerClient]
Retire = Callable[[WorkerClient], None]


class ModelFiles(QObject):
    """One file at a time each way."""

    importing = Signal(str, float, float)
    """File name, fraction, seconds left (0 where unknown)."""
    import_ended = Signal(object, object)
    """InstalledModel or None, AppError or None; both None where it was cancelled."""
    exporting = Signal(str, float)
    """File name, fraction."""
    export_ended = Signal(str, object)
    """File name, or "" where nothing was saved; AppError or None."""

    def __init__(self, make_client: MakeClient, retire: Retire, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._in, self._out = _Copy(make_client, retire), _Copy(make_client, retire)

    @property
    def is_exporting(self) -> bool:
        return self._out.active

    def import_file(self, path: Path) -> None:
        """Check a model file and copy it into the data folder."""
        if self._in.active:
            return

        def moved(data: AnyData) -> None:
            if isinstance(data, CopyProgress) and data.total:
                left = (data.total - data.done) / data.bytes_per_s if data.bytes_per_s else 0.0
                self.importing.emit(path.name, data.done / data.total, left)

        def ended(data: AnyData | None, error: AppError | None) -> None:
            self.import_ended.emit(data.model if isinstance(data, ModelInstalled) else None, error)

        self.importing.emit(path.name, 0.0, 0.0)
        self._in.start(ImportModel(path=str(path)), moved, ended)

    def cancel_import(self) -> None:
        self._in.cancel()

    def export(self, model: InstalledModel, path: Path, card: str = "") -> None:
        """Save a model elsewhere; with a card, as one file to share."""
        if self._out.active:
            return

        def moved(data: AnyData) -> None:
            if isinstance(data, CopyProgress) and data.total:
                self.exporting.emit(path.name, data.done / data.total)

        def ended(data: AnyData | None, error: AppError | None) -> None:
            self.export_ended.emit(path.name if data is not None else "", error)

        self.exporting.emit(path.name, 0.0)
        self._out.start(ExportModel(name=model.name, path=str(path), card=card), moved, ended)

    def cancel_export(self) -> None:
        self._out.cancel()

    def stop(self) -> None:
        """The window closes: the processes end, and remove what is half written."""
        self._in.stop()
        self._out.stop()


class _Copy:
    """A request in a process that ends with it."""

    def __init__(self, make_client: MakeClient, retire: Retire) -> None:
        self._make_client, self._retire = make_client, retire
        self._client: WorkerClient | None = None
        self._job: Job | None = None

    @property
    def active(self) -> bool:
        return self._job is not None and self._job.active

    def start(
        self,
        call: ModelsCall,
        moved: Callable[[AnyData], None],
        ended: Callable[[AnyData | None, AppError | None], None],
    ) -> None:
        def end(data: AnyData | None, error: AppError | None) -> None:
            client, self._client, self._job = self._client, None, None
            if client is not None:
                self._retire(client)
            ended(data, error)

        self._client = self._make_client("models")
        self._job = self._client.request(
            call,
            event=moved,
            done=lambda data: end(data, None),
            failed=lambda error: end(None, error),
            cancelled=lambda: end(None, None),
        )

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def stop(self) -> None:
        if self._client is not None:
            self._client.stop()
